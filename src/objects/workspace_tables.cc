#include "objects/enumerations.h"
#include "objects/table.h"

namespace nexus_mirror::objects {
namespace {

using enum FieldKind;

constexpr std::string_view kId[] = {"id"};
constexpr std::string_view kIdAndProject[] = {"id", "project_id"};
constexpr std::string_view kProjectAndId[] = {"project_id", "id"};
constexpr std::string_view kProjectAndTag[] = {"project_id", "tag_index"};
constexpr std::string_view kProjectAndName[] = {"project_id", "name"};

constexpr std::string_view kAccessTypes[] = {"Owner", "Collaborator", "Labeller"};

constexpr Field kWorkspaceFields[] = {
    {"id", text, "id", "the workspace's id"},
    {"name", text, "name", "its name in Nexus"},
    {"owner", text, "owner", "id of the user who owns it"},
    {"tier", text, "tier", "subscription tier, decides features and quotas"},
    {"create_date", time, "createDate", "when it was created"},
};

constexpr Field kProjectFields[] = {
    {"id", text, "id", "the project's id"},
    {"workspace_id", text, "workspaceId workspace", "workspace it belongs to"},
    {"name", text, "name", "its name in Nexus"},
    {"type", enumeration, "type",
     "ObjectDetection, InstanceSegmentation, Classification or Keypoint", kProjectTypes},
    {"create_date", time, "createDate", "when it was created"},
    {"localization", text, "localization", "where its data is kept, MULTI for several regions"},
    {"total_assets", integer, "statistic.totalAssets statistic.assetTotal",
     "assets in the project, counted by the server"},
    {"annotated_assets", integer, "statistic.annotatedAssets statistic.assetAnnotated",
     "assets with annotations, counted by the server"},
    {"total_annotations", integer, "statistic.totalAnnotations statistic.annotationTotal",
     "annotations in the project, counted by the server"},
    {"removed_at", time, "",
     "when a sync found that the workspace no longer has it; NULL while it has"},
};

constexpr Field kProjectTagFields[] = {
    {"project_id", text, "", "the project"},
    {"name", text, "name", "name of the tag"},
    {"position", integer, "", "place in the project's list, from 0"},
    {"count", integer, "count", "annotations with this tag, counted by the server"},
};

constexpr Field kProjectGroupFields[] = {
    {"project_id", text, "", "the project"},
    {"name", text, "name group", "name of the asset group"},
    {"position", integer, "", "place in the project's list, from 0"},
    {"total_assets", integer, "statistic.totalAssets statistic.assetTotal",
     "assets in the group, counted by the server"},
    {"annotated_assets", integer, "statistic.annotatedAssets statistic.assetAnnotated",
     "of these, annotated ones"},
    {"reviewed_assets", integer, "statistic.reviewedAssets", "of these, reviewed ones"},
    {"to_fixed_assets", integer, "statistic.toFixedAssets",
     "of these, ones whose annotations need fixing"},
    {"completed_assets", integer, "statistic.completedAssets", "of these, completed ones"},
};

constexpr Field kUserFields[] = {
    {"project_id", text, "projectId project", "the project"},
    {"id", text, "id", "the user's id"},
    {"access_type", enumeration, "accessType", "Owner, Collaborator or Labeller", kAccessTypes},
    {"email", text, "email", "e-mail address"},
    {"nickname", text, "nickname", "name shown in Nexus"},
    {"picture", text, "picture", "URL of the profile picture"},
};

constexpr Field kTagFields[] = {
    {"project_id", text, "projectId project", "the project"},
    {"tag_index", integer, "index", "the tag's number in the project, the class of a model"},
    {"name", text, "name", "name of the tag"},
    {"color", text, "color", "colour in the editor, #rrggbb"},
    {"description", text, "description", "what the tag is for"},
};

constexpr Field kOntologyFields[] = {
    {"id", text, "id", "the ontology's id"},
    {"project_id", text, "projectId project", "the project"},
    {"tag_index", integer, "index", "tag that it describes"},
    {"name", text, "name", "its name"},
    {"version", integer, "version", "grows with each edit"},
    {"color", text, "color", "colour in the editor, #rrggbb"},
    {"description", text, "description", "what it is for"},
    {"attributes", json, "attributes",
     "JSON list of {id, name, description, type, required, options, default}"},
};

constexpr ChildList kProjectChildren[] = {
    {&project_tags, "tags", "tags", true, "statistic.tagsCount"},
    {&project_groups, "groups", "groups", true},
};

}  // namespace

constinit const Table workspaces{.name = "workspaces",
                                 .meaning = "the workspaces that a key opens",
                                 .fields = kWorkspaceFields,
                                 .key = kId,
                                 .listed = false,
                                 .project = {}};
constinit const Table projects{.name = "projects",
                               .meaning = "projects with the server's own statistics",
                               .fields = kProjectFields,
                               .key = kId,
                               .listed = false,
                               .project = "id",
                               .drawn = true,
                               .children = kProjectChildren};
constinit const Table project_tags{.name = "project_tags",
                                   .meaning = "the tags that a project names, in its order",
                                   .fields = kProjectTagFields,
                                   .key = kProjectAndName,
                                   .storage = Storage::key,
                                   .logged = Logged::with_parent,
                                   .id = {},
                                   .parent = &projects,
                                   .parent_key = "project_id"};
constinit const Table project_groups{
    .name = "project_groups",
    .meaning = "asset groups of a project with the server's counts",
    .fields = kProjectGroupFields,
    .key = kProjectAndName,
    .storage = Storage::key,
    .logged = Logged::with_parent,
    .id = {},
    .parent = &projects,
    .parent_key = "project_id"};
constinit const Table project_users{.name = "project_users",
                                    .meaning = "who may work in a project",
                                    .fields = kUserFields,
                                    .key = kProjectAndId};
constinit const Table tags{.name = "tags",
                           .meaning = "tags with number, colour and description",
                           .fields = kTagFields,
                           .key = kProjectAndTag,
                           .id = {},
                           .drawn = true};
constinit const Table ontologies{.name = "ontologies",
                                 .meaning = "attributes that annotations of a tag may carry",
                                 .fields = kOntologyFields,
                                 .key = kIdAndProject};

}  // namespace nexus_mirror::objects
