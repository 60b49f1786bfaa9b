// A chain, the question about it, and a memory: for what is asked of a memory of verifications.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/limits.h"
#include "crl_scene.h"
#include "pki/crl_store.h"
#include "pki/judge.h"
#include "tls/verification_memory.h"

namespace tls::test {

/// All of a verdict, in words.
inline std::string in_words(const Result<pki::Accepted>& verdict) {
  if (!verdict) return std::string(facts(verdict.error().code()).name) + ": " + verdict.error().detail();
  std::string words = "accepted until " + std::to_string(verdict->until.count());
  if (const auto& s = verdict->staple)
    words += " staple " + std::to_string(s->produced_at) + " " + std::to_string(s->this_update) + " " +
             std::to_string(s->next_update.value_or(-1)) + " " + std::to_string(s->until) + " " +
             std::to_string(s->unchecked_responder);
  if (const auto& c = verdict->crl)
    words += " crl " + std::to_string(c->this_update) + " " + std::to_string(c->next_update);
  return words;
}

struct Scene : CrlScene {
  pki::VerificationStore store{limits::kDefaultVerificationMemory};
  pki::Anchors anchors = anchors_of(root);
  std::vector<Der> sent = {subject.certificate, intermediate.certificate};

  static pki::Anchors anchors_of(const sallyport::Issued& one) {
    pki::Anchors made;
    REQUIRE(made.add(one.certificate, pki::AnchorKind::roots));
    return made;
  }
  [[nodiscard]] static pki::Question question(std::int64_t now = kNow) {
    return {.name = "a.example", .now = std::chrono::seconds(now), .leaf_key_checked = true};
  }
  /// The verdict with the memory, which has to be the one without.
  std::string ask(const pki::Anchors& by, const std::vector<Der>& chain, pki::Question asked) {
    const auto parsed = pki::PeerChain::parse(chain);
    if (!parsed) return std::string(facts(parsed.error().code()).name);
    asked.memory = nullptr;
    const std::string without = in_words(pki::judge(by, **parsed, asked));
    asked.memory = &store;
    const std::string with = in_words(pki::judge(by, **parsed, asked));
    CHECK(with == without);
    return with;
  }
  std::string ask(const pki::Question& asked) { return ask(anchors, sent, asked); }
  [[nodiscard]] std::uint64_t known() const { return store.chains().hits; }
  /// Whether the question is answered from the memory.
  bool knows(const pki::Anchors& by, const std::vector<Der>& chain, const pki::Question& asked) {
    const std::uint64_t before = known();
    ask(by, chain, asked);
    return known() != before;
  }
  bool knows(const pki::Question& asked) { return knows(anchors, sent, asked); }

  [[nodiscard]] Der staple(const sallyport::Issued& of, std::int64_t from = kNow - kHour,
                           std::int64_t until = kNow + kHour,
                           sallyport::OcspStatus status = sallyport::OcspStatus::good) const {
    return ocsp_response(&of == &intermediate ? root : intermediate, &of == &intermediate ? root : intermediate, of,
                         status, from, until);
  }
};

inline bool begins(const std::string& text, std::string_view with) {
  if (text.starts_with(with)) return true;
  MESSAGE(text);
  return false;
}

}  // namespace tls::test
