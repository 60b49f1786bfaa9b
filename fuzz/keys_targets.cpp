#include "fuzz/keys_targets.h"

#include <algorithm>

#include "adapters/src/key_protocol.h"

namespace tls::fuzz {
namespace {

/// All frames of the input, each of them at most once; `read` is given those that are there.
template <class Read>
void for_each_frame(Bytes input, std::size_t most, Read&& read) {
  Bytes rest = input;
  while (true) {
    const std::size_t before = rest.size();
    const auto frame = keys::next_frame(rest, most);
    if (!frame) {
      require(frame.error().code() == Code::decode_error && !frame.error().detail().empty(), "an error without words");
      return;
    }
    if (!*frame) {
      require(rest.size() == before, "bytes of a frame that is not there in whole are gone");
      require(before < keys::kLengthBytes + most, "a frame that is there in whole is waited for");
      return;
    }
    require(rest.size() < before, "a frame of no bytes");
    read(**frame);
  }
}

/// What is signed is the content of one version and role, and of nothing else.
void check_content(const HandshakeToSign& what) {
  const auto content = keys::content_to_sign(what);
  if (!content) {
    require(content.error().code() == Code::illegal_parameter && !content.error().detail().empty(),
            "an error without words");
    return;
  }
  if (what.version == ProtocolVersion::tls13) {
    require(content->size() == 98 + what.transcript_hash.size(), "the content of TLS 1.3 has another length");
    require(std::ranges::all_of(Bytes(*content).first(64), [](std::uint8_t b) { return b == ' '; }),
            "the content of TLS 1.3 does not begin with spaces");
  } else if (what.by_server) {
    require(content->size() > 68 && (*content)[64] == 3, "the content of a TLS 1.2 server has no parameters");
  } else {
    require((*content)[0] == 1 && (*content)[4] == 3 && (*content)[5] == 3, "messages that begin with no ClientHello");
  }
}

}  // namespace

void key_request(Bytes input) {
  for_each_frame(input, keys::kMaxRequest, [](const keys::Frame& frame) {
    const auto request = keys::parse_request(frame);
    if (!request) return;
    const auto written = keys::encode(frame.id, *request);
    require(written.has_value(), "what was parsed cannot be written");
    require(std::ranges::equal(Bytes(*written).subspan(keys::kLengthBytes + keys::kHeader), frame.body),
            "what was parsed is not what is written");
    if (const auto* sign = std::get_if<keys::Sign>(&*request)) check_content(sign->what);
  });
}

void key_reply(Bytes input) {
  for_each_frame(input, keys::kMaxAnswer, [](const keys::Frame& frame) {
    const auto reply = keys::parse_reply(frame);
    if (!reply) return;
    const auto written = keys::encode(frame.id, *reply);
    Bytes rest(written);
    const auto again = keys::next_frame(rest, keys::kMaxAnswer);
    require(again && *again && keys::parse_reply(**again).has_value(), "what was written does not parse");
  });
}

}  // namespace tls::fuzz
