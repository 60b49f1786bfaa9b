#include "fuzz/ocsp_targets.h"

#include <algorithm>
#include <optional>

#include "adapters/src/ocsp_http.h"
#include "adapters/src/ocsp_url.h"

namespace tls::fuzz {
namespace {

struct Outcome {
  std::optional<ocsp::HttpResponse> response;  // none: refused
  std::string why;
  bool complete = false;  // before the end
};

Outcome read(Bytes input, std::size_t step) {
  ocsp::HttpReader reader;
  Outcome out;
  for (std::size_t at = 0; at < input.size() && !out.complete; at += step) {
    const auto whole = reader.take(input.subspan(at, std::min(step, input.size() - at)));
    if (!whole) {
      out.why = whole.error().detail();
      return out;
    }
    out.complete = *whole;
  }
  if (const auto ended = reader.end(); !ended) {
    out.why = ended.error().detail();
    return out;
  }
  out.response = reader.response();
  return out;
}

}  // namespace

void ocsp_http(Bytes input) {
  const Outcome at_once = read(input, std::max<std::size_t>(1, input.size()));
  const Outcome in_octets = read(input, 1);
  require(at_once.response.has_value() == in_octets.response.has_value(), "the pieces decide whether it is a response");
  if (!at_once.response) {
    require(!at_once.why.empty() && !in_octets.why.empty(), "a refusal without words");
    return;
  }
  require(at_once.complete == in_octets.complete, "the pieces decide when it is complete");
  const ocsp::HttpResponse &one = *at_once.response, &other = *in_octets.response;
  require(one.status == other.status && one.body == other.body && one.location == other.location,
          "the pieces decide what it says");
  require(one.status >= 200 && one.status <= 999, "a status that is none");
  require(one.body.size() <= ocsp::kMaxAnswer && one.location.size() <= ocsp::kMaxHead, "more than the limits");
  require(one.body.size() <= input.size(), "a body that did not come");
}

void ocsp_url(Bytes input) {
  const std::string_view text = as_text(input);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const auto url = ocsp::parse_url(text.substr(0, line));
  if (!url) return require(!url.error().detail().empty(), "a refusal without words");
  const auto again = ocsp::parse_url(url->text());
  require(again && again->host == url->host && again->port == url->port && again->target == url->target,
          "what was written does not parse to the same");
  const std::string head = ocsp::get_request(ocsp::get_url(*url, "ab+/="));
  require(std::ranges::count(head, '\n') == 5 && std::ranges::count(head, '\r') == 5, "a URL writes lines of its own");
  if (line == text.size()) return;
  const auto next = ocsp::resolve_location(*url, text.substr(line + 1));
  if (next) require(ocsp::parse_url(next->text()).has_value(), "a redirect leads to what is no URL");
}

}  // namespace tls::fuzz
