#include "pki/pem.h"

#include <sodium.h>

#include "base/limits.h"
#include "pki/certificate.h"

namespace tls::pki {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----";

/// RFC 1421 headers stand between the BEGIN line and an empty line; old private keys have them.
std::string_view skip_headers(std::string_view body, bool& encrypted) {
  const std::size_t colon = body.find(':');
  if (colon == std::string_view::npos) return body;
  encrypted = body.find("ENCRYPTED") != std::string_view::npos;
  std::size_t end = body.find("\n\n");
  if (end == std::string_view::npos) end = body.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string_view{} : body.substr(end);
}

/// Base64 without branches or look-ups on the characters' values: the text may be a private key.
bool decode_base64(std::string_view body, std::vector<std::uint8_t>& out) {
  out.resize(body.size() / 4 * 3 + 3);
  std::size_t size = 0;
  if (sodium_base642bin(out.data(), out.size(), body.data(), body.size(), " \t\r\n", &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0)
    return false;
  out.resize(size);
  return size != 0;
}

Result<PemBlock> parse_block(std::string_view label, std::string_view body) {
  PemBlock block;
  block.label = label;
  body = skip_headers(body, block.encrypted);
  if (block.encrypted) return block;
  if (!decode_base64(body, block.der))
    return fail(Code::bad_key_file, "the PEM block '" + printable(label) + "' is not base64");
  return block;
}

}  // namespace

Result<std::vector<PemBlock>> parse_pem(std::string_view text) {
  if (text.size() > limits::kMaxPem)
    return fail(Code::bad_key_file, "the PEM text is longer than " + std::to_string(limits::kMaxPem) + " bytes");
  std::vector<PemBlock> blocks;
  while (true) {
    const std::size_t begin = text.find(kBegin);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin + kBegin.size());
    const std::size_t label_end = text.find(kDashes);
    const std::string_view label = text.substr(0, label_end);
    const std::string footer = std::string(kEnd) + std::string(label) + std::string(kDashes);
    const std::size_t end = label_end == std::string_view::npos ? label_end : text.find(footer, label_end);
    if (end == std::string_view::npos || label.find('\n') != std::string_view::npos)
      return fail(Code::bad_key_file, "a PEM block begins and is not ended: is the file cut off?");
    const std::size_t body = label_end + kDashes.size();
    auto block = parse_block(label, text.substr(body, end - body));
    if (!block) return std::unexpected(std::move(block).error());
    blocks.push_back(std::move(*block));
    text.remove_prefix(end + footer.size());
  }
  if (blocks.empty()) return fail(Code::bad_key_file, "there is no PEM block (-----BEGIN ...) in it");
  return blocks;
}

std::string to_pem(std::string_view label, Bytes der) {
  constexpr std::size_t kLine = 64;
  std::string base64(sodium_base64_encoded_len(der.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(base64.data(), base64.size(), der.data(), der.size(), sodium_base64_VARIANT_ORIGINAL);
  base64.pop_back();  // the terminating zero
  std::string out = std::string(kBegin) + std::string(label) + "-----\n";
  for (std::size_t at = 0; at < base64.size(); at += kLine) out += base64.substr(at, kLine) + "\n";
  return out + std::string(kEnd) + std::string(label) + "-----\n";
}

}  // namespace tls::pki
