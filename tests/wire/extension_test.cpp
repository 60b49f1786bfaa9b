// Which extension may stand in which message (RFC 9846 §4.3), and what happens to those that may not.
#include "wire/extension.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "wire/build.h"

using namespace tls;
using namespace tls::wire;
using namespace tls::wire::test;
using enum tls::wire::ExtensionType;

namespace {

constexpr Place kPlaces[] = {Place::client_hello,         Place::server_hello,  Place::hello_retry_request,
                             Place::encrypted_extensions, Place::certificate,   Place::certificate_request,
                             Place::new_session_ticket,   Place::server_hello12};

bool answers(Place place) {
  return place != Place::client_hello && place != Place::certificate_request && place != Place::new_session_ticket;
}

constexpr auto kUnknown = static_cast<ExtensionType>(0x7777), kGrease = static_cast<ExtensionType>(0x2A2A);

}  // namespace

TEST_CASE("the table is RFC 9846's Table 1, with a column for the ServerHello of TLS 1.2") {
  // As printed there (§4.3), for what this stack has; the rows behind the gap are RFC 8446's and those of TLS 1.2.
  const std::pair<ExtensionType, std::string_view> rows[] = {
      {server_name, "CH, EE, CR, SH12"},
      {status_request, "CH, CR, CT, SH12"},
      {supported_groups, "CH, EE, SH12"},
      {signature_algorithms, "CH, CR"},
      {use_srtp, "CH, EE, SH12"},
      {heartbeat, "CH, EE, SH12"},
      {application_layer_protocol_negotiation, "CH, EE, SH12"},
      {client_certificate_type, "CH, EE, SH12"},
      {server_certificate_type, "CH, EE, SH12"},
      {padding, "CH"},
      {compress_certificate, "CH, CR"},
      {record_size_limit, "CH, EE, SH12"},
      {delegated_credential, "CH, CR, CT"},
      {pre_shared_key, "CH, SH"},
      {early_data, "CH, EE, NST"},
      {supported_versions, "CH, SH, HRR"},
      {cookie, "CH, HRR"},
      {psk_key_exchange_modes, "CH"},
      {certificate_authorities, "CH, CR"},
      {oid_filters, "CR"},
      {post_handshake_auth, "CH"},
      {signature_algorithms_cert, "CH, CR"},
      {key_share, "CH, SH, HRR"},
      {transparency_info, "CH, CR, CT"},
      {quic_transport_parameters, "CH, EE"},
      {ticket_request, "CH, EE"},
      {ech_outer_extensions, "CH"},
      {encrypted_client_hello, "CH, HRR, EE"},

      {max_fragment_length, "CH, EE, SH12"},
      {signed_certificate_timestamp, "CH, CR, CT, SH12"},
      {ec_point_formats, "CH, SH12"},
      {encrypt_then_mac, "CH, SH12"},
      {extended_main_secret, "CH, SH12"},
      {session_ticket, "CH, SH12"},
      {renegotiation_info, "CH, SH12"},
  };
  constexpr std::pair<Place, std::string_view> columns[] = {
      {Place::client_hello, "CH"},         {Place::server_hello, "SH"},    {Place::hello_retry_request, "HRR"},
      {Place::encrypted_extensions, "EE"}, {Place::certificate, "CT"},     {Place::certificate_request, "CR"},
      {Place::new_session_ticket, "NST"},  {Place::server_hello12, "SH12"}};
  CHECK(std::size(rows) == kExtensions.size());
  for (const auto& [type, places] : rows) {
    const std::string list = ", " + std::string(places) + ",";
    for (const auto& [place, abbreviation] : columns) {
      const bool allowed = list.find(" " + std::string(abbreviation) + ",") != std::string::npos;
      CHECK_MESSAGE(find_extension(type)->allowed_in(place) == allowed, name(type) << " in " << name(place));
    }
  }
}

TEST_CASE("every extension in every message, offered and not") {
  for (const ExtensionFacts& row : kExtensions)
    for (Place place : kPlaces)
      for (bool offered : {false, true}) {
        CAPTURE(row.name);
        CAPTURE(name(place));
        CAPTURE(offered);
        const ByteVector block = extension(row.type, {});
        const auto list = check_extensions(block, place, offered ? ExtensionSet{row.type} : ExtensionSet{});
        const bool unasked = row.type == cookie && place == Place::hello_retry_request;  // RFC 9846 §4.3.2
        // RFC 5246 §7.4.1.4: in TLS 1.2 what was not offered is unsupported_extension, wherever else it may stand.
        const bool of_place = !row.allowed_in(place) && (offered || place != Place::server_hello12);
        if (of_place) {
          CHECK(failure(list) == Code::extension_not_allowed);
          CHECK(list.error().alert() == Alert::illegal_parameter);
          CHECK(why(list) == std::string(row.name) + " in " + std::string(name(place)));
        } else if (answers(place) && !offered && !unasked) {
          CHECK(failure(list) == Code::unsolicited_extension);
          CHECK(list.error().alert() == Alert::unsupported_extension);
          CHECK(why(list) == std::string(row.name) + " in " + std::string(name(place)));
        } else {
          REQUIRE(list);
          CHECK(list->size() == 1);
        }
      }
}

TEST_CASE("what nobody knows is ignored in an offer and refused in an answer") {
  for (Place place : kPlaces)
    for (ExtensionType type : {kUnknown, kGrease}) {
      const ByteVector block = extension(type, unhex("abcdef"));
      const auto list = check_extensions(block, place, kAllExtensions);
      CHECK(failure(list) == (answers(place) ? std::optional(Code::unsolicited_extension) : std::nullopt));
    }
  CHECK(why(check_extensions(extension(kUnknown, {}), Place::certificate)) == "extension 0x7777 in Certificate");
}

TEST_CASE("no extension twice in a block, known or not, adjacent or not") {
  for (Place place : kPlaces) {
    ByteVector once;
    for (const ExtensionFacts& row : kExtensions)
      if (row.allowed_in(place)) once = joined({once, extension(row.type, unhex("00"))});
    CHECK(check_extensions(once, place, kAllExtensions));
    for (const ExtensionFacts& row : kExtensions)
      if (row.allowed_in(place)) {
        const ByteVector twice = joined({once, extension(row.type, {})});
        CHECK(failure(check_extensions(twice, place, kAllExtensions)) == Code::duplicate_extension);
      }
    if (answers(place)) continue;
    const ByteVector unknown = joined({extension(kUnknown, {}), once, extension(kUnknown, {})});
    CHECK(failure(check_extensions(unknown, place)) == Code::duplicate_extension);
  }
}

TEST_CASE("a block that does not hold whole extensions is a decode_error") {
  for (const char* text : {"00", "0010", "001000", "00100001", "0010000200", "00100000ff"}) {
    const auto list = check_extensions(unhex(text), Place::client_hello);
    CHECK(failure(list) == Code::decode_error);
    CHECK(why(list) == "the extensions of ClientHello do not fit their block");
  }
  CHECK(check_extensions({}, Place::client_hello)->empty());
}

TEST_CASE("RFC 9846 §4.2.2: unknown extensions are ignored, however many; one that comes twice is still found") {
  constexpr std::size_t kMost = 0xFFFF / 4;  // empty ones that a block of 2^16-1 bytes holds
  for (const Place place : {Place::client_hello, Place::certificate_request, Place::new_session_ticket})
    for (const std::size_t n : {std::size_t{127}, std::size_t{128}, std::size_t{129}, std::size_t{1000}, kMost}) {
      CAPTURE(n);
      ByteVector block;
      Writer w(block);
      for (std::size_t i = 0; i < n; ++i) Extension{static_cast<ExtensionType>(0x4000 + i), {}}.write(w);
      const auto list = check_extensions(block, place);
      REQUIRE(list);
      CHECK(list->size() == n);
      // The last is also the first, the one before it, or one in the middle.
      for (const std::size_t again : {std::size_t{0}, n - 2, n / 2}) {
        ByteVector twice = block;
        const std::size_t type = 0x4000 + again;
        twice[4 * (n - 1)] = static_cast<std::uint8_t>(type >> 8);
        twice[4 * (n - 1) + 1] = static_cast<std::uint8_t>(type);
        const auto refused = check_extensions(twice, place);
        CHECK(failure(refused) == Code::duplicate_extension);
        CHECK(why(refused) == name(static_cast<ExtensionType>(type)) + " in " + std::string(name(place)));
      }
    }
}

TEST_CASE("an ExtensionSet holds what is recognised and nothing else") {
  ExtensionSet set{server_name, renegotiation_info};
  CHECK(set.contains(server_name));
  CHECK(set.contains(renegotiation_info));
  CHECK_FALSE(set.contains(key_share));
  set.insert(kUnknown);
  CHECK_FALSE(set.contains(kUnknown));
  set.erase(renegotiation_info);
  CHECK(set == ExtensionSet{server_name});
  set.erase(server_name);
  CHECK(set.empty());
}

TEST_CASE("names") {
  CHECK(name(application_layer_protocol_negotiation) == "application_layer_protocol_negotiation");
  CHECK(name(kGrease) == "GREASE 0x2A2A");
}

TEST_CASE("extensions that mean nothing to us have their names too") {
  CHECK(name(static_cast<ExtensionType>(17)) == "status_request_v2");
  CHECK(name(static_cast<ExtensionType>(13172)) == "next_protocol_negotiation");
  CHECK(name(kUnknown) == "extension 0x7777");
  CHECK(name(kGrease) == "GREASE 0x2A2A");
}
