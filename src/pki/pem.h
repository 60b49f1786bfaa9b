// PEM (RFC 7468): what certificates and keys come in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tls/bytes.h"
#include "tls/error.h"
#include "tls/secret.h"

namespace tls::pki {

/// One encapsulated object. May be a private key: wiped when it goes or is overwritten, and move-only.
struct PemBlock {
  std::string label;              ///< "CERTIFICATE"
  bool encrypted = false;         ///< has a "Proc-Type: 4,ENCRYPTED" header
  std::vector<std::uint8_t> der;  ///< empty when encrypted
  std::size_t number = 1;         ///< of the BEGIN lines of its text, from 1; those of bad blocks count too
  std::size_t line = 1;           ///< of its BEGIN line, from 1

  PemBlock() = default;
  PemBlock(PemBlock&&) noexcept = default;
  PemBlock& operator=(PemBlock&& other) noexcept {
    if (this == &other) return *this;
    wipe(der);
    label = std::move(other.label), der = std::move(other.der);
    encrypted = other.encrypted, number = other.number, line = other.line;
    return *this;
  }
  PemBlock(const PemBlock&) = delete;
  PemBlock& operator=(const PemBlock&) = delete;
  ~PemBlock() { wipe(der); }
};

/// "block 2 ('CERTIFICATE', line 31)", for errors and warnings.
[[nodiscard]] std::string place_of(const PemBlock& block);

/// Takes the blocks of a text one by one. A boundary is a whole line (RFC 7468 §2): `-----BEGIN ` counts only at its
/// start, and nothing but white space follows the last dashes. Lines end with LF, CR or CRLF; a UTF-8 byte order mark
/// and all other text outside of blocks are ignored. Stricter than RFC 7468 asks, since half a key or certificate is
/// worse than an error: characters that are neither base64 nor white space are refused, and so is an END line whose
/// label is another. RFC 1421 headers are skipped. The cost is linear in the text's length.
class PemReader {
 public:
  /// `text` is not copied and must outlive the reader.
  explicit PemReader(std::string_view text) noexcept;
  explicit PemReader(std::string&& text) = delete;

  /// The next block, or why it cannot be read (bad_key_file; number, label and line are named), after which next() goes
  /// on behind it. Empty at the end of the text.
  [[nodiscard]] std::optional<Result<PemBlock>> next();
  /// How many BEGIN lines there were so far.
  [[nodiscard]] std::size_t blocks() const noexcept { return blocks_; }
  /// The first line on which a BEGIN was ignored because something stands before it; 0: there is none so far.
  [[nodiscard]] std::size_t ignored_begin() const noexcept { return ignored_begin_; }

 private:
  struct Line {
    std::string_view text;      // without its end and trailing white space
    std::size_t start, number;  // offset; from 1
  };
  [[nodiscard]] std::optional<Line> take_line() noexcept;
  [[nodiscard]] Result<PemBlock> read_block(const Line& begin);

  std::string_view text_;
  std::size_t at_ = 0, lines_ = 0, blocks_ = 0, ignored_begin_ = 0;
};

/// All blocks of `text`, in order. At most limits::kMaxPem bytes. Fails with bad_key_file at the first block that
/// cannot be read, and when there is none.
[[nodiscard]] Result<std::vector<PemBlock>> parse_pem(std::string_view text);

/// Why no block was found in `text`, in words: nothing of the kind, not at the start of a line, or UTF-16.
[[nodiscard]] std::string why_no_block(std::string_view text, const PemReader& reader);

/// DER as PEM with 64 characters a line.
[[nodiscard]] std::string to_pem(std::string_view label, Bytes der);

}  // namespace tls::pki
