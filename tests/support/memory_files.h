// Where a Writer under test puts its files and what it leaves out, in memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exports/writer.h"

namespace nexus_mirror::testing {

struct MemoryFile {
  std::string bytes;
  std::int64_t annotations = 0, skipped = 0;
};

// Files are there once they are closed.
class MemoryFiles : public exports::FileSet, public exports::Tally {
 public:
  std::map<std::string, MemoryFile> files;                       // by path
  std::map<std::string, std::string> placed;                     // asset ids by path
  std::map<std::string, std::vector<std::string>> skipped;       // annotation ids by reason
  std::map<std::string, std::vector<std::string>> left_out;      // asset ids by reason
  std::map<std::string, std::vector<std::string>> approximated;  // annotation ids by reason

  std::unique_ptr<exports::OutputFile> create(const std::string& path) override {
    return std::make_unique<Output>(*this, path);
  }
  std::unique_ptr<exports::ScratchFile> scratch() override { return std::make_unique<Scratch>(); }
  void place(const std::string& path, const exports::Image& image) override {
    placed[path] = image.asset_id;
  }
  // Its bytes are its name.
  std::unique_ptr<exports::ImageContent> content_of(const exports::Image& image) override {
    if (image.content.empty()) return nullptr;
    return std::make_unique<Content>(std::string(image.content));
  }
  void skip(std::string_view annotation_id, std::string_view reason) override {
    skipped[std::string(reason)].emplace_back(annotation_id);
  }
  void leave_out(std::string_view asset_id, std::string_view reason) override {
    left_out[std::string(reason)].emplace_back(asset_id);
  }
  void approximate(std::string_view annotation_id, std::string_view reason) override {
    approximated[std::string(reason)].emplace_back(annotation_id);
  }

 private:
  struct Content : exports::ImageContent {
    explicit Content(std::string name) : rest(std::move(name)), all(rest.size()) {}
    std::uint64_t bytes() const override { return all; }
    std::size_t read(std::span<char> bytes) override {
      const std::size_t count = rest.copy(bytes.data(), bytes.size());
      rest.erase(0, count);
      return count;
    }
    std::string rest;
    std::uint64_t all;
  };
  struct Scratch : exports::ScratchFile {
    void write(std::string_view more) override { bytes += more; }
    std::string bytes;
  };
  struct Output : exports::OutputFile {
    Output(MemoryFiles& set, std::string file) : owner(set), path(std::move(file)) {}
    void write(std::string_view more) override { bytes += more; }
    void append(exports::ScratchFile& scratch) override {
      bytes += dynamic_cast<Scratch&>(scratch).bytes;
    }
    void close() override { owner.files.insert({path, {bytes, annotations, skipped}}); }
    MemoryFiles& owner;
    std::string path, bytes;
  };
};

}  // namespace nexus_mirror::testing
