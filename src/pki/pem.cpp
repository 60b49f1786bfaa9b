#include "pki/pem.h"

#include <algorithm>

#include "base/base64.h"
#include "base/limits.h"
#include "pki/certificate.h"

namespace tls::pki {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----";
constexpr std::string_view kWhiteSpace = " \t\r\n\v\f";  // RFC 7468 §2
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view trimmed(std::string_view line) {
  const std::size_t last = line.find_last_not_of(kWhiteSpace);
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Where the line ends that `at` is in. Not find_first_of(), which calls a function for each character: a file of CRLs
/// has many.
std::size_t line_end(std::string_view text, std::size_t at) {
  const auto end = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(),
                                [](char c) { return c == '\n' || c == '\r'; });
  return static_cast<std::size_t>(end - text.begin());
}

/// RFC 7468 §3: printable characters, single spaces and hyphens between them.
bool is_label(std::string_view label) {
  bool separator = true;
  for (const char c : label) {
    if (c < 0x20 || c > 0x7E) return false;
    const bool now = c == ' ' || c == '-';
    if (now && separator) return false;
    separator = now;
  }
  return label.empty() || !separator;
}

/// The label of a boundary line that starts with `prefix`.
std::optional<std::string_view> label_of(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix) || !line.ends_with(kDashes)) return std::nullopt;
  line.remove_prefix(prefix.size());
  if (line.size() < kDashes.size()) return std::nullopt;
  line.remove_suffix(kDashes.size());
  return is_label(line) ? std::optional(line) : std::nullopt;
}

/// RFC 1421 headers stand between the BEGIN line and an empty line; old private keys have them. Empty: they do not end.
std::optional<std::string_view> skip_headers(std::string_view body, bool& encrypted) {
  if (body.find(':') == std::string_view::npos) return body;
  while (!body.empty()) {
    const std::size_t end = std::min(body.find_first_of("\r\n"), body.size());
    const std::string_view line = trimmed(body.substr(0, end));
    body.remove_prefix(end);
    body.remove_prefix(body.starts_with("\r\n") ? 2 : body.empty() ? 0 : 1);
    if (line.empty()) return body;
    if (line.starts_with("Proc-Type:") && line.find("ENCRYPTED") != std::string_view::npos) encrypted = true;
  }
  return std::nullopt;
}

/// The text may be a private key.
bool decode_body(std::string_view body, std::vector<std::uint8_t>& out) {
  out.resize(base64_decoded_most(body.size()));
  const auto size = decode_base64(body, kWhiteSpace, out);
  if (!size) return false;  // what came out so far stays in `out`, all of which its owner wipes
  out.resize(*size);
  return !out.empty();
}

std::unexpected<Error> bad_block(const PemBlock& block, std::string_view reason) {
  return fail(Code::bad_key_file, place_of(block) + ": " + std::string(reason));
}

}  // namespace

std::string place_of(const PemBlock& block) {
  return "block " + std::to_string(block.number) + " ('" + printable(block.label) + "', line " +
         std::to_string(block.line) + ")";
}

PemReader::PemReader(std::string_view text) noexcept : text_(text) {
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
}

std::optional<PemReader::Line> PemReader::take_line() noexcept {
  if (at_ == text_.size()) return std::nullopt;
  const std::size_t start = at_, end = line_end(text_, at_);
  const std::string_view rest = text_.substr(end);
  at_ = end + (rest.starts_with("\r\n") ? 2 : rest.empty() ? 0 : 1);
  return Line{trimmed(text_.substr(start, end - start)), start, ++lines_};
}

std::optional<Result<PemBlock>> PemReader::next() {
  while (const auto line = take_line()) {
    if (line->text.starts_with(kBegin)) return read_block(*line);
    if (ignored_begin_ == 0 && line->text.find(kBegin) != std::string_view::npos) ignored_begin_ = line->number;
  }
  return std::nullopt;
}

Result<PemBlock> PemReader::read_block(const Line& begin) {
  PemBlock block;
  block.number = ++blocks_, block.line = begin.number;
  const auto label = label_of(begin.text, kBegin);
  if (!label)  // the line is not shown: where line ends are lost, the key stands on it
    return fail(Code::bad_key_file, "block " + std::to_string(block.number) + " (line " + std::to_string(block.line) +
                                        "): the line begins with '-----BEGIN ' and is no '-----BEGIN label-----' "
                                        "alone: are line ends lost?");
  block.label = *label;
  const std::size_t body = at_;
  while (const auto line = take_line()) {
    if (line->text.starts_with(kBegin)) {  // may be a good one: it is looked at next
      at_ = line->start, lines_ = line->number - 1;
      return bad_block(block, "it is not ended before the next one begins, on line " + std::to_string(line->number));
    }
    if (!line->text.starts_with(kEnd)) continue;
    if (const auto other = label_of(line->text, kEnd); other != label)
      return bad_block(block, "line " + std::to_string(line->number) +
                                  (other ? " ends it as '" + printable(*other) + "'"
                                         : " begins with '-----END ' and is no '-----END label-----' alone"));
    const auto data = skip_headers(text_.substr(body, line->start - body), block.encrypted);
    if (!data) return bad_block(block, "no empty line ends its headers");
    if (!block.encrypted && !decode_body(*data, block.der)) return bad_block(block, "it is not base64");
    return block;
  }
  return bad_block(block, "it begins and is not ended: is the file cut off?");
}

std::string why_no_block(std::string_view text, const PemReader& reader) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return "the text is UTF-16, in which there is no PEM: save it as UTF-8";
  if (reader.ignored_begin() != 0)
    return "there is no PEM block in it: on line " + std::to_string(reader.ignored_begin()) +
           ", -----BEGIN does not stand at the start of the line (RFC 7468 §2), so that it is ignored";
  if (text.starts_with("0\x80"))
    return "it is BER with indefinite lengths, and no DER; where it is PKCS#12, convert it with 'openssl pkcs12 -in "
           "FILE -out NEW', which writes PEM";
  if (text.starts_with("0\x82") || text.starts_with("0\x83"))
    return "it looks like DER, but its first element is not the whole of it: is it cut off, or does something follow?";
  return "there is no PEM block (-----BEGIN ...) in it";
}

Result<std::vector<PemBlock>> parse_pem(std::string_view text) {
  if (text.size() > limits::kMaxPem)
    return fail(Code::bad_key_file, "the PEM text is longer than " + std::to_string(limits::kMaxPem) + " bytes");
  std::vector<PemBlock> blocks;
  PemReader reader(text);
  while (auto block = reader.next()) {
    if (!*block) return std::unexpected(std::move(*block).error());
    blocks.push_back(std::move(**block));
  }
  if (blocks.empty()) return fail(Code::bad_key_file, why_no_block(text, reader));
  return blocks;
}

std::string to_pem(std::string_view label, Bytes der) {
  constexpr std::size_t kLine = 64;
  const std::string base64 = encode_base64(der);
  std::string out = std::string(kBegin) + std::string(label) + "-----\n";
  for (std::size_t at = 0; at < base64.size(); at += kLine) out += base64.substr(at, kLine) + "\n";
  return out + std::string(kEnd) + std::string(label) + "-----\n";
}

}  // namespace tls::pki
