// A chain that is still being made up: mutations work on this.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "factory/chains/chain.h"
#include "factory/fields.h"

namespace sallyport::chains {

inline constexpr const char* kHost = "www.corp.example";  ///< what the leaf is for, and what is asked for
inline constexpr std::int64_t kNow = 1782864000;          ///< 2026-07-01T00:00:00Z

/// A key of the pool: made when first asked for.
[[nodiscard]] KeyPtr pooled_key(KeyType type, std::size_t number);

/// One certificate to be.
struct Node {
  CertificateSpec spec;
  KeyPtr key;
  std::size_t issuer = 0;                               ///< index of the node that signs; its own: self-signed
  der::Der subject = {};                                ///< Name
  std::vector<der::Der> san = {};                       ///< GeneralNames; none: no subjectAltName
  std::vector<der::Der> permitted = {}, excluded = {};  ///< GeneralSubtrees; none: no nameConstraints
  bool constraints_critical = true;
  std::vector<std::function<void(CertificateFields&)>> edits = {};  ///< before it is signed
  std::vector<std::function<void(der::Der&)>> tbs_edits = {};       ///< likewise, on the encoded TBSCertificate
  std::vector<std::function<void(der::Der&)>> late_edits = {};      ///< after it is signed

  void edit(std::function<void(CertificateFields&)> change) { edits.push_back(std::move(change)); }

  der::Der certificate = {};  ///< when it is built
};

struct Draft {
  std::vector<Node> nodes;         ///< 0 is the root; then down to the leaf; then whatever a mutation adds
  std::size_t leaf = 0;            ///< index
  std::vector<std::size_t> roots;  ///< indexes of what is trusted
  std::vector<std::size_t> sent;   ///< indexes, behind the leaf
  std::vector<der::Der> raw_sent;  ///< behind those
  std::string name = kHost;
  std::int64_t now = kNow;
  bool leaf_is_anchor = false;  ///< nothing but its name and key counts
  bool alternatives = false;    ///< there may be another path around what was changed

  struct Note {
    std::string label;
    Right right;
    bool on_leaf;
  };
  std::vector<Note> notes;

  void note(std::string label, Right right = Right::open, bool on_leaf = false) {
    notes.push_back({std::move(label), right, on_leaf});
  }
  [[nodiscard]] bool is_client() const noexcept { return name.empty(); }
};

/// A place in the chain, chosen among those that `where` allows.
enum class Where : std::uint8_t {
  anywhere,
  below_root,
  authority,
  intermediate /* or the root, if there is none */,
  leaf
};
struct Place {
  Draft& draft;
  std::size_t index;

  [[nodiscard]] Node& node() const { return draft.nodes[index]; }
  [[nodiscard]] bool is_root() const { return index == 0; }
  [[nodiscard]] bool is_leaf() const { return index == draft.leaf; }
  /// Notes the label with the place behind it. A refusal that is due to the root is open: a trust anchor is a name and
  /// a key (RFC 5280 §6.1.1 (d)), and whoever checks more may.
  void note(std::string label, Right right = Right::open) const {
    draft.note(std::move(label) + (is_root()   ? "@root"
                                   : is_leaf() ? "@leaf"
                                               : "@ca"),
               is_root() && right == Right::refuse ? Right::open : right, is_leaf());
  }
};
[[nodiscard]] Place choose_place(Draft& draft, Choices& choices, Where where);

/// One kind of change; it chooses the variant and notes what it did.
struct Mutation {
  std::string_view name;
  unsigned weight;
  void (*apply)(Draft&, Choices&);
};
[[nodiscard]] std::span<const Mutation> field_mutations();
[[nodiscard]] std::span<const Mutation> extension_mutations();
[[nodiscard]] std::span<const Mutation> name_mutations();
[[nodiscard]] std::span<const Mutation> constraint_mutations();
[[nodiscard]] std::span<const Mutation> encoding_mutations();
[[nodiscard]] std::span<const Mutation> message_mutations();

}  // namespace sallyport::chains
