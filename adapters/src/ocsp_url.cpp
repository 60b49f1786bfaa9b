#include "ocsp_url.h"

#include <algorithm>
#include <charconv>

namespace tls::ocsp {
namespace {

std::unexpected<Error> refuse(std::string_view url, std::string_view why) {
  return fail(Code::bad_config, "the URL '" + shown(url) + "' " + std::string(why));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_character(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_'; }

bool is_address_character(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.'; }

bool all(std::string_view text, bool (*holds)(char)) { return !text.empty() && std::ranges::all_of(text, holds); }

/// "host", "host:port", "[address]:port".
Result<void> split_authority(std::string_view url, std::string_view text, Url& out) {
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return refuse(url, "has a [ without a ]");
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const std::size_t colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  std::ranges::transform(out.host, out.host.begin(), lower);
  if (!all(out.host, text.starts_with('[') ? is_address_character : is_name_character))
    return refuse(url, "names no host");
  out.port = "80";
  if (rest.empty() || rest == ":") return {};
  unsigned number = 0;
  const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), number);
  if (rest[0] != ':' || error != std::errc{} || end != rest.data() + rest.size() || number == 0 || number > 65535)
    return refuse(url, "has a port that is none");
  out.port = std::to_string(number);
  return {};
}

}  // namespace

std::string shown(std::string_view text) {
  std::string out(text.substr(0, kMaxShown));
  std::ranges::replace_if(out, [](char c) { return c <= ' ' || c > '~'; }, '?');
  if (text.size() > kMaxShown) out += "...";
  return out;
}

std::string Url::authority() const {
  const std::string name = host.find(':') == host.npos ? host : "[" + host + "]";
  return port == "80" ? name : name + ":" + port;
}

Result<Url> parse_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.size() > kMaxUrl) return refuse(text, "is longer than " + std::to_string(kMaxUrl) + " octets");
  if (!std::ranges::equal(text.substr(0, kScheme.size()), kScheme, {}, lower))
    return refuse(text, "does not begin with http://: OCSP is spoken over plain HTTP alone");
  if (!all(text, [](char c) { return c > ' ' && c <= '~'; })) return refuse(text, "holds a character that no URL has");
  if (text.find('#') != text.npos) return refuse(text, "has a fragment, which no server is told");
  const std::string_view rest = text.substr(kScheme.size());
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  Url url;
  if (auto split = split_authority(text, rest.substr(0, end), url); !split)
    return std::unexpected(std::move(split).error());
  url.target = rest.substr(end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  url.has_query = url.target.find('?') != std::string::npos;
  return url;
}

Result<Url> resolve_location(const Url& base, std::string_view location) {
  if (!location.starts_with('/') || location.starts_with("//")) return parse_url(location);
  return parse_url("http://" + base.authority() + std::string(location));
}

Url get_url(const Url& responder, std::string_view base64) {
  Url out = responder;
  if (!out.target.ends_with('/')) out.target += '/';
  for (const char c : base64) {
    if (c == '+')
      out.target += "%2B";
    else if (c == '/')
      out.target += "%2F";
    else if (c == '=')
      out.target += "%3D";
    else
      out.target += c;
  }
  return out;
}

}  // namespace tls::ocsp
