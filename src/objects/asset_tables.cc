#include "objects/enumerations.h"
#include "objects/table.h"

namespace nexus_mirror::objects {
namespace {

using enum FieldKind;

constexpr std::string_view kIdAndProject[] = {"id", "project_id"};
constexpr std::string_view kAssetAndName[] = {"asset_id", "project_id", "name"};

constexpr Field kAssetFields[] = {
    {"id", text, "id", "the asset's id"},
    {"project_id", text, "projectId project", "the project"},
    {"filename", text, "filename", "name of the file as uploaded"},
    {"status", enumeration, "status metadata.status", "Annotated, Review, Completed, Tofix or None",
     kAssetStatuses},
    {"create_date", time, "createDate", "when it was uploaded"},
    {"url", link, "url", "signed link to the file: a secret, dies at url_expiry"},
    {"url_expiry", expiry, "", "when url dies"},
    {"file_size", integer, "metadata.fileSize", "bytes"},
    {"mime_type", text, "metadata.mimeType", "media type, e.g. image/png"},
    {"height", integer, "metadata.height", "pixels"},
    {"width", integer, "metadata.width", "pixels"},
    {"custom_metadata", user_json, "metadata.customMetadata", "JSON object, keys are the user's"},
    {"tags_count", unordered, "statistic.tagsCount",
     "JSON list of {name, count}, the server's count"},
    {"total_annotations", integer, "statistic.totalAnnotations statistic.annotationTotal",
     "annotations of the asset, counted by the server"},
};

constexpr Field kAssetGroupFields[] = {
    {"project_id", text, "", "the project"},
    {"asset_id", text, "", "the asset"},
    {"name", text, "name", "a group that it is in"},
};

constexpr ChildList kAssetChildren[] = {
    {&asset_groups, "groups", "metadata.groups groups", false},
};

constexpr Field kAnnotationFields[] = {
    {"id", text, "id", "the annotation's id"},
    {"project_id", text, "projectId project", "the project"},
    {"asset_id", text, "assetId", "asset that it is on"},
    {"tag", text, "tag", "name of its tag"},
    {"bound_type", enumeration, "boundType",
     "Rectangle, Polygon, Classification, Keypoints or Bitmask3d", kBoundTypes},
    {"bound", bound, "bound",
     "JSON as sent: a list of [x, y] or [x, y, visibility], 0..1 of the image's width and height, "
     "as a rule"},
    {"xmin", derived, "",
     "left end of bound, 0..1; of keypoints with visibility above 0; NULL where it is no list of "
     "points"},
    {"ymin", derived, "", "upper end of bound, 0..1"},
    {"xmax", derived, "", "right end of bound, 0..1"},
    {"ymax", derived, "", "lower end of bound, 0..1"},
    {"create_date", time, "createDate", "when it was made"},
    {"frame", any, "frame", "frame of a video that it is on"},
    {"sequence", any, "sequence", "sequence that it belongs to"},
    {"ontology_id", text, "ontologyId", "ontology whose attributes it carries"},
    {"attributes", json, "attributes", "JSON list of {id, name, value}"},
    {"aggregation", any, "aggregation", "JSON of where a chunk lies in a volume"},
    {"chunk_data", any, "chunkData", "data of the chunk"},
};

constexpr Field kSequenceFields[] = {
    {"id", text, "id", "the sequence's id"},
    {"project_id", text, "projectId project", "the project"},
    {"name", text, "name", "its name"},
    {"length", integer, "length", "number of items"},
    {"items", json, "items", "JSON list of {assetId, ord, role}"},
    {"item_count_with_role", user_json, "itemCountWithRole",
     "JSON object of how many items have a role, roles are the user's"},
    {"attributes", user_json, "attributes", "JSON object, keys are the user's"},
    {"create_date", time, "createDate", "when it was made"},
    {"update_date", time, "updateDate", "when it last changed"},
};

constexpr std::string_view kAnnotationHints[] = {"status", "tags_count", "total_annotations"};

}  // namespace

constinit const Table assets{.name = "assets",
                             .meaning = "images and other files",
                             .fields = kAssetFields,
                             .key = kIdAndProject,
                             .storage = Storage::bulk,
                             .link = "url",
                             .link_expiry = "url_expiry",
                             .annotation_hints = kAnnotationHints,
                             .drawn = true,
                             .children = kAssetChildren};
constinit const Table asset_groups{.name = "asset_groups",
                                   .meaning = "which groups an asset is in",
                                   .fields = kAssetGroupFields,
                                   .key = kAssetAndName,
                                   .storage = Storage::bulk,
                                   .logged = Logged::with_parent,
                                   .id = {},
                                   .parent = &assets,
                                   .parent_key = "asset_id"};
constinit const Table annotations{.name = "annotations",
                                  .meaning = "boxes, polygons, keypoints and classes",
                                  .fields = kAnnotationFields,
                                  .key = kIdAndProject,
                                  .storage = Storage::bulk,
                                  .answers_hints = true,
                                  .drawn = true};
constinit const Table sequences{.name = "sequences",
                                .meaning = "assets that belong together in an order",
                                .fields = kSequenceFields,
                                .key = kIdAndProject};

}  // namespace nexus_mirror::objects
