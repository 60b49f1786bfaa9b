// What `sallyport check` found: values that a report prints and a script reads.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/command.h"

namespace sallyport::cli::check {

/// How bad it is: `ok` tells what was looked at and is as it should be; a note is worth knowing and no fault.
enum class Severity : std::uint8_t { ok, note, warning, error };
[[nodiscard]] std::string_view name_of(Severity severity) noexcept;

/// One for each row of kinds.inc.
enum class Id : std::uint8_t {
#define SALLYPORT_FINDING(id, severity, status, meaning) id,
#include "cli/check/kinds.inc"
#undef SALLYPORT_FINDING
};

struct Kind {
  std::string_view id;
  Severity severity;
  Exit status;  ///< of the program, where it is an error
  std::string_view meaning;
};
[[nodiscard]] std::span<const Kind> all_kinds() noexcept;
[[nodiscard]] const Kind& kind_of(Id id) noexcept;

struct Finding {
  Id id{};
  std::string subject;  ///< the file or host that it is about
  std::string words;    ///< a sentence
  std::string advice;   ///< what to do; empty: nothing is to be done
};

/// How many are kept, and how many bytes of each sentence: certificates of others decide what there is to find.
inline constexpr std::size_t kMaxFindings = 1000;
inline constexpr std::size_t kMaxWords = 2000;

/// Text that goes to a terminal and into JSON: valid UTF-8 without control characters and without those that change
/// the direction of writing; what is neither is a '?'. At most kMaxWords bytes, then "...".
[[nodiscard]] std::string shown(std::string_view text);

/// Collects findings, in order. Their texts are shown().
class Findings {
 public:
  Findings() = default;
  /// Those of `only`, or all if it is empty, without those of `skip`; the others take nobody's place. What says that
  /// something was not looked at is wanted beside any `only`: silence about `expired` would mean nothing then.
  Findings(std::vector<Id> only, std::vector<Id> skip) : only_(std::move(only)), skip_(std::move(skip)) {}

  void add(Id id, std::string_view subject, std::string_view words, std::string_view advice = {});
  /// Whether this was found about the subject already, also where it is not among those that are wanted.
  [[nodiscard]] bool has(Id id, std::string_view subject) const;
  [[nodiscard]] bool has(Id id) const noexcept;  ///< about any subject
  [[nodiscard]] const std::vector<Finding>& list() const noexcept { return list_; }
  /// Of those beyond kMaxFindings, which were left out, the worst; ok: there were none.
  [[nodiscard]] Severity left_out() const noexcept { return left_out_; }

 private:
  [[nodiscard]] bool wanted(Id id) const noexcept;

  std::vector<Id> only_, skip_;
  std::vector<std::pair<Id, std::string>> unwanted_;  ///< at most kMaxFindings, with their subjects
  std::vector<Finding> list_;
  Severity left_out_ = Severity::ok;
};

/// The Id of a name. Failure(kUsage) with the name that was probably meant.
[[nodiscard]] Id id_named(const std::string& option, const std::string& name);

}  // namespace sallyport::cli::check
