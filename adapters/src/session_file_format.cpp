#include "session_file_format.h"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <new>

#include "tls/secret.h"

namespace tls::session_file {
namespace {

constexpr int kBase64 = sodium_base64_VARIANT_ORIGINAL;
constexpr std::size_t kConfiguration = 16;

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// The text up to the next `end`, which is taken away with it; nothing if there is none.
std::optional<std::string_view> take_until(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

std::optional<Line> parse_line(std::string_view text) {
  Line line;
  const auto name = take_until(text, ' '), port = take_until(text, ' '), configuration = take_until(text, ' '),
             expires = take_until(text, ' ');
  if (!name || !port || !configuration || !expires) return std::nullopt;
  line.key.server_name = *name;
  std::int64_t when = 0;
  if (!can_hold(line.key) || !read_number(*port, line.key.port) || !read_number(*expires, when)) return std::nullopt;
  line.expires = Clock::Milliseconds(when);
  std::size_t written = 0;
  if (configuration->size() != 2 * kConfiguration ||
      sodium_hex2bin(line.key.configuration.data(), kConfiguration, configuration->data(), configuration->size(),
                     nullptr, &written, nullptr) != 0 ||
      written != kConfiguration)
    return std::nullopt;
  line.session = text;
  if (text.empty() || text.size() > kMaxSession || text.find(' ') != std::string_view::npos) return std::nullopt;
  return line;
}

}  // namespace

SecretText::~SecretText() {
  text_.resize(text_.capacity());
  wipe({reinterpret_cast<std::uint8_t*>(text_.data()), text_.size()});
}

bool can_hold(const SessionKey& key) {
  return !key.server_name.empty() && std::ranges::all_of(key.server_name, [](char c) { return c > ' ' && c < 0x7F; });
}

std::optional<std::vector<Line>> parse(std::string_view text) {
  std::vector<Line> lines;
  if (text.empty()) return lines;
  if (!text.starts_with(kHeader)) return std::nullopt;
  text.remove_prefix(kHeader.size());
  while (!text.empty()) {
    const auto one = take_until(text, '\n');
    if (!one) return std::nullopt;  // cut short
    auto line = parse_line(*one);
    if (!line) return std::nullopt;
    lines.push_back(std::move(*line));
  }
  return lines;
}

std::size_t size_of(const std::vector<Line>& lines) {
  std::size_t size = kHeader.size();
  for (const Line& line : lines)
    size += line.key.server_name.size() + 5 + 2 * kConfiguration + 20 + line.session.size() + 5;
  return size;
}

void write(const std::vector<Line>& lines, std::string& to) {
  to += kHeader;
  for (const Line& line : lines) {
    std::array<char, 2 * kConfiguration + 1> hex{};
    sodium_bin2hex(hex.data(), hex.size(), line.key.configuration.data(), kConfiguration);
    to.append(line.key.server_name).append(" ").append(std::to_string(line.key.port)).append(" ");
    to.append(hex.data()).append(" ").append(std::to_string(line.expires.count())).append(" ");
    to.append(line.session).append("\n");
  }
}

void encode(Bytes bytes, std::string& to) {
  const std::size_t before = to.size(), room = sodium_base64_encoded_len(bytes.size(), kBase64);  // with its zero
  to.resize(before + room);
  sodium_bin2base64(to.data() + before, room, bytes.data(), bytes.size(), kBase64);
  to.resize(before + room - 1);
}

std::optional<ClientSession> decode(std::string_view base64) {
  SecretBytes room;
  const MutableBytes bytes = room.extend(base64.size() / 4 * 3 + 3);
  std::size_t size = 0;
  std::optional<ClientSession> session;
  if (sodium_base642bin(bytes.data(), bytes.size(), base64.data(), base64.size(), nullptr, &size, nullptr, kBase64) ==
      0) {
    auto parsed = ClientSession::parse(bytes.first(size));
    if (parsed)
      session = *std::move(parsed);
    else if (parsed.error().code() == Code::out_of_memory)
      throw std::bad_alloc();  // the line is not at fault, and must not be dropped
  }
  return session;
}

}  // namespace tls::session_file
