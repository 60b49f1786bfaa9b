// What the runner knows: formats that read files into cases, and kinds that check cases. Both are rows, so that a new
// format (a handshake trace) or a new kind of case is one function and one line.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/cpu.h"
#include "vectors/case.h"

namespace tls::vectors {

/// What became of one case.
struct Outcome {
  enum class Verdict : std::uint8_t { passed, failed, skipped } verdict;
  std::string words;  ///< why, unless it passed
};
[[nodiscard]] inline Outcome passed() { return {Outcome::Verdict::passed, {}}; }
[[nodiscard]] inline Outcome failed(std::string why) { return {Outcome::Verdict::failed, std::move(why)}; }
[[nodiscard]] inline Outcome skipped(std::string why) { return {Outcome::Verdict::skipped, std::move(why)}; }

/// What a check is run with.
struct Context {
  crypto::Cpu cpu;                          ///< decides which implementations can run
  std::set<std::string> implementations{};  ///< filled by the checks: what was really run
};

/// Checks cases of one kind, with every implementation that the CPU can run.
struct Kind {
  std::string_view name;    ///< as in Case::kind
  std::string_view checks;  ///< in words, for --list
  Outcome (*check)(const Case&, Context&);
};

/// A file in memory.
struct File {
  std::string path;  ///< as it was named or found
  std::string text;
};
using Emit = std::function<void(Case)>;

/// Reads files of one format.
struct Format {
  std::string_view name;
  bool (*accepts)(const File&);
  /// Calls `emit` for every case, in the file's order; throws BadVector.
  void (*read)(const File&, const Emit& emit);
};

struct Registry {
  std::vector<Format> formats;  ///< the first that accepts a file reads it
  std::vector<Kind> kinds;

  [[nodiscard]] const Format* format_of(const File& file) const;
  [[nodiscard]] const Kind* kind_named(std::string_view name) const;
};
/// All formats and kinds of this folder. Others are added with push_back.
[[nodiscard]] Registry standard_registry();

// The rows of the standard registry, each from the file of its name.
extern const Kind kAeadKind, kHashKind, kHashMonteKind, kHmacKind, kHkdfKind, kExtractKind, kExpandKind,
    kExpandLabelKind, kPrf12Kind, kGroupKind, kVerifyKind, kSignKind, kTrace13Kind, kChainKind;
extern const Format kPlainFormat, kWycheproofFormat, kEvpKdfFormat, kSignInputFormat, kNistFormat, kLimboFormat;

}  // namespace tls::vectors
