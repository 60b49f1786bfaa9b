#include "fuzz/chains_targets.h"

#include <algorithm>
#include <string>

#include "factory/chains/chain.h"
#include "pki/pem.h"
#include "tls/verifier.h"

namespace tls::fuzz {
namespace {

using sallyport::chains::Chain;
using sallyport::chains::Choices;

std::string lower(Bytes text) {
  std::string out(as_text(text));
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return out;
}

/// Whether the leaf holds the octets of the name, or of the wildcard above it. An address is not looked for.
bool holds_name(const Chain& chain) {
  std::string name = lower(as_bytes(chain.name));
  if (name.find_first_not_of("0123456789.:abcdef") == std::string::npos) return true;
  if (name.ends_with('.')) name.pop_back();
  const std::string leaf = lower(chain.leaf);
  const std::size_t dot = name.find('.');
  return leaf.find(name) != std::string::npos ||
         (dot != std::string::npos && leaf.find("*" + name.substr(dot)) != std::string::npos);
}

std::string labels(const Chain& chain) {
  std::string out;
  for (const std::string& label : chain.labels) out += " " + label;
  return out;
}

}  // namespace

void generated_chain(Bytes input) {
  const Chain chain = sallyport::chains::make_chain(Choices(input));
  std::string roots;
  for (const auto& root : chain.roots) roots += pki::to_pem("CERTIFICATE", root);
  const auto verifier = trust_pem(roots);
  if (!verifier) return require(!verifier.error().detail().empty(), "roots that are refused without a word");
  ChainToVerify question;
  question.peer_is_server = chain.is_server;
  question.staples = StaplePolicy::ignore;
  question.server_name = chain.name;
  std::vector<std::vector<std::uint8_t>> sent = {chain.leaf};
  sent.insert(sent.end(), chain.intermediates.begin(), chain.intermediates.end());
  question.chain = sent;
  question.now = std::chrono::seconds(chain.now);
  const auto verdict = (*verifier)->verify(question);
  require(verdict.has_value(), "a verdict that is put off");
  const auto again = (*verifier)->verify(question);  // from its memory, where it was accepted
  const auto anew = (*with_memory(*verifier, VerificationMemory::off()))->verify(question);
  for (const auto* other : {&again, &anew}) {
    const Result<ChainAccepted>& told = **other;
    require(told.has_value() == verdict->has_value(), "a verdict that depends on a memory:" + labels(chain));
    require(!told || told->not_after == (*verdict)->not_after, "an end that depends on a memory");
    require(told.has_value() || told.error().detail() == verdict->error().detail(), "words that depend on a memory");
  }
  if (!*verdict) {
    require(!verdict->error().detail().empty(), "a refusal without a detail");
    return require(verdict->error().alert().has_value(), "a refusal without an alert");
  }
  require(chain.right != sallyport::chains::Right::refuse, "accepted:" + labels(chain));
  require(!chain.is_server || holds_name(chain), "accepted for a name that the leaf does not hold:" + labels(chain));
}

}  // namespace tls::fuzz
