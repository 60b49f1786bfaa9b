// CHAIN: roots and chain (PEM, leaf first), name (of a server; a client has none) and time (milliseconds since 1970;
// absent: now). Valid chains are accepted and invalid ones refused, roots that cannot be used among them.
#include <chrono>

#include "pki/pem.h"
#include "tls/verifier.h"
#include "vectors/registry.h"

namespace tls::vectors {
namespace {

ChainToVerify question_of(const Case& c) {
  auto blocks = pki::parse_pem(c.text("chain"));
  if (!blocks) throw BadVector(blocks.error().message());
  std::vector<std::vector<std::uint8_t>> sent;
  for (pki::PemBlock& block : *blocks) sent.push_back(std::move(block.der));
  ChainToVerify question;
  question.peer_is_server = c.algorithm == "server";
  question.staples = StaplePolicy::ignore;  // a case is about a chain
  if (question.peer_is_server) question.server_name = c.text("name");
  question.chain = sent;
  question.now =
      c.has("time")
          ? std::chrono::milliseconds(std::stoll(c.text("time")))
          : std::chrono::duration_cast<Clock::Milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  return question;
}

Outcome check(const Case& c, Context& context) {
  context.implementations.emplace("sallyport");
  const auto answered = [&](bool accepted, const std::string& why) {
    if (accepted) return c.expect == Expect::invalid ? failed("a chain that is to be refused is accepted") : passed();
    return c.expect == Expect::valid ? failed("a chain that is to be accepted is refused: " + why) : passed();
  };
  const auto verifier = trust_pem(c.text("roots"));
  if (!verifier) return answered(false, verifier.error().message());
  const auto answer = (*verifier)->verify(question_of(c));
  if (!answer) return failed("the verdict is put off");
  return answered(answer->has_value(), *answer ? "" : answer->error().message());
}

}  // namespace

constinit const Kind kChainKind = {"CHAIN", "valid chains are accepted and invalid ones refused", check};

}  // namespace tls::vectors
