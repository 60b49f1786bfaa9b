#include "cli/external_psk.h"

#include <CLI/CLI.hpp>
#include <optional>

#include "cli/files.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kMaxKey = 64;  // bytes, as ExternalPsk has it

std::optional<std::uint8_t> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

bool space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Hexadecimal digits with spaces and line ends between bytes. False: something else, or more than `key` holds.
bool read_key(const tls::SecretBytes& file, tls::Secret<tls::ExternalPskRole, kMaxKey>& key) {
  const std::string_view text = file.text();
  std::size_t digits = 0;
  for (const char c : text) {
    if (!space(c) && !digit(c)) return false;
    digits += space(c) ? 0 : 1;
  }
  if (digits == 0 || digits % 2 != 0 || digits / 2 > kMaxKey) return false;
  const tls::MutableBytes out = key.fill(digits / 2);
  std::size_t at = 0;
  for (const char c : text)
    if (const auto value = digit(c)) {
      out[at / 2] = static_cast<std::uint8_t>(at % 2 == 0 ? *value << 4 : out[at / 2] | *value);
      ++at;
    }
  return true;
}

std::vector<std::uint8_t> octets(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

void define_external_psks(CLI::App& app, Settings& settings) {
  app.add_option("--psk", settings.psks,
                 "TLS 1.3: a key that both sides were given by other means, and its name; FILE holds 16 to 64 bytes as "
                 "hexadecimal digits (repeatable); default: none")
      ->type_name("IDENTITY=FILE")
      ->allow_extra_args(false);
  app.add_option("--psk-hash", settings.values["--psk-hash"], "Hash of the --psk, sha256 or sha384; default sha256")
      ->type_name("WORD")
      ->check(CLI::IsMember({"sha256", "sha384"}));
  app.add_option("--psk-import", settings.values["--psk-import"],
                 "Derives what is used from the --psk (RFC 9258); off: as it is, for peers that do not know how, as "
                 "OpenSSL and GnuTLS; default on")
      ->type_name("WORD")
      ->check(CLI::IsMember({"on", "off"}));
  app.add_option("--psk-context", settings.values["--psk-context"],
                 "Context of the --psk (RFC 9258 §5.1), the same on both sides; default: empty")
      ->type_name("TEXT");
}

std::vector<std::shared_ptr<const tls::ExternalPsk>> external_psks(const Settings& settings) {
  std::vector<std::shared_ptr<const tls::ExternalPsk>> keys;
  for (const std::string& one : settings.psks) {
    const std::size_t at = one.find('=');
    if (at == std::string::npos || at == 0 || at + 1 == one.size())
      throw Failure(kUsage, "--psk: '" + one + "' is not IDENTITY=FILE");
    tls::ExternalPsk psk;
    psk.identity = octets(std::string_view(one).substr(0, at));
    psk.context = octets(settings.of("--psk-context"));
    psk.sha384 = settings.of("--psk-hash") == "sha384";
    psk.imported = settings.of("--psk-import") != "off";
    const std::string path = one.substr(at + 1);
    if (!read_key(read_secret(path), psk.key))
      throw Failure(kUsage, "--psk: '" + path + "' does not hold 16 to 64 bytes as hexadecimal digits");
    keys.push_back(std::make_shared<const tls::ExternalPsk>(std::move(psk)));
  }
  if (keys.empty())
    for (const char* option : {"--psk-hash", "--psk-import", "--psk-context"})
      if (!settings.of(option).empty()) throw Failure(kUsage, std::string(option) + " needs --psk");
  return keys;
}

}  // namespace sallyport::cli
