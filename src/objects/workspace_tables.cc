#include <array>

#include "objects/table.h"

namespace nexus_mirror::objects {
namespace {

using enum Kind;

constexpr std::string_view kId[] = {"id"};
constexpr std::string_view kProjectAndId[] = {"project_id", "id"};
constexpr std::string_view kProjectAndTag[] = {"project_id", "tag_index"};
constexpr std::string_view kProjectAndName[] = {"project_id", "name"};

constexpr std::string_view kProjectTypes[] = {"ObjectDetection", "InstanceSegmentation",
                                              "Classification", "Keypoint"};
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
    {"project_id", text, "projectId", "the project"},
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

constinit const Table workspaces{"workspaces", "the workspaces that a key opens", kWorkspaceFields,
                                 kId};
constinit const Table projects{
    "projects",      "projects with the server's own statistics", kProjectFields, kId, true, true,
    kProjectChildren};
constinit const Table project_tags{"project_tags", "the tags that a project names, in its order",
                                   kProjectTagFields, kProjectAndName};
constinit const Table project_groups{"project_groups",
                                     "asset groups of a project with the server's counts",
                                     kProjectGroupFields, kProjectAndName};
constinit const Table project_users{"project_users", "who may work in a project", kUserFields,
                                    kProjectAndId};
constinit const Table tags{"tags", "tags with number, colour and description", kTagFields,
                           kProjectAndTag};
constinit const Table ontologies{"ontologies", "attributes that annotations of a tag may carry",
                                 kOntologyFields, kId};

}  // namespace nexus_mirror::objects
