// SHA-256 and MD5, of OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace nexus_mirror::text {

class HashContext;

// One thread at a time. Throws std::bad_alloc where OpenSSL has no memory.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);
  // With its length before it: fields one after the other are told from others of the same bytes.
  void update_field(std::string_view bytes);
  // Of everything so far. One of the two is called once, at the end.
  std::string hexadecimal();  // in lower case
  std::string bytes();        // 32 of them

 private:
  std::unique_ptr<HashContext> context_;
};

std::string sha256(std::string_view bytes);

// For comparison with what a server says; it proves nothing to whom might lie. As Sha256.
class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;

  void update(std::string_view bytes);
  std::string bytes();  // 16 of everything so far; once, at the end

 private:
  std::unique_ptr<HashContext> context_;
};

}  // namespace nexus_mirror::text
