// Chains of certificates made from choices: a sound chain, changed in a few places. What was changed stands in labels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "factory/chains/choices.h"
#include "factory/der_builder.h"

namespace sallyport::chains {

/// What the standards say of a change, as far as one sentence says it.
enum class Right : std::uint8_t { accept, open /* depends, or implementations may choose */, refuse };

/// A question to a verifier, and what is known of the answer.
struct Chain {
  std::vector<der::Der> roots;
  std::vector<der::Der> intermediates;  ///< as sent, behind the leaf
  der::Der leaf;
  bool is_server = true;            ///< whether a server is judged, or a client
  std::string name;                 ///< the server that is asked for; empty: the name is not judged
  std::int64_t now = 0;             ///< seconds since 1970
  std::vector<std::string> labels;  ///< "NAME", "NAME/VARIANT" or "NAME/VARIANT@root", "@ca", "@leaf"
  Right right = Right::accept;

  /// Whether a label starts with this.
  [[nodiscard]] bool has(std::string_view label) const noexcept;
};

/// A chain that nothing is wrong with.
[[nodiscard]] Chain make_sound_chain(Choices choices);
/// Makes a chain, with none to three mutations. The keys come from a pool that is made once for the program; all else
/// follows from the choices.
[[nodiscard]] Chain make_chain(Choices choices);

/// What a mutation is called, for documents and for runs of a single one.
[[nodiscard]] std::vector<std::string_view> mutation_names();
/// A chain with this one mutation only. Throws std::invalid_argument when there is none of that name.
[[nodiscard]] Chain make_chain_with(std::string_view mutation, Choices choices);

}  // namespace sallyport::chains
