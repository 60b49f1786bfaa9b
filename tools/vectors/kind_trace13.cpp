// TLS13-TRACE: a whole TLS 1.3 handshake, byte for byte. The algorithm is the suite. Values:
//   server_name; client_draws, server_draws: what each side takes from its Random, in the order of its machine
//   server_private_key (PKCS#8); without it a recorded signature is taken for the key's
//   client_hello_1, hello_retry_request, cookie: with a HelloRetryRequest
//   psk, ticket, ticket_age_add, ticket_age (milliseconds): the session, with a resumption
//   early_data, end_of_early_data, client_early_traffic_secret, early_exporter_secret: with early data
//   client_hello, server_hello, encrypted_extensions, certificate_request, certificate, certificate_verify, finished,
//   client_certificate, client_certificate_verify, client_finished, new_session_ticket: messages, headers included
//   shared_secret, {client,server}_{handshake,application}_traffic_secret, exporter_secret, resumption_secret
//   {client,server}_flight_N: records; ticket_record, {client,server}_data(_record), {client,server}_alert_record
// Checked are the key schedule with both Finished, every protected record sealed and opened by the record layer, and a
// client and a server that get the peer's records and must answer with the trace's.
#include <algorithm>

#include "base/limits.h"
#include "crypto/provider.h"
#include "crypto/suite.h"
#include "handshake/key_schedule13.h"
#include "handshake/transcript.h"
#include "record/opener.h"
#include "record/sealer.h"
#include "vectors/registry.h"
#include "vectors/trace13.h"
#include "vectors/trace13_session.h"

namespace tls::vectors {
namespace {

using handshake::TrafficSecret;
using record::ContentType;

/// What all checks share.
struct Check {
  const Case& c;
  const crypto::SuiteFacts& suite;
  crypto::Provider provider;

  [[nodiscard]] const crypto::HashImpl& hash() const { return provider.hash(suite.hash); }
  void same(std::string_view name, Bytes computed) const { trace13::expect_same(name, c.bytes(name), computed); }
};

/// The binder of the one PSK, and what goes with early data.
handshake::EarlySecret check_early_secrets(const Check& t) {
  if (!trace13::is_resumed(t.c)) return handshake::EarlySecret::without_psk(t.hash());
  auto early = handshake::EarlySecret::from_psk(t.hash(), handshake::Psk(t.c.bytes("psk")));
  const ByteVector hello = t.c.bytes("client_hello");
  const std::size_t binder_size = t.hash().digest_size, binders_size = 3 + binder_size;  // two lengths and a binder
  const crypto::Digest truncated = crypto::hash(t.hash(), Bytes(hello).first(hello.size() - binders_size)),
                       whole = crypto::hash(t.hash(), hello),
                       binder = early.binder(handshake::EarlySecret::Binder::resumption, truncated.bytes());
  trace13::expect_same("binder", Bytes(hello).last(binder_size), binder.bytes());
  const TrafficSecret client = early.client_early(whole.bytes());
  const handshake::ExporterSecret exporter = early.early_exporter(whole.bytes());
  t.same("client_early_traffic_secret", client.expose());
  t.same("early_exporter_secret", exporter.expose());
  return early;
}

void check_key_schedule(const Check& t) {
  const Case& c = t.c;
  handshake::Transcript transcript;
  transcript.choose(t.hash());
  if (c.has("hello_retry_request")) {
    transcript.add(c.bytes("client_hello_1"));
    transcript.replace_by_message_hash();
    transcript.add(c.bytes("hello_retry_request"));
  }
  transcript.add(c.bytes("client_hello"));
  transcript.add(c.bytes("server_hello"));
  auto handshake = check_early_secrets(t).to_handshake(crypto::SharedSecret(c.bytes("shared_secret")));
  const crypto::Digest hello = transcript.hash();
  const TrafficSecret client = handshake.client_handshake(hello.bytes()),
                      server = handshake.server_handshake(hello.bytes());
  t.same("client_handshake_traffic_secret", client.expose());
  t.same("server_handshake_traffic_secret", server.expose());

  auto add = [&](std::string_view name) { transcript.add(c.bytes_or_empty(name)); };
  auto check_finished = [&](std::string_view name, const TrafficSecret& base) {
    const crypto::Digest before = transcript.hash();
    const crypto::Digest mac = handshake::finished_mac(t.hash(), base, before.bytes());
    const ByteVector message = c.bytes(name);
    trace13::expect_same(name, Bytes(message).subspan(4), mac.bytes());
    transcript.add(message);
  };
  for (std::string_view name : {"encrypted_extensions", "certificate_request", "certificate", "certificate_verify"})
    add(name);
  check_finished("finished", server);
  const handshake::MainSecret main = std::move(handshake).to_main();
  const crypto::Digest finished = transcript.hash();
  const TrafficSecret client_application = main.client_application(finished.bytes()),
                      server_application = main.server_application(finished.bytes());
  const handshake::ExporterSecret exporter = main.exporter(finished.bytes());
  t.same("client_application_traffic_secret", client_application.expose());
  t.same("server_application_traffic_secret", server_application.expose());
  t.same("exporter_secret", exporter.expose());
  add("end_of_early_data"), add("client_certificate"), add("client_certificate_verify");
  check_finished("client_finished", client);
  const crypto::Digest all = transcript.hash();
  const handshake::ResumptionSecret resumption = main.resumption(all.bytes());
  t.same("resumption_secret", resumption.expose());
}

/// One protected record of the trace: what is in it and under which secret.
struct ProtectedRecord {
  std::string_view name;
  ContentType type;
  ByteVector content, record;
};

/// Seals and opens records that one secret protects, in their order.
void check_records(const Check& t, std::string_view secret, const std::vector<ProtectedRecord>& records) {
  auto keys = [&] { return record::tls13_protection(t.hash(), t.provider.aead(t.suite.aead), t.c.bytes(secret)); };
  record::Sealer sealer;
  record::Opener opener;
  sealer.install(keys());
  opener.install(keys());
  for (const ProtectedRecord& r : records) {
    Output out;
    if (!sealer.seal_all(r.type, r.content, out)) throw trace13::Difference(std::string(r.name) + " cannot be sealed");
    trace13::expect_same(r.name, r.record, out.bytes());
    ByteVector bytes = r.record;
    const auto frame = opener.frame(bytes);
    if (!frame || frame->missing != 0) throw trace13::Difference(std::string(r.name) + " is not a record");
    const auto opened = opener.open(*frame);
    if (!opened) throw trace13::Difference(std::string(r.name) + ": " + opened.error().message());
    trace13::expect_same(r.name, r.content, opened->content);
    if (opened->type != r.type) throw trace13::Difference(std::string(r.name) + " holds another type");
  }
}

/// A flight, record by record.
std::vector<ByteVector> records_of(const ByteVector& flight) {
  std::vector<ByteVector> records;
  for (Bytes rest = flight; !rest.empty(); rest = rest.subspan(records.back().size())) {
    if (rest.size() < limits::kRecordHeader) throw BadVector("a flight that does not end with a record");
    const std::size_t size = limits::kRecordHeader + (std::size_t{rest[3]} << 8 | rest[4]);
    const Bytes record = rest.first(std::min(size, rest.size()));
    records.emplace_back(record.begin(), record.end());
  }
  return records;
}

void check_all_records(const Check& t) {
  const Case& c = t.c;
  auto messages = [&](std::initializer_list<std::string_view> names) {
    ByteVector all;
    for (std::string_view name : names) {
      const ByteVector one = c.bytes_or_empty(name);
      all.insert(all.end(), one.begin(), one.end());
    }
    return all;
  };
  // What the handshake's keys protect is the last record of its flight.
  auto last_record = [&](const std::string& flight) { return records_of(c.bytes(flight)).back(); };
  if (c.has("early_data"))
    check_records(t, "client_early_traffic_secret",
                  {{"early data", ContentType::application_data, c.bytes("early_data"), last_record("client_flight_1")},
                   {"EndOfEarlyData", ContentType::handshake, c.bytes("end_of_early_data"),
                    records_of(c.bytes("client_flight_2")).front()}});
  const std::string n = c.has("hello_retry_request") ? "2" : "1", m = c.has("hello_retry_request") ? "3" : "2";
  check_records(
      t, "server_handshake_traffic_secret",
      {{"server's flight", ContentType::handshake,
        messages({"encrypted_extensions", "certificate_request", "certificate", "certificate_verify", "finished"}),
        last_record("server_flight_" + n)}});
  check_records(t, "client_handshake_traffic_secret",
                {{"client's flight", ContentType::handshake,
                  messages({"client_certificate", "client_certificate_verify", "client_finished"}),
                  last_record("client_flight_" + m)}});
  for (const std::string side : {"server", "client"}) {
    std::vector<ProtectedRecord> records;
    if (side == "server" && c.has("ticket_record"))
      records.push_back(
          {"ticket_record", ContentType::handshake, c.bytes("new_session_ticket"), c.bytes("ticket_record")});
    if (c.has(side + "_data"))
      records.push_back(
          {"data_record", ContentType::application_data, c.bytes(side + "_data"), c.bytes(side + "_data_record")});
    records.push_back({"alert_record", ContentType::alert, {1, 0}, c.bytes(side + "_alert_record")});
    check_records(t, side + "_application_traffic_secret", records);
  }
}

Outcome check(const Case& c, Context& context) {
  const auto id = cipher_suite_named(c.algorithm);
  const crypto::SuiteFacts* suite = id ? crypto::find_suite(*id) : nullptr;
  if (suite == nullptr) return skipped(c.algorithm + " is not a suite of this library");
  try {
    const Check t{c, *suite, crypto::Provider::best(context.cpu)};
    check_key_schedule(t);
    check_all_records(t);
    trace13::replay_client(c, *id);
    trace13::replay_server(c, *id);
  } catch (const trace13::Difference& difference) {
    return failed(difference.what());
  }
  context.implementations.emplace("client13");
  context.implementations.emplace("server13");
  return passed();
}

}  // namespace

constinit const Kind kTrace13Kind = {"TLS13-TRACE", "whole handshakes, byte for byte, on both sides", check};

}  // namespace tls::vectors
