#include "emulator/synthetic_records.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "emulator/signed_link.h"
#include "text/hex.h"

namespace nexus_mirror::emulator {
namespace {

constexpr std::int64_t kFirstDate = 1704067200000;  // 2024-01-01, in milliseconds
constexpr std::uint64_t kAssetStream = 1, kAnnotationStream = 2, kTagStream = 3, kBoxStream = 4;
constexpr std::array<std::string_view, 4> kStatuses = {"Annotated", "Review", "Completed", "Tofix"};

// `ten_thousandths` in 1..9999 as a decimal fraction in its shortest form.
void append_fraction(std::uint64_t ten_thousandths, std::string& out) {
  char digits[4];
  for (int i = 3; i >= 0; --i) {
    digits[i] = static_cast<char>('0' + ten_thousandths % 10);
    ten_thousandths /= 10;
  }
  int size = 4;
  while (size > 1 && digits[size - 1] == '0') --size;
  out.append("0.").append(digits, static_cast<std::size_t>(size));
}

void append_date(std::uint32_t index, std::string& out) {
  out.append(std::to_string(kFirstDate + std::int64_t{index / 3} * 1000));
}

// The number x with value * x = 1 (mod modulus), for coprime arguments.
std::uint64_t inverse(std::uint64_t value, std::uint64_t modulus) {
  std::int64_t previous = 0, current = 1;
  auto remainder = static_cast<std::int64_t>(modulus);
  auto next = static_cast<std::int64_t>(value % modulus);
  while (next > 1) {
    const std::int64_t quotient = remainder / next;
    remainder = std::exchange(next, remainder - quotient * next);
    previous = std::exchange(current, previous - quotient * current);
  }
  return static_cast<std::uint64_t>(current < 0 ? current + static_cast<std::int64_t>(modulus)
                                                : current);
}

class Assets : public GeneratedRecords {
 public:
  Assets(std::shared_ptr<const SyntheticPlan> plan, Dialect dialect)
      : plan_(std::move(plan)), dialect_(dialect) {}

  std::uint32_t size() const override { return plan_->assets(); }
  void key(std::uint32_t index, std::string& out) const override {
    out.clear();
    plan_->append_asset_id(index, out);
  }
  void facets(std::uint32_t index, Facets& out) const override {
    out.filename = filename(index);
    out.status = status(index);
    out.groups = {"main", group(index)};
  }
  std::vector<std::uint32_t> children(std::string_view) const override { return {}; }

  void record(std::uint32_t index, Record& out) const override {
    key(index, out.key);
    out.text.clear();
    write(index, out);
    if (dialect_ != Dialect::v2) {
      out = make_record(ObjectKind::assets, dialect_, plan_->project_id(), out.key,
                        std::string(out.text));
    }
  }

 private:
  static std::string filename(std::uint32_t index) {
    const std::string digits = std::to_string(index);
    return "synthetic_" + std::string(digits.size() < 7 ? 7 - digits.size() : 0, '0') + digits +
           ".jpg";
  }
  std::string status(std::uint32_t index) const {
    if (index >= plan_->annotated_assets()) return "None";
    return std::string(kStatuses[plan_->random(kAssetStream, index) % kStatuses.size()]);
  }
  std::string group(std::uint32_t index) const {
    return plan_->random(kAssetStream, index) / 8 % 5 == 0 ? "val" : "train";
  }

  void write(std::uint32_t index, Record& out) const {
    const std::uint64_t random = plan_->random(kAssetStream, index);
    std::string& text = out.text;
    text.append(R"({"id":")").append(out.key);
    text.append(R"(","object":"asset","projectId":")").append(plan_->project_id());
    text.append(R"(","filename":")").append(filename(index));
    text.append(R"(","status":")").append(status(index)).append(R"(","createDate":)");
    append_date(index, text);
    text.append(R"(,"url":")");
    out.link_begin = text.size();
    text.append(kBucket).append(plan_->project_id()).append("/assets/").append(out.key);
    out.link_end = text.size();
    text.append(R"(","metadata":{"fileSize":)").append(std::to_string(20000 + random % 400000));
    text.append(R"(,"mimeType":"image/jpeg","height":)");
    text.append(random % 2 == 0 ? R"(480,"width":640)" : R"(1080,"width":1920)");
    text.append(R"(,"groups":["main",")").append(group(index));
    text.append(R"("],"customMetadata":{"camera":"camera-)").append(std::to_string(random % 7));
    text.append(R"(","exposure":)");
    append_fraction(1 + random / 16 % 9999, text);
    text.append(R"(}},"statistic":{"tagsCount":[)");
    append_counts(index, text);
  }
  void append_counts(std::uint32_t index, std::string& text) const {
    std::array<std::uint32_t, kSyntheticTags.size()> counts{};
    std::uint32_t total = 0;
    for (const std::uint32_t annotation : plan_->annotations_of(index)) {
      ++counts[plan_->tag_of(annotation)];
      ++total;
    }
    bool first = true;
    for (std::size_t tag = 0; tag < counts.size(); ++tag) {
      if (counts[tag] == 0) continue;
      text.append(first ? "" : ",").append(R"({"name":")").append(kSyntheticTags[tag]);
      text.append(R"(","count":)").append(std::to_string(counts[tag])).append("}");
      first = false;
    }
    text.append(R"(],"totalAnnotations":)").append(std::to_string(total)).append("}}");
  }

  const std::shared_ptr<const SyntheticPlan> plan_;
  const Dialect dialect_;
};

class Annotations : public GeneratedRecords {
 public:
  Annotations(std::shared_ptr<const SyntheticPlan> plan, Dialect dialect)
      : plan_(std::move(plan)), dialect_(dialect) {}

  std::uint32_t size() const override { return plan_->annotations(); }
  void key(std::uint32_t index, std::string& out) const override {
    out.clear();
    plan_->append_annotation_id(index, out);
  }
  void facets(std::uint32_t, Facets& out) const override { out = Facets{}; }
  std::vector<std::uint32_t> children(std::string_view parent) const override {
    return plan_->annotations_of(plan_->asset_with_id(parent));
  }

  void record(std::uint32_t index, Record& out) const override {
    key(index, out.key);
    std::string& text = out.text;
    text.clear();
    text.append(R"({"id":")").append(out.key);
    text.append(R"(","object":"annotation","projectId":")").append(plan_->project_id());
    text.append(R"(","assetId":")");
    plan_->append_asset_id(plan_->asset_of(index), text);
    text.append(R"(","tag":")").append(kSyntheticTags[plan_->tag_of(index)]);
    text.append(R"(","boundType":"Rectangle","bound":)");
    append_box(index, text);
    text.append(R"(,"createDate":)");
    append_date(index, text);
    text.append("}");
    if (dialect_ != Dialect::v2) {
      out = make_record(ObjectKind::annotations, dialect_, plan_->project_id(), out.key,
                        std::string(text));
    }
  }

 private:
  void append_box(std::uint32_t index, std::string& text) const {
    const std::uint64_t random = plan_->random(kBoxStream, index);
    const std::uint64_t x = 1 + (random & 0xffff) % 7900, y = 1 + ((random >> 16) & 0xffff) % 7900;
    const std::uint64_t right = x + 50 + ((random >> 32) & 0xffff) % 1950;
    const std::uint64_t bottom = y + 50 + ((random >> 48) & 0xffff) % 1950;
    const std::array<std::pair<std::uint64_t, std::uint64_t>, 4> corners = {
        {{x, y}, {x, bottom}, {right, bottom}, {right, y}}};
    char separator = '[';
    for (const auto& [cx, cy] : corners) {
      text += separator;
      text += '[';
      append_fraction(cx, text);
      text += ',';
      append_fraction(cy, text);
      text += ']';
      separator = ',';
    }
    text += ']';
  }

  const std::shared_ptr<const SyntheticPlan> plan_;
  const Dialect dialect_;
};

}  // namespace

std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31);
}

SyntheticPlan::SyntheticPlan(std::uint64_t seed, std::string project_id, std::uint32_t assets,
                             std::uint32_t annotations)
    : seed_(seed),
      project_id_(std::move(project_id)),
      assets_(assets),
      annotations_(assets == 0 ? 0 : annotations),
      annotated_(std::min(assets - assets / 20, annotations_)) {
  if (annotated_ < 2) return;
  step_ = annotated_ * std::uint64_t{618} / 1000 + 1;
  while (std::gcd(step_, std::uint64_t{annotated_}) != 1) ++step_;
  inverse_step_ = inverse(step_, annotated_);
}

std::uint64_t SyntheticPlan::random(std::uint64_t stream, std::uint32_t index) const {
  return mixed(mixed(seed_ * 16 + stream) + index);
}

// Ids grow with their index: the first eight digits hold the index, scaled up.
void SyntheticPlan::append_id(std::string_view prefix, std::uint64_t stream, std::uint32_t index,
                              std::uint32_t count, std::string& out) const {
  const std::uint64_t scale = (std::uint64_t{1} << 32) / count;
  const std::uint64_t random = this->random(stream, index);
  out.append(prefix);
  text::append_hex(out, index * scale, 8);
  out += '-';
  text::append_hex(out, random >> 48, 4);
  out.append("-5");
  text::append_hex(out, random >> 36, 3);
  out.append("-a");
  text::append_hex(out, random >> 24, 3);
  out += '-';
  text::append_hex(out, mixed(random), 12);
}

void SyntheticPlan::append_asset_id(std::uint32_t asset, std::string& out) const {
  append_id("asset_", kAssetStream, asset, assets_, out);
}

void SyntheticPlan::append_annotation_id(std::uint32_t annotation, std::string& out) const {
  append_id("annot_", kAnnotationStream, annotation, annotations_, out);
}

std::uint32_t SyntheticPlan::asset_with_id(std::string_view id) const {
  std::uint32_t low = 0, high = assets_;
  std::string candidate;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    candidate.clear();
    append_asset_id(middle, candidate);
    if (candidate == id) return middle;
    if (candidate < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return assets_;
}

std::uint32_t SyntheticPlan::asset_of(std::uint32_t annotation) const {
  return static_cast<std::uint32_t>(annotation % annotated_ * step_ % annotated_);
}

std::vector<std::uint32_t> SyntheticPlan::annotations_of(std::uint32_t asset) const {
  std::vector<std::uint32_t> found;
  if (asset >= annotated_) return found;
  for (std::uint64_t annotation = asset * inverse_step_ % annotated_; annotation < annotations_;
       annotation += annotated_) {
    found.push_back(static_cast<std::uint32_t>(annotation));
  }
  return found;
}

std::size_t SyntheticPlan::tag_of(std::uint32_t annotation) const {
  // Cars are as frequent as all the others together.
  const std::uint64_t draw = random(kTagStream, annotation) % 8;
  return draw < 4 ? 0 : static_cast<std::size_t>(draw - 3);
}

std::shared_ptr<const GeneratedRecords> synthetic_assets(std::shared_ptr<const SyntheticPlan> plan,
                                                         Dialect dialect) {
  return std::make_shared<Assets>(std::move(plan), dialect);
}

std::shared_ptr<const GeneratedRecords> synthetic_annotations(
    std::shared_ptr<const SyntheticPlan> plan, Dialect dialect) {
  return std::make_shared<Annotations>(std::move(plan), dialect);
}

}  // namespace nexus_mirror::emulator
