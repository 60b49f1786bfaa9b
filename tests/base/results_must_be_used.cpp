// Each line ignores what a public function returns: tests/base/results_must_be_used.sh sees that each is an
// error as it is, and that all compile when `(void)` says so.
#include "tls/adapters/poll_loop.h"
#include "tls/adapters/socket_stream.h"
#include "tls/tls.h"

#if defined(ON_PURPOSE)
#define IGNORED (void)
#else
#define IGNORED
#endif

void ignore(tls::Connection& connection, tls::Output& out, tls::ServerConfig::Builder& builder, tls::TicketKeys& keys,
            tls::RotatingTicketKeys& rotating, const tls::ChainVerifier& verifier, const tls::SigningKey& key,
            tls::Random& random, tls::ReplayGuard& guard, tls::SocketStream& stream, tls::PollLoop& loop,
            tls::Link& link) {
  (void)connection, (void)out, (void)builder, (void)keys, (void)rotating, (void)verifier, (void)key, (void)random,
      (void)guard, (void)stream, (void)loop, (void)link;
  IGNORED connection.close(out);
  IGNORED connection.complete({}, {}, out);
  IGNORED builder.build();
  IGNORED keys.rotate({}, 1);
  IGNORED rotating.replace_master({}, tls::OldTickets::refused);
  IGNORED verifier.verify({});
  IGNORED key.sign({}, {}, random);
  IGNORED guard.claim({}, {});
  IGNORED tls::trust_system();
  IGNORED stream.write({});
  IGNORED loop.run();
  IGNORED link.complete({}, {});
}
