// One answer of the storage on its way into an attempt.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "content/content_store.h"
#include "files/cutoff.h"
#include "files/fetcher.h"
#include "nexus_mirror/transport.h"

namespace nexus_mirror::files {

// What an answer's head is for whoever asked.
enum class HeadVerdict {
  none,       // no head has come
  taken,      // 200 or 206, and its body is what was asked for
  anew,       // another version, or another part, than was asked for: ask again from the begin
  no_room,    // it does not fit on the disk
  too_large,  // it is larger than max_file
  other,      // any other status
};

// Takes the body of one answer. One thread.
class ContentDownload final : public FileSink {
 public:
  // `attempt` is what there is of before; may be null. All outlive it.
  ContentDownload(const FetchOrder& order, const FetchContext& context,
                  std::unique_ptr<content::ContentAttempt> attempt, Cutoff& cutoff);
  ~ContentDownload() override;

  // What to ask for.
  FileRequest request() const;

  bool begin(const FileHead& head) override;
  void take(std::string_view bytes) override;
  void on_wire(std::string_view bytes) override { wire_->update(bytes); }

  HeadVerdict verdict() const { return verdict_; }
  std::uint64_t wanted_bytes() const { return wanted_bytes_; }  // that did not fit
  std::uint64_t received() const { return received_; }
  bool resumed() const { return resumed_; }

  // What there is of the file is of no use.
  void forget();

  // After a whole body that was taken: why it is not the file, or empty, and then it is sealed.
  std::string check(const FileHead& head, FetchOutcome& outcome);

 private:
  bool begin_part(const FileHead& head);
  bool begin_whole(const FileHead& head);
  bool fits_limit(std::uint64_t bytes);
  bool reserve(std::uint64_t bytes);
  std::string compare(const FileHead& head, const content::ContentHashes& hashes);

  const FetchOrder& order_;
  const FetchContext& context_;
  Cutoff& cutoff_;
  std::unique_ptr<content::ContentAttempt> attempt_;
  std::optional<content::ContentDigest> wire_;  // of a packed body, as it came
  std::string first_;                           // bytes of the file
  HeadVerdict verdict_ = HeadVerdict::none;
  bool resumed_ = false;
  bool known_length_ = false;
  std::uint64_t reserved_ = 0;  // and not written yet
  std::uint64_t wanted_bytes_ = 0, received_ = 0;
};

}  // namespace nexus_mirror::files
