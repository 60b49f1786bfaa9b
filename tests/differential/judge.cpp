#include "differential/judge.h"

#include <unistd.h>

#include <algorithm>

#include "pki/pem.h"
#include "support/time_scale.h"
#include "tls/verifier.h"

namespace tls::differential {
namespace {

using sallyport::der::Der;

struct Program {
  const char* name;
  const char* file;
  const char* argument;
  const char* needs;
};
constexpr Program kPrograms[] = {
    {kOpenssl, "differential_openssl", nullptr, "the headers of libcrypto 3 (libssl-dev)"},
    {kStrict, "differential_openssl", "--strict", "likewise"},
    {kGo, "differential_go", nullptr, "go 1.26 or newer"},
    {kBotan, "differential_botan", nullptr, "Botan with its X.509 modules"},
};
constexpr std::chrono::seconds kPatience{20};  // for one chain
constexpr std::chrono::seconds kBotanPatience{
    2};  // its search for a path and some of its decoders are quadratic or worse

constexpr const char* kNobody = "no-such-name.invalid";

std::string base64(const Der& bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < have ? bytes[i + j] : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += j <= have ? digits[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

std::string list(const std::vector<Der>& certificates) {
  std::string out;
  for (const Der& der : certificates)
    if (!der.empty()) out += (out.empty() ? "" : ",") + base64(der);
  return out.empty() ? "-" : out;
}

std::string said(const Error& error, std::string_view about) {
  return std::string(about) + std::string(facts(error.code()).name) + ": " + error.detail();
}

}  // namespace

const Opinion& Opinions::of(const std::string& peer) const {
  static const Opinion nobody{Opinion::Verdict::none, "not asked"};
  const auto at = others.find(peer);
  return at == others.end() ? nobody : at->second;
}

Opinion our_opinion(const Chain& chain) {
  std::string roots;
  for (const Der& der : chain.roots) roots += pki::to_pem("CERTIFICATE", der);
  const auto trusted = trust_pem(roots);
  if (!trusted) return {Opinion::Verdict::refuses, said(trusted.error(), "roots: ")};
  const auto verifier = with_memory(*trusted, VerificationMemory::off());  // what is compared is the judge
  ChainToVerify question;
  question.peer_is_server = chain.is_server;
  question.staples = StaplePolicy::ignore;  // the others are not told of any
  const bool any_name = chain.is_server && chain.name.empty();
  question.server_name = any_name ? kNobody : chain.name;
  std::vector<Der> sent = {chain.leaf};
  sent.insert(sent.end(), chain.intermediates.begin(), chain.intermediates.end());
  question.chain = sent;
  question.now = std::chrono::seconds(chain.now);
  const auto answer = (*verifier)->verify(question);
  if (!answer) return {Opinion::Verdict::none, "the verdict is put off"};
  // The name is judged last: who objects to it has accepted the path.
  if (!*answer && any_name && answer->error().code() == Code::name_mismatch) return {Opinion::Verdict::accepts};
  if (!*answer) return {Opinion::Verdict::refuses, said(answer->error(), "")};
  return {Opinion::Verdict::accepts};
}

std::string question_of(const Chain& chain) {
  const std::string leaf = base64(chain.leaf);
  return std::to_string(chain.now) + (chain.is_server ? " server:" + chain.name : " client") + ' ' + list(chain.roots) +
         ' ' + list(chain.intermediates) + ' ' + (leaf.empty() ? "AA==" : leaf) + '\n';
}

Judges::Judges(const std::string& folder, std::string& said) {
  for (const Program& program : kPrograms) {
    const std::string path = folder + '/' + program.file;
    if (access(path.c_str(), X_OK) != 0) {
      said +=
          std::string("skipped: ") + program.name + ", whose program is not built (it needs " + program.needs + ")\n";
      continue;
    }
    std::vector<std::string> command = {path};
    if (program.argument != nullptr) command.emplace_back(program.argument);
    peers_.push_back(
        std::make_unique<Peer>(program.name, std::move(command),
                               test::scaled(program.name == std::string_view(kBotan) ? kBotanPatience : kPatience)));
    said += std::string("compares with ") + peers_.back()->version() + '\n';
  }
}

Opinions Judges::ask(const Chain& chain) {
  Opinions out;
  const std::string question = question_of(chain);
  for (const auto& peer : peers_) peer->ask(question);
  const auto start = std::chrono::steady_clock::now();
  out.ours = our_opinion(chain);
  out.our_time = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  for (const auto& peer : peers_) out.others[peer->name()] = peer->answer();
  return out;
}

bool Judges::can_compare() const {
  const auto has = [&](const char* name) {
    return std::ranges::any_of(peers_, [&](const auto& peer) { return peer->name() == name; });
  };
  return has(kOpenssl) && has(kGo);
}

}  // namespace tls::differential
