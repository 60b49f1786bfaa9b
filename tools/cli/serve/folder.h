// The files of --root DIR, by the targets of requests. Everything is looked up from one descriptor of the folder, so
// that neither dots nor symbolic links lead out of it, also while somebody changes what is in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "cli/serve/descriptor.h"

namespace sallyport::cli {

/// A regular file, open for reading.
struct OpenFile {
  Descriptor descriptor;
  std::uint64_t size = 0;
  std::string_view type;  ///< a media type; lives as long as the program
};

class Folder {
 public:
  /// Who walks: openat2(2) with RESOLVE_BENEATH, or we, where the system has none.
  enum class Walk : std::uint8_t { best, own };
  /// Why there is no file.
  enum class Miss : std::uint8_t {
    absent,      ///< or outside, or not ours to read: a visitor need not know which
    bad_target,  ///< a percent sign without two hexadecimal digits, or a zero byte
    exhausted,   ///< the system has no descriptor or memory now
  };
  /// Failure(kIo) when it is no folder that can be read.
  explicit Folder(const std::string& path, Walk walk = Walk::best);

  /// `target`: the path of a request, percent-encoded (RFC 3986 §2.1), without its query; of a folder its index.html.
  /// Symbolic links are followed when they are relative and stay inside. Thread-safe.
  [[nodiscard]] std::variant<OpenFile, Miss> find(std::string_view target) const;

 private:
  Descriptor root_;
  Walk walk_;
};

/// The media type for a file's name.
[[nodiscard]] std::string_view media_type(std::string_view name) noexcept;

}  // namespace sallyport::cli
