// Files of the command line: failures name the file and what the system said.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tls/bytes.h"
#include "tls/secret_bytes.h"

namespace sallyport::cli {

/// A whole file. Failure(kIo) when it cannot be read. Not for secrets: copies of it stay in memory. Waits for what is
/// written to a pipe, says so on the standard error after a second, and is ended by SIGINT and SIGTERM meanwhile, even
/// where the thread blocks them.
[[nodiscard]] std::string read_file(const std::string& path);
inline constexpr std::size_t kMaxSecretFile = 1 << 20;  ///< bytes of a file that holds a key
/// Bytes of any file: a device or a wrong file would be read until the memory is gone.
inline constexpr std::size_t kMaxFile = 256 << 20;
/// The same for a file that holds, or may hold, a key: it is in one place, and wiped when it goes. `most`: bytes.
[[nodiscard]] tls::SecretBytes read_secret(const std::string& path, std::size_t most = kMaxSecretFile);

/// A file as it was read. Two are equal when a reader would not notice a difference; of pipes and devices, which are
/// read once, none is known.
struct FileRead {
  std::string path;
  /// HMAC-SHA-256 of its SHA-256, under a key that this process draws and keeps to itself: whoever gets hold of it
  /// cannot try passwords with it. Zeros: it could not be read, or is not regular.
  std::array<std::uint8_t, 32> digest{};
  bool regular = true;  ///< false: a pipe or the like, whose bytes do not come again
  friend bool operator==(const FileRead&, const FileRead&) = default;
};

/// The file as it is now. Keeps none of it, and does not wait: what is no regular file is not opened.
[[nodiscard]] FileRead look_at(const std::string& path);
/// Why it cannot be read again, in words: it is no regular file.
[[nodiscard]] std::string not_again(const std::string& path);

/// Notes what read_file() and read_secret() read, or could not read, on this thread while it lives: so that what a
/// configuration was made of can be watched and compared, whichever option has named it. One at a time on a thread.
class FilesRead {
 public:
  /// `again`: the files were read before. What is no regular file is not opened then, and fails: a pipe without a
  /// writer would make the thread wait that hears signals.
  enum class When : std::uint8_t { first, again };
  explicit FilesRead(When when = When::first);
  ~FilesRead();
  FilesRead(const FilesRead&) = delete;
  FilesRead& operator=(const FilesRead&) = delete;
  [[nodiscard]] const std::vector<FileRead>& files() const noexcept { return files_; }

 private:
  friend struct Noting;
  const When when_;
  std::vector<FileRead> files_;
};

/// Writes a whole file with these permissions (0600 for secrets), replacing what was there. Failure(kIo) otherwise.
void write_file(const std::string& path, tls::Bytes contents, unsigned mode);

}  // namespace sallyport::cli
