#include "store/past/diff.h"

#include <algorithm>
#include <array>
#include <utility>

#include "objects/table.h"
#include "store/past/change_values.h"
#include "store/past/changed_object.h"
#include "store/past/past.h"
#include "text/json.h"

namespace nexus_mirror::store {
namespace {

using Tag = std::optional<std::string>;
using Extent = std::array<double, 4>;  // xmin ymin xmax ymax

constexpr std::array<std::string_view, 4> kExtent = {"xmin", "ymin", "xmax", "ymax"};
// What the server counts of an asset, and its link, which is as it is now.
constexpr std::array<std::string_view, 4> kNoChange = {"tags_count", "total_annotations", "url",
                                                       "url_expiry"};

Tag text_of(std::string_view json) {
  const Value value = value_in_change(&objects::annotations.fields[0], json);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? Tag() : Tag(*text);
}

double area(const Extent& box) {
  return std::max(0.0, box[2] - box[0]) * std::max(0.0, box[3] - box[1]);
}

double iou_of(const Extent& one, const Extent& other) {
  const double common = area({std::max(one[0], other[0]), std::max(one[1], other[1]),
                              std::min(one[2], other[2]), std::min(one[3], other[3])});
  const double all = area(one) + area(other) - common;
  if (all > 0) return common / all;
  return one == other ? 1 : 0;
}

class ProjectsDiffer {
 public:
  ProjectsDiffer(Database& database, const AsOf& since, const AsOf& until,
                 const std::function<void(const ObjectDiff&)>& take)
      : database_(database), since_(since), until_(until), take_(take), past_(database, until) {
    past_.fill({"projects", "tags", "assets", "annotations", "asset_counts", "annotation_counts",
                "tag_counts", "runs", "artifacts", "models"});
    annotation_ = database.prepare(
        "SELECT tag, asset_id, xmin, ymin, xmax, ymax FROM annotations WHERE id = ? "
        "AND project_id = ?");
    filename_ = database.prepare("SELECT filename FROM assets WHERE id = ? AND project_id = ?");
  }

  std::vector<ProjectDiff> run(const std::vector<std::string>& project_ids) {
    read_loads(project_ids);
    read_changes(project_ids);
    std::vector<ProjectDiff> result;
    Statement name = database_.prepare("SELECT name FROM projects WHERE id = ?");
    for (auto& [id, project] : projects_) {
      finish(id, project);
      if (!project.differs()) continue;
      const ResetGuard guard(name);
      project.id = id;
      if (name.bind(1, std::string_view(id)).step()) project.name = name.text(0);
      result.push_back(std::move(project));
    }
    return result;
  }

 private:
  // A kind whose first listing came between the two is new, as it was in the end.
  void read_loads(const std::vector<std::string>& project_ids) {
    Statement select = database_.prepare(
        "SELECT project_id, entity FROM main.changes WHERE seq > ?1 AND seq <= ?2 "
        "AND +op = 'load'");
    select.bind(1, since_.seq).bind(2, until_.seq);
    while (select.step()) {
      const std::string project(select.text(0)), entity(select.text(1));
      if (!project_ids.empty() &&
          std::find(project_ids.begin(), project_ids.end(), project) == project_ids.end()) {
        continue;
      }
      loaded_.emplace(project, entity);
      ProjectDiff& diff = projects_[project];
      const std::int64_t rows = count(entity, project);
      if (entity == "assets") diff.assets.added = rows;
      if (entity == "annotations") add_loaded_annotations(project, diff);
      if (KindDiff* kind = kind_of(diff, entity)) kind->added = rows;
      if (take_ && (entity == "assets" || entity == "annotations")) tell_loaded(project, entity);
    }
  }

  std::int64_t count(const std::string& entity, const std::string& project) {
    if (kCounted.find(entity) == kCounted.end()) return 0;
    Statement select =
        database_.prepare("SELECT count(*) FROM " + entity + " WHERE project_id = ?");
    select.bind(1, std::string_view(project)).step();
    return select.integer(0);
  }

  void add_loaded_annotations(const std::string& project, ProjectDiff& diff) {
    Statement select =
        database_.prepare("SELECT tag, count(*) FROM annotations WHERE project_id = ? GROUP BY 1");
    select.bind(1, std::string_view(project));
    while (select.step()) {
      diff.annotations.added += select.integer(1);
      diff.tags[select.optional_text(0)].added = select.integer(1);
    }
  }

  void tell_loaded(const std::string& project, const std::string& entity) {
    const bool assets = entity == "assets";
    Statement select = database_.prepare(
        assets ? "SELECT id, id, filename, NULL FROM assets WHERE project_id = ? ORDER BY id"
               : "SELECT n.id, n.asset_id, (SELECT a.filename FROM assets a WHERE a.id = "
                 "n.asset_id AND a.project_id = n.project_id), n.tag FROM annotations n "
                 "WHERE n.project_id = ? ORDER BY n.id");
    select.bind(1, std::string_view(project));
    while (select.step()) {
      take_({project,
             entity,
             std::string(select.text(0)),
             std::string(select.text(1)),
             std::string(select.text(2)),
             "added",
             std::nullopt,
             select.optional_text(3),
             {}});
    }
  }

  void read_changes(const std::vector<std::string>& project_ids) {
    const std::string projects = text::json_array(project_ids);
    Statement select = database_.prepare(
        "SELECT project_id, entity, entity_id, op, before, after, seq FROM main.changes "
        "WHERE seq > ?1 AND seq <= ?2 AND +entity IN ('assets', 'annotations', 'runs', "
        "'artifacts', 'models', 'files', 'tags') AND +op IN ('insert', 'update', 'delete') " +
        std::string(project_ids.empty() ? ""
                                        : "AND +project_id IN (SELECT value FROM json_each(?3)) ") +
        "ORDER BY 1, entity <> 'files', 2, 3, 7");
    select.bind(1, since_.seq).bind(2, until_.seq);
    if (!project_ids.empty()) select.bind(3, std::string_view(projects));
    while (select.step()) {
      const bool same = select.text(2) == id_ && select.text(1) == entity_ &&
                        select.text(0) == project_ && !object_.empty();
      if (!same) {
        end_object();
        if (select.text(0) != project_) end_contents();
        project_ = select.text(0);
        entity_ = select.text(1);
        id_ = select.text(2);
      }
      object_.add(select.text(3), select.text(4), select.text(5));
    }
    end_object();
    end_contents();
  }

  void end_object() {
    if (object_.empty()) return;
    const bool new_kind = loaded_.contains({project_, entity_});
    if (!new_kind && (object_.was() || object_.is())) {
      ProjectDiff& diff = projects_[project_];
      if (entity_ == "annotations") annotation_changed(diff);
      if (entity_ == "assets") asset_changed(diff);
      if (entity_ == "tags") tag_changed(diff);
      if (KindDiff* kind = kind_of(diff, entity_)) kind_changed(*kind);
      if (entity_ == "files" && object_.is()) contents_.insert(id_);
    }
    object_.clear();
  }

  static KindDiff* kind_of(ProjectDiff& diff, std::string_view entity) {
    if (entity == "runs") return &diff.runs;
    if (entity == "artifacts") return &diff.artifacts;
    return entity == "models" ? &diff.models : nullptr;
  }

  void kind_changed(KindDiff& kind) {
    if (!object_.was()) ++kind.added;
    if (!object_.is()) ++kind.removed;
    if (object_.was() && object_.is() && !object_.differing().empty()) ++kind.changed;
  }

  void asset_changed(ProjectDiff& diff) {
    std::string what = "added";
    if (!object_.was()) {
      ++diff.assets.added;
    } else if (!object_.is()) {
      what = "removed";
      ++diff.assets.removed;
    } else {
      std::set<std::string_view> columns = object_.differing();
      for (const std::string_view column : kNoChange) columns.erase(column);
      if (columns.empty()) return;
      what = "changed";
      ++(columns.contains("status") ? diff.assets.status_changed : diff.assets.changed);
    }
    contents_.erase(id_);
    if (!take_) return;
    const auto name = object_.is() ? object_.after("filename") : object_.before("filename");
    const std::string filename = name ? text_of(*name).value_or("") : filename_of(id_);
    take_({project_, entity_, id_, id_, filename, what, {}, {}, {}});
  }

  // An image of another content is another, where nothing else was told of its asset.
  void end_contents() {
    for (const std::string& id : std::exchange(contents_, {})) {
      if (loaded_.contains({project_, "assets"})) continue;
      ++projects_[project_].assets.changed;
      if (take_) take_({project_, "assets", id, id, filename_of(id), "changed", {}, {}, {}});
    }
  }

  void annotation_changed(ProjectDiff& diff) {
    ObjectDiff row{project_, entity_, id_, {}, {}, {}, {}, {}, {}};
    if (object_.was() && object_.is()) {
      if (!annotation_differs(diff, row)) return;
    } else {
      const bool added = object_.is();
      row.what = added ? "added" : "removed";
      const auto tag = added ? object_.after("tag") : object_.before("tag");
      const Tag name = tag ? text_of(*tag) : std::nullopt;
      ++(added ? diff.annotations.added : diff.annotations.removed);
      ++(added ? diff.tags[name].added : diff.tags[name].removed);
      (added ? row.tag_after : row.tag_before) = name;
    }
    if (!take_) return;
    auto asset = object_.is() ? object_.after("asset_id") : object_.before("asset_id");
    if (asset) {
      row.asset_id = text_of(*asset).value_or("");
    } else {
      row.asset_id = now().asset_id;
    }
    row.filename = filename_of(row.asset_id);
    take_(row);
  }

  bool annotation_differs(ProjectDiff& diff, ObjectDiff& row) {
    const std::set<std::string_view> columns = object_.differing();
    if (columns.empty()) return false;
    const bool retagged = columns.contains("tag"), moved = columns.contains("bound");
    row.tag_before = retagged ? text_of(object_.before("tag").value_or("null")) : now().tag;
    row.tag_after = retagged ? text_of(object_.after("tag").value_or("null")) : row.tag_before;
    if (retagged) {
      row.what = "retagged";
      ++diff.annotations.retagged;
      ++diff.tags[row.tag_before].retagged_from;
      ++diff.tags[row.tag_after].retagged_to;
    } else {
      row.what = moved ? "moved" : "changed";
      ++(moved ? diff.annotations.moved : diff.annotations.changed);
      ++(moved ? diff.tags[row.tag_after].moved : diff.tags[row.tag_after].changed);
    }
    if (moved && take_) row.iou = iou();
    return true;
  }

  std::optional<double> iou() {
    Extent before{}, after{};
    for (std::size_t i = 0; i < kExtent.size(); ++i) {
      const auto was = object_.before(kExtent[i]), is = object_.after(kExtent[i]);
      const std::optional<double> same = was && is ? std::nullopt : now().extent[i];
      const auto first = was ? real_of(*was) : same, second = is ? real_of(*is) : same;
      if (!first || !second) return std::nullopt;
      before[i] = *first;
      after[i] = *second;
    }
    return iou_of(before, after);
  }

  static std::optional<double> real_of(std::string_view json) {
    const Value value =
        value_in_change(&objects::annotations.fields[objects::annotations.at("xmin")], json);
    const auto* real = std::get_if<double>(&value);
    return real == nullptr ? std::nullopt : std::optional<double>(*real);
  }

  void tag_changed(ProjectDiff& diff) {
    if (!object_.was() || !object_.is()) return;
    const auto was = object_.before("name"), is = object_.after("name");
    if (!was || !is || *was == *is) return;
    if (const Tag name = text_of(*is)) diff.tags[name].renamed_from = text_of(*was);
  }

  // The annotation at hand at `until`, as far as no change says.
  struct AnnotationNow {
    std::string of;
    Tag tag;
    std::string asset_id;
    std::array<std::optional<double>, 4> extent;
  };
  const AnnotationNow& now() {
    const std::string key = project_ + "/" + id_;
    if (now_.of == key) return now_;
    now_ = {key, {}, {}, {}};
    const ResetGuard guard(annotation_);
    if (!annotation_.bind(1, std::string_view(id_)).bind(2, std::string_view(project_)).step()) {
      return now_;
    }
    now_.tag = annotation_.optional_text(0);
    now_.asset_id = annotation_.text(1);
    for (int i = 0; i < 4; ++i) {
      const Value value = column_value(annotation_, 2 + i);
      if (const auto* real = std::get_if<double>(&value))
        now_.extent[static_cast<std::size_t>(i)] = *real;
    }
    return now_;
  }

  // At `until`, else as it was when it went.
  std::string filename_of(const std::string& asset_id) {
    {
      const ResetGuard guard(filename_);
      filename_.bind(1, std::string_view(asset_id)).bind(2, std::string_view(project_));
      if (filename_.step()) return std::string(filename_.text(0));
    }
    Statement gone = database_.prepare(
        "SELECT before ->> '$.filename' FROM main.changes WHERE entity = 'assets' "
        "AND entity_id = ?1 AND +project_id = ?2 AND op = 'delete' AND seq > ?3 ORDER BY seq "
        "LIMIT 1");
    gone.bind(1, std::string_view(asset_id)).bind(2, std::string_view(project_));
    gone.bind(3, since_.seq);
    return gone.step() ? std::string(gone.text(0)) : std::string();
  }

  // Counts at the second moment, and from them those at the first.
  void finish(const std::string& id, ProjectDiff& project) {
    Statement counts =
        database_.prepare("SELECT annotations FROM tag_counts WHERE project_id = ? AND tag = ?");
    Statement untagged =
        database_.prepare("SELECT count(*) FROM annotations WHERE project_id = ? AND tag IS NULL");
    for (auto& [name, tag] : project.tags) {
      Statement& select = name ? counts : untagged;
      const ResetGuard guard(select);
      select.bind(1, std::string_view(id));
      if (name) select.bind(2, std::string_view(*name));
      tag.after = select.step() ? select.integer(0) : 0;
      tag.before = tag.after - tag.added + tag.removed + tag.retagged_from - tag.retagged_to;
    }
    std::erase_if(project.tags, [](const auto& each) { return !each.second.differs(); });
  }

  static inline const std::set<std::string, std::less<>> kCounted = {"assets", "runs", "artifacts",
                                                                     "models"};

  Database& database_;
  const AsOf since_, until_;
  const std::function<void(const ObjectDiff&)>& take_;
  Past past_;
  Statement annotation_, filename_;
  std::map<std::string, ProjectDiff> projects_;
  std::set<std::pair<std::string, std::string>> loaded_;  // project, entity
  // Assets of the project at hand with another content, which come before its assets.
  std::set<std::string> contents_;
  std::string project_, entity_, id_;  // of the object at hand
  ChangedObject object_;
  AnnotationNow now_;
};

}  // namespace

bool TagDiff::differs() const {
  return added + removed + moved + retagged_from + retagged_to + changed > 0 || renamed_from;
}

bool ProjectDiff::differs() const {
  const auto any = [](const KindDiff& kind) {
    return kind.added + kind.removed + kind.changed > 0;
  };
  return !tags.empty() || any(runs) || any(artifacts) || any(models) ||
         assets.added + assets.removed + assets.status_changed + assets.changed > 0 ||
         annotations.added + annotations.removed + annotations.moved + annotations.retagged +
                 annotations.changed >
             0;
}

std::vector<ProjectDiff> diff(Database& database, const AsOf& since, const AsOf& until,
                              const std::vector<std::string>& project_ids,
                              const std::function<void(const ObjectDiff&)>& take) {
  return ProjectsDiffer(database, since, until, take).run(project_ids);
}

}  // namespace nexus_mirror::store
