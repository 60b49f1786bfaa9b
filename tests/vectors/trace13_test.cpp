// The handshake traces: each value counts. One bit changed in any of them, and the replay fails. (A bit that x25519
// does not ignore: the lowest three of a scalar it does.)
#include <fstream>
#include <iterator>

#include "vectors/support.h"

using namespace tls;
using namespace tls::vectors;

namespace {

constexpr std::string_view kValues[] = {"client_draws",
                                        "server_draws",
                                        "client_hello_1",
                                        "hello_retry_request",
                                        "cookie",
                                        "psk",
                                        "ticket",
                                        "ticket_age_add",
                                        "client_hello",
                                        "server_hello",
                                        "encrypted_extensions",
                                        "certificate_request",
                                        "certificate",
                                        "certificate_verify",
                                        "finished",
                                        "client_certificate",
                                        "client_certificate_verify",
                                        "end_of_early_data",
                                        "client_finished",
                                        "new_session_ticket",
                                        "client_early_traffic_secret",
                                        "early_exporter_secret",
                                        "shared_secret",
                                        "client_handshake_traffic_secret",
                                        "server_handshake_traffic_secret",
                                        "client_application_traffic_secret",
                                        "server_application_traffic_secret",
                                        "exporter_secret",
                                        "resumption_secret",
                                        "early_data",
                                        "client_flight_1",
                                        "server_flight_1",
                                        "client_flight_2",
                                        "server_flight_2",
                                        "client_flight_3",
                                        "ticket_record",
                                        "client_data",
                                        "client_data_record",
                                        "server_data",
                                        "server_data_record",
                                        "client_alert_record",
                                        "server_alert_record",
                                        "server_name",
                                        "server_private_key"};

}  // namespace

TEST_CASE("every value of every trace is checked: a bit of its first and of its last byte") {
  std::size_t traces = 0;
  for (const std::string& path : files_of(test::project_vectors())) {
    std::ifstream in(path, std::ios::binary);
    const File file{path, {std::istreambuf_iterator<char>(in), {}}};
    for (const Case& c : test::cases_of(file)) {
      if (c.kind != "TLS13-TRACE") continue;
      ++traces;
      REQUIRE(test::check(c).verdict == Outcome::Verdict::passed);
      for (std::string_view name : kValues) {
        if (!c.has(name)) continue;
        for (const bool front : {true, false}) {
          CAPTURE(path);
          CAPTURE(name);
          ByteVector value = c.bytes(name);
          (front ? value.front() : value.back()) ^= 8;
          Case changed = c;
          changed.set(name, hex(value));
          CHECK(test::check(changed).verdict == Outcome::Verdict::failed);
        }
      }
    }
  }
  CHECK(traces == 5);
}

TEST_CASE("the age of a ticket counts") {
  const std::string path = test::project_vectors() + "/rfc8448_trace_resumed_0rtt.txt";
  std::ifstream in(path, std::ios::binary);
  const File file{path, {std::istreambuf_iterator<char>(in), {}}};
  const std::vector<Case> cases = test::cases_of(file);
  REQUIRE(cases.size() == 1);
  Case changed = cases.front();
  REQUIRE(changed.number("ticket_age") == 6);
  changed.set("ticket_age", "7");
  CHECK(test::check(changed).verdict == Outcome::Verdict::failed);
}
