// Changes of the chain as a whole: what is sent, in which order, who signed whom, what is trusted.
#include <algorithm>

#include "factory/chains/draft.h"
#include "factory/chains/names.h"

namespace sallyport::chains {
namespace {

using namespace der;

void order(Draft& draft, Choices& choices) {
  switch (choices.below(6)) {
    case 0:
      std::ranges::reverse(draft.sent);
      return draft.note("sent/reversed", Right::accept);
    case 1:
      for (std::size_t i = draft.sent.size(); i-- > 0;) draft.sent.push_back(draft.sent[i]);
      return draft.note("sent/twice", Right::open);  // a certificate list has its limit
    case 2:
      draft.sent.push_back(0);
      return draft.note("sent/with-root", Right::accept);
    case 3: {
      if (draft.sent.empty()) return;
      draft.sent.erase(draft.sent.begin() + choices.below(draft.sent.size()));
      return draft.note("sent/one-is-missing", Right::refuse);
    }
    case 4:
      draft.sent.push_back(draft.leaf);
      return draft.note("sent/leaf-again", Right::accept);
    default: {
      draft.raw_sent.push_back(choices.pick({Der{}, Der{0x30, 0x00}, Der{1, 2, 3}, Der(200, 0x30)}));
      return draft.note("sent/with-garbage", Right::open);
    }
  }
}

/// A copy of an authority that is not on the path: another key, another name, or expired.
void strangers(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::intermediate);
  Node copy = at.node();
  const unsigned variant = choices.below(4);
  const char* label = "";
  switch (variant) {
    case 0:
      copy.key = pooled_key(KeyType::ecdsa_p256, 9);
      label = "another-key";
      break;
    case 1:
      copy.spec.not_after = kNow - 100;
      label = "expired";
      break;
    case 2:
      copy.issuer = draft.nodes.size();  // self-signed under the same name
      label = "self-signed";
      break;
    default:
      copy.subject = usual_name("Stranger");
      label = "another-name";
      break;
  }
  draft.nodes.push_back(std::move(copy));
  const std::size_t added = draft.nodes.size() - 1;
  if (choices.chance(70))
    draft.sent.insert(draft.sent.begin(), added);
  else
    draft.sent.push_back(added);
  draft.alternatives = true;
  draft.note(std::string("stranger/") + label, Right::accept);
}

/// Another root that signs the same authority: either is enough.
void cross_signed(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::intermediate);
  if (at.is_root()) return;
  Node root{.spec = authority("Other Root"), .key = pooled_key(KeyType::ecdsa_p256, 10), .issuer = draft.nodes.size()};
  root.subject = usual_name("Other Root");
  draft.nodes.push_back(root);
  Node cross = at.node();
  cross.issuer = draft.nodes.size() - 1;
  draft.nodes.push_back(std::move(cross));
  const std::size_t added = draft.nodes.size() - 1;
  const unsigned trust = choices.below(3);
  if (trust == 1) draft.roots.push_back(added - 1);
  if (trust == 2) draft.roots = {added - 1};
  draft.sent.insert(choices.chance(50) ? draft.sent.begin() : draft.sent.end(), added);
  draft.alternatives = true;
  draft.note(trust == 0   ? "cross/unknown-root"
             : trust == 1 ? "cross/both-roots"
                          : "cross/other-root-only",
             Right::accept);
}

/// Authorities that all sign each other: a path exists, among very many that lead nowhere.
void mesh(Draft& draft, Choices& choices) {
  if (draft.sent.empty()) return;
  const std::size_t size = choices.pick({3u, 5u, 7u});
  std::vector<std::size_t> first;
  const std::size_t above = draft.nodes[draft.leaf].issuer;
  for (std::size_t i = 0; i < size; ++i) {
    Node node{.spec = authority("Mesh " + std::to_string(i)),
              .key = pooled_key(KeyType::ecdsa_p256, i),
              .issuer = draft.nodes.size()};
    node.subject = usual_name("Mesh " + std::to_string(i));
    first.push_back(draft.nodes.size());
    draft.nodes.push_back(std::move(node));
  }
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j < size; ++j) {
      if (i == j) continue;
      Node node = draft.nodes[first[j]];
      node.issuer = first[i];
      draft.sent.push_back(draft.nodes.size());
      draft.nodes.push_back(std::move(node));
    }
  // The leaf's issuer is in it as well.
  Node link = draft.nodes[above];
  link.issuer = first[0];
  const bool before = choices.chance(50);
  draft.sent.insert(before ? draft.sent.begin() : draft.sent.end(), draft.nodes.size());
  draft.nodes.push_back(std::move(link));
  draft.alternatives = true;
  draft.note("mesh/" + std::to_string(size), Right::open);
}

void self_issued(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::intermediate);
  // The same name, a new key, certified by the old one: a roll-over. It does not count for path lengths.
  Node next = at.node();
  next.key = pooled_key(KeyType::ecdsa_p256, 11);
  next.issuer = at.index;
  const std::size_t added = draft.nodes.size();
  if (choices.chance(30)) at.node().spec.path_length = static_cast<std::uint32_t>(draft.leaf - at.index - 1);
  const std::size_t below = at.index + 1;
  if (below > draft.leaf) return;
  // What stood below it is issued by the new key: it must be built behind it.
  std::vector<std::size_t> moved(draft.nodes.size());
  std::vector<Node> nodes(draft.nodes.begin(), draft.nodes.begin() + static_cast<std::ptrdiff_t>(below));
  for (std::size_t i = 0; i < below; ++i) moved[i] = i;
  nodes.push_back(std::move(next));
  for (std::size_t i = below; i < added; ++i) {
    moved[i] = nodes.size();
    nodes.push_back(draft.nodes[i]);
  }
  for (std::size_t i = below + 1; i < nodes.size(); ++i)
    nodes[i].issuer = nodes[i].issuer == at.index ? below : moved[nodes[i].issuer];
  for (std::size_t& i : draft.sent) i = moved[i];
  for (std::size_t& i : draft.roots) i = moved[i];
  draft.leaf = moved[draft.leaf];
  draft.nodes = std::move(nodes);
  draft.sent.push_back(below);
  draft.note("self-issued", Right::open);  // constraints and lengths above and below it are others' matter
}

void bad_signature(Draft& draft, Choices& choices) {
  const Place at = choose_place(draft, choices, Where::anywhere);
  at.node().late_edits.emplace_back([](Der& whole) { ++whole.back(); });
  at.note("bad-signature", Right::refuse);
}

void untrusted(Draft& draft, Choices& choices) {
  Node other{.spec = authority("Root"), .key = pooled_key(KeyType::ecdsa_p256, 8), .issuer = draft.nodes.size()};
  const bool same_name = choices.chance(50);
  other.subject = usual_name(same_name ? "Root" : "Unrelated");
  draft.nodes.push_back(std::move(other));
  const bool beside = choices.chance(40);
  if (!beside) draft.roots.clear();
  draft.roots.insert(draft.roots.begin(), draft.nodes.size() - 1);
  draft.note(beside      ? "roots/another-beside"
             : same_name ? "roots/another-key"
                         : "roots/another",
             beside ? Right::accept : Right::refuse);
}

void anchors(Draft& draft, Choices& choices) {
  draft.alternatives = true;  // what is wrong above the anchor is not on the path
  switch (choices.below(3)) {
    case 0:
      draft.roots = {draft.nodes[draft.leaf].issuer};
      return draft.note(draft.roots[0] == 0 ? "anchor/root" : "anchor/intermediate", Right::open);
    case 1:
      draft.roots = {draft.leaf};
      draft.leaf_is_anchor = true;
      return draft.note("anchor/leaf", Right::open);
    default:
      draft.nodes[draft.leaf].issuer = draft.leaf;
      draft.roots = {draft.leaf};
      draft.leaf_is_anchor = true;
      return draft.note("anchor/self-signed-leaf", Right::open);
  }
}

void length(Draft& draft, Choices& choices) {
  // As many authorities as it takes for a path of 9 to 13 certificates.
  const std::size_t more = 9 + choices.below(5) - std::min<std::size_t>(9, draft.leaf + 1);
  std::size_t last = draft.nodes[draft.leaf].issuer;
  for (std::size_t i = 0; i < more; ++i) {
    Node node{.spec = authority("More"), .key = pooled_key(KeyType::ecdsa_p256, i), .issuer = last};
    node.subject = usual_name("More " + std::to_string(i));
    last = draft.nodes.size();
    draft.sent.insert(draft.sent.begin(), last);
    draft.nodes.push_back(std::move(node));
  }
  // The leaf is built behind its new issuer.
  draft.nodes.push_back(draft.nodes[draft.leaf]);
  draft.nodes.back().issuer = last;
  draft.leaf = draft.nodes.size() - 1;
  draft.note("long-path");
}

constexpr Mutation kMutations[] = {
    {"order", 6, order},         {"stranger", 6, strangers},      {"cross", 5, cross_signed},
    {"mesh", 1, mesh},           {"self-issued", 4, self_issued}, {"bad-signature", 5, bad_signature},
    {"untrusted", 3, untrusted}, {"anchor", 3, anchors},          {"long-path", 1, length}};

}  // namespace

std::span<const Mutation> message_mutations() { return kMutations; }

}  // namespace sallyport::chains
