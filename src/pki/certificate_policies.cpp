#include "pki/certificate_policies.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/limits.h"
#include "crypto/der.h"
#include "pki/oids.h"

namespace tls::pki {
namespace {

/// Policies by the contents octets of their OIDs.
class PolicySet {
 public:
  [[nodiscard]] bool contains(Bytes policy) const {
    return std::ranges::any_of(policies_, [&](Bytes one) { return std::ranges::equal(one, policy); });
  }
  void add(Bytes policy) {
    if (!contains(policy)) policies_.push_back(policy);
  }
  [[nodiscard]] bool empty() const noexcept { return policies_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return policies_.size(); }
  [[nodiscard]] auto begin() const noexcept { return policies_.begin(); }
  [[nodiscard]] auto end() const noexcept { return policies_.end(); }

 private:
  std::vector<Bytes> policies_;
};

Bytes policy_of(Bytes information) { return crypto::DerReader(information).take(crypto::der::kOid).value; }

struct Mapping {
  Bytes from, to;
};
Mapping mapping_of(Bytes contents) {
  crypto::DerReader fields(contents);
  Mapping mapping;
  mapping.from = fields.take(crypto::der::kOid).value;
  mapping.to = fields.take(crypto::der::kOid).value;
  return mapping;
}

/// The state variables of §6.1.2. Of the valid_policy_tree it keeps what the next certificate can see of it: the
/// expected policies of the nodes at the current depth, and whether one of these is anyPolicy. Which policy of the leaf
/// comes of which of the root's is asked by nobody who accepts any policy.
class PolicyState {
 public:
  explicit PolicyState(std::size_t certificates)
      : explicit_policy_(certificates + 1), inhibit_any_(certificates + 1), inhibit_mapping_(certificates + 1) {}

  /// §6.1.3 (d) to (f). False: no policy is valid though one is demanded.
  [[nodiscard]] bool certificate(const Policies& policies, bool self_issued_intermediate) {
    next_level(policies, inhibit_any_ > 0 || self_issued_intermediate);
    return explicit_policy_ > 0 || any_is_valid();
  }

  /// §6.1.4 (b), (h) to (j): prepares for the next certificate.
  void prepare(const Policies& policies, bool self_issued) {
    map(policies);
    if (!self_issued)
      for (std::size_t* counter : {&explicit_policy_, &inhibit_any_, &inhibit_mapping_})
        if (*counter > 0) --*counter;
    const auto bound = [](std::size_t& counter, const std::optional<std::uint32_t>& by) {
      if (by) counter = std::min<std::size_t>(counter, *by);
    };
    bound(explicit_policy_, policies.require_explicit);
    bound(inhibit_mapping_, policies.inhibit_mapping);
    bound(inhibit_any_, policies.inhibit_any);
  }

  /// §6.1.5 (a), (b), (g).
  [[nodiscard]] bool wrap_up(const Policies& leaf) {
    if (explicit_policy_ > 0) --explicit_policy_;
    if (leaf.require_explicit && *leaf.require_explicit == 0) explicit_policy_ = 0;
    return explicit_policy_ > 0 || any_is_valid();
  }

  [[nodiscard]] std::size_t size() const noexcept { return expected_.size(); }

 private:
  [[nodiscard]] bool any_is_valid() const noexcept { return any_policy_ || !expected_.empty(); }

  void next_level(const Policies& policies, bool any_policy_counts) {
    PolicySet next;
    bool lists_any = false;
    for (const Bytes information : policies.listed) {
      const Bytes policy = policy_of(information);
      if (oid::is(policy, oid::kAnyPolicy))
        lists_any = any_policy_counts;
      else if (any_policy_ || expected_.contains(policy))
        next.add(policy);
    }
    if (lists_any)
      for (const Bytes policy : expected_) next.add(policy);
    any_policy_ = any_policy_ && lists_any;
    expected_ = std::move(next);
  }

  void map(const Policies& policies) {
    if (policies.mappings.empty()) return;
    PolicySet mapped, next;
    for (const Bytes contents : policies.mappings) {
      const Mapping mapping = mapping_of(contents);
      mapped.add(mapping.from);
      if (inhibit_mapping_ > 0 && (any_policy_ || expected_.contains(mapping.from))) next.add(mapping.to);
    }
    for (const Bytes policy : expected_)
      if (!mapped.contains(policy)) next.add(policy);
    expected_ = std::move(next);
  }

  PolicySet expected_;
  bool any_policy_ = true;
  std::size_t explicit_policy_, inhibit_any_, inhibit_mapping_;
};

std::unexpected<Error> no_policy(const Certificate& certificate) {
  return fail(
      Code::no_valid_policy,
      "an explicit certificate policy is demanded (policyConstraints), and none is valid for the path down to '" +
          display_name(certificate.subject) + "' (RFC 5280 §6.1)");
}

}  // namespace

Result<void> check_policies(std::span<const Certificate* const> path) {
  if (path.empty()) return {};
  const auto below = path.first(path.size() - 1);
  if (std::ranges::none_of(below, [](const Certificate* one) { return one->policies.require_explicit.has_value(); }))
    return {};
  PolicyState state(below.size());
  for (std::size_t i = below.size(); i-- > 0;) {
    const Certificate& certificate = *below[i];
    const bool self_issued = certificate.self_issued();
    if (!state.certificate(certificate.policies, self_issued && i != 0)) return no_policy(certificate);
    if (i != 0) state.prepare(certificate.policies, self_issued);
    if (state.size() > limits::kMaxPolicies)
      return fail(Code::certificate_too_complex,
                  "more than " + std::to_string(limits::kMaxPolicies) + " certificate policies are valid for the path");
  }
  if (!below.empty() && !state.wrap_up(below.front()->policies)) return no_policy(*below.front());
  return {};
}

}  // namespace tls::pki
