#include "factory/chains/chain.h"

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>

#include "factory/chains/draft.h"
#include "factory/chains/names.h"

namespace sallyport::chains {
namespace {

using namespace der;

constexpr std::size_t kPoolSize = 12;  // keys of the usual type: no two certificates of a short chain share one

Der subtrees(const std::vector<Der>& list) {
  Der out;
  for (const Der& subtree : list) out.insert(out.end(), subtree.begin(), subtree.end());
  return out;
}

Der general_names(const std::vector<Der>& names) { return element(0x30, subtrees(names)); }

void build(Draft& draft, std::size_t index, Choices& choices) {
  Node& node = draft.nodes[index];
  const Node& issuer = draft.nodes[node.issuer];
  Der serial(16);
  for (std::uint8_t& octet : serial) octet = static_cast<std::uint8_t>(choices.below(256));
  serial[0] = static_cast<std::uint8_t>((serial[0] & 0x3F) | 0x40);
  CertificateFields fields = fields_of(node.spec, *node.key, issuer.subject, *issuer.key, integer(serial));
  fields.subject = node.subject;
  if (!node.san.empty()) fields.set("2.5.29.17", false, general_names(node.san));
  if (!node.permitted.empty() || !node.excluded.empty()) {
    Der constraints;
    if (!node.permitted.empty()) constraints = explicitly(0, subtrees(node.permitted));
    if (!node.excluded.empty()) constraints = concat({constraints, explicitly(1, subtrees(node.excluded))});
    fields.set("2.5.29.30", node.constraints_critical, element(0x30, constraints));
  }
  for (const auto& change : node.edits) change(fields);
  node.subject = fields.subject;
  Der tbs = fields.tbs();
  for (const auto& change : node.tbs_edits) change(tbs);
  node.certificate =
      sealed(tbs, fields.outer_algorithm, *issuer.key, node.spec.hash, node.spec.pss, node.spec.pss_salt);
  for (const auto& change : node.late_edits) change(node.certificate);
}

KeyPtr choose_key(std::size_t number, Choices& choices) {
  if (!choices.chance(8)) return pooled_key(KeyType::ecdsa_p256, number);
  return pooled_key(choices.pick({KeyType::rsa_2048, KeyType::rsa_2048, KeyType::ecdsa_p384, KeyType::ed25519}),
                    number);
}

/// A chain that everybody accepts.
Draft sound(Choices& choices) {
  Draft draft;
  if (choices.chance(20)) draft.name.clear();
  const std::size_t authorities =
      1 + (choices.chance(3) ? 4 + choices.below(5) : choices.pick({1u, 1u, 1u, 1u, 1u, 0u, 2u, 2u, 3u}));
  for (std::size_t i = 0; i < authorities; ++i) {
    const std::string called = i == 0 ? "Root" : "CA " + std::to_string(i);
    Node node{.spec = authority(called), .key = choose_key(i, choices), .issuer = i == 0 ? 0 : i - 1};
    node.subject = usual_name(called);
    draft.nodes.push_back(std::move(node));
    if (i != 0) draft.sent.insert(draft.sent.begin(), i);
  }
  draft.roots = {0};
  draft.leaf = authorities;
  Node leaf{.spec = draft.is_client() ? client_leaf("leaf") : server_leaf("leaf", {}),
            .key = choose_key(authorities, choices),
            .issuer = authorities - 1};
  leaf.subject = usual_name("leaf");
  leaf.san = {general::dns(kHost)};
  if (choices.chance(20)) leaf.san.push_back(general::dns("*.apps.corp.example"));
  if (choices.chance(20)) leaf.san.push_back(general::address({192, 0, 2, 7}));
  draft.nodes.push_back(std::move(leaf));
  return draft;
}

/// What a change is about: what stands in front of the variant and the place. All that changes names is about one
/// thing, and so is all that changes keys and what is signed with them: a later key takes an earlier one's place.
std::string_view subject_of(const std::string& label) {
  const std::string_view family = std::string_view(label).substr(0, label.find_first_of("/@"));
  if (family == "asked" || family == "has") return "san";
  for (const std::string_view one : {"algorithm", "hash", "pss", "pss-authority", "spki"})
    if (family == one) return "key";
  return family;
}

/// What was changed more than once says nothing alone, nor do copies of certificates that were changed later. Version 1
/// takes all extensions away, with whatever was wrong in them.
Right right_of(const Draft& draft) {
  Right right = Right::accept;
  // RFC 5280 §6.1.4 (l): those do not count, and so the path may be short enough after all.
  const bool self_issued =
      std::ranges::any_of(draft.notes, [](const auto& note) { return note.label == "self-issued"; });
  const bool bare =
      std::ranges::any_of(draft.notes, [](const auto& note) { return note.label.starts_with("version/1@"); });
  for (const Draft::Note& note : draft.notes) {
    Right one = note.right;
    if (std::ranges::count(draft.notes, subject_of(note.label),
                           [](const Draft::Note& n) { return subject_of(n.label); }) > 1)
      one = Right::open;
    if (bare && draft.notes.size() > 1 && one == Right::refuse) one = Right::open;
    if (note.label.starts_with("path-length/") && self_issued && one == Right::refuse) one = Right::open;
    const bool avoidable = draft.leaf_is_anchor || (draft.alternatives && !note.on_leaf);
    if (avoidable && one == Right::refuse) one = Right::open;
    right = std::max(right, one);
  }
  return draft.alternatives && draft.notes.size() > 1 ? std::max(right, Right::open) : right;
}

Chain finish(Draft draft, Choices& choices) {
  for (std::size_t i = 0; i < draft.nodes.size(); ++i) build(draft, i, choices);
  Chain chain;
  for (std::size_t i : draft.roots) chain.roots.push_back(draft.nodes[i].certificate);
  for (std::size_t i : draft.sent) chain.intermediates.push_back(draft.nodes[i].certificate);
  chain.intermediates.insert(chain.intermediates.end(), draft.raw_sent.begin(), draft.raw_sent.end());
  chain.leaf = draft.nodes[draft.leaf].certificate;
  chain.is_server = !draft.is_client();
  chain.name = draft.name;
  chain.now = draft.now;
  chain.right = right_of(draft);
  for (Draft::Note& note : draft.notes) chain.labels.push_back(std::move(note.label));
  return chain;
}

/// All mutations, each as often as its weight says.
const std::vector<const Mutation*>& urn() {
  static const auto& all = *new auto([] {
    std::vector<const Mutation*> out;
    for (const auto list : {field_mutations(), extension_mutations(), name_mutations(), constraint_mutations(),
                            encoding_mutations(), message_mutations()})
      for (const Mutation& mutation : list) out.insert(out.end(), mutation.weight, &mutation);
    return out;
  }());
  return all;
}

}  // namespace

bool Chain::has(std::string_view label) const noexcept {
  return std::ranges::any_of(labels, [&](const std::string& one) { return one.starts_with(label); });
}

KeyPtr pooled_key(KeyType type, std::size_t number) {
  // Never destroyed: Botan's pool of locked memory goes before the statics of a program that used it late.
  static auto& pool = *new std::map<std::pair<KeyType, std::size_t>, KeyPtr>;
  const std::size_t of_type = type == KeyType::ecdsa_p256 ? kPoolSize : 2;
  auto& key = pool[{type, number % of_type}];
  if (!key) key = Key::generate(type);
  return key;
}

Place choose_place(Draft& draft, Choices& choices, Where where) {
  const std::size_t leaf = draft.leaf;
  switch (where) {
    case Where::leaf:
      return {draft, leaf};
    case Where::authority:
      return {draft, choices.chance(25) ? 0 : choices.below(leaf)};
    case Where::intermediate:
      return {draft, leaf == 1 ? 0 : 1 + choices.below(leaf - 1)};
    case Where::below_root:
      return {draft, choices.chance(50) ? leaf : 1 + choices.below(leaf)};
    case Where::anywhere:
      break;
  }
  return {draft, choices.chance(40) ? leaf : choices.below(leaf + 1)};
}

Chain make_sound_chain(Choices choices) { return finish(sound(choices), choices); }

Chain make_chain(Choices choices) {
  Draft draft = sound(choices);
  const std::size_t changes = choices.pick({1u, 1u, 1u, 1u, 1u, 1u, 2u, 2u, 3u, 0u});
  for (std::size_t i = 0; i < changes; ++i) urn()[choices.below(urn().size())]->apply(draft, choices);
  return finish(std::move(draft), choices);
}

std::vector<std::string_view> mutation_names() {
  std::vector<std::string_view> names;
  for (const Mutation* mutation : urn())
    if (names.empty() || names.back() != mutation->name) names.push_back(mutation->name);
  return names;
}

Chain make_chain_with(std::string_view mutation, Choices choices) {
  const auto row = std::ranges::find(urn(), mutation, &Mutation::name);
  if (row == urn().end()) throw std::invalid_argument("there is no mutation \"" + std::string(mutation) + "\"");
  Draft draft = sound(choices);
  (*row)->apply(draft, choices);
  return finish(std::move(draft), choices);
}

}  // namespace sallyport::chains
