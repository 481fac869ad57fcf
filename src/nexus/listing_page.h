// A page of a listing as it came: parsed when its rows are wanted, told by its digest before.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "nexus/document.h"

namespace nexus_mirror::nexus {

// One thread at a time; movable between threads.
class ListingPage {
 public:
  // `etag`: of the answer, may be empty. `unchanged`: the server sent no body, for it is what the
  // ETag that it was asked with says. `doing` and `subject` are for the text of errors.
  ListingPage(std::string body, std::string etag, bool unchanged, std::string doing,
              std::string subject)
      : bytes_(body.size()),
        body_(std::move(body)),
        etag_(std::move(etag)),
        unchanged_(unchanged),
        doing_(std::move(doing)),
        subject_(std::move(subject)) {}

  const std::string& etag() const { return etag_; }
  std::size_t bytes() const { return bytes_; }   // of its body, unpacked
  bool unchanged() const { return unchanged_; }  // then nothing below is to be called

  // SHA-256 of `rules` and of all bytes of the answer but the cursor, which a server gives anew
  // each time: 32 bytes. Pages of one digest have the same rows, whatever they are. Empty where
  // that cannot be said without parsing it: the answer is no object, or has not just one key for a
  // cursor.
  std::string digest(std::string_view rules);

  // Parses it, once. Throws Error(bad_response) as Document::parse does.
  const Document& document();

  // The cursor of the page behind it; empty = it is the last one. Parses the answer only where the
  // cursor cannot be found without; throws as document() does, then or when that is called.
  const std::string& next();

 private:
  std::size_t bytes_;
  std::string body_, etag_;
  bool unchanged_;
  std::string doing_, subject_;
  std::optional<Document> document_;
  std::optional<std::string> next_;
};

}  // namespace nexus_mirror::nexus
