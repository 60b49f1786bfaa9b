#include "cli/check/finding.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cli/words.h"

namespace sallyport::cli::check {
namespace {

constexpr Kind kKinds[] = {
#define SALLYPORT_FINDING(id, severity, status, meaning) {#id, Severity::severity, status, meaning},
#include "cli/check/kinds.inc"
#undef SALLYPORT_FINDING
};

constexpr char32_t kNone = 0xFFFFFFFF;

/// The character at the beginning of `text`, and removes it; kNone for a byte that begins none.
char32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  char32_t value = size == 1 ? first : first & (0xFFu >> (size + 1));
  bool good = first < 0x80 || (first >= 0xC2 && first <= 0xF4);
  for (std::size_t i = 1; good && i < size; ++i) {
    good = i < text.size() && (byte(i) & 0xC0) == 0x80;
    if (good) value = value << 6 | (byte(i) & 0x3F);
  }
  constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  good = good && value >= kLeast[size] && value <= 0x10FFFF && !(value >= 0xD800 && value <= 0xDFFF);
  text.remove_prefix(good ? size : 1);
  return good ? value : kNone;
}

/// C0, DEL, C1, and what turns the direction of writing or ends a line (Unicode's Bidi_Control, U+2028, U+2029).
bool may_be_shown(char32_t c) {
  if (c == kNone || c < 0x20 || (c >= 0x7F && c <= 0x9F)) return false;
  return c != 0x061C && c != 0x200E && c != 0x200F && !(c >= 0x2028 && c <= 0x202E) && !(c >= 0x2066 && c <= 0x2069);
}

/// Something was not looked at, and nobody knows what would have been found.
bool tells_of_a_gap(Id id) {
  constexpr Id kGaps[] = {Id::file_unreadable, Id::file_malformed,   Id::file_unknown, Id::key_locked,
                          Id::unreachable,     Id::handshake_failed, Id::incomplete};
  return std::ranges::find(kGaps, id) != std::end(kGaps);
}

}  // namespace

std::string_view name_of(Severity severity) noexcept {
  constexpr std::string_view kNames[] = {"ok", "note", "warning", "error"};
  return kNames[static_cast<std::size_t>(severity)];
}

std::span<const Kind> all_kinds() noexcept { return kKinds; }
const Kind& kind_of(Id id) noexcept { return kKinds[static_cast<std::size_t>(id)]; }

std::string shown(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t character = take_character(text);
    const std::size_t taken = before.size() - text.size();
    if (out.size() + taken > kMaxWords) return out + "...";
    if (may_be_shown(character))
      out += before.substr(0, taken);
    else
      out += '?';
  }
  return out;
}

void Findings::add(Id id, std::string_view subject, std::string_view words, std::string_view advice) {
  if (!wanted(id)) {
    if (unwanted_.size() < kMaxFindings) unwanted_.emplace_back(id, shown(subject));
  } else if (list_.size() == kMaxFindings) {
    left_out_ = std::max({left_out_, kind_of(id).severity, Severity::note});
  } else {
    list_.push_back({id, shown(subject), shown(words), shown(advice)});
  }
}

bool Findings::wanted(Id id) const noexcept {
  const auto in = [id](const std::vector<Id>& ids) { return std::ranges::find(ids, id) != ids.end(); };
  return (only_.empty() || in(only_) || tells_of_a_gap(id)) && !in(skip_);
}

bool Findings::has(Id id, std::string_view subject) const {
  const std::string name = shown(subject);
  return std::ranges::any_of(list_, [&](const Finding& one) { return one.id == id && one.subject == name; }) ||
         std::ranges::find(unwanted_, std::pair(id, name)) != unwanted_.end();
}

bool Findings::has(Id id) const noexcept {
  return std::ranges::find(list_, id, &Finding::id) != list_.end() ||
         std::ranges::find(unwanted_, id, &std::pair<Id, std::string>::first) != unwanted_.end();
}

Id id_named(const std::string& option, const std::string& name) {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < std::size(kKinds); ++i) {
    if (kKinds[i].id == name) return static_cast<Id>(i);
    known.emplace_back(kKinds[i].id);
  }
  const std::string_view meant = nearest(name, known);
  throw Failure(kUsage, option + ": there is no finding '" + shown(name) + "'" +
                            (meant.empty() ? "" : ", did you mean " + std::string(meant) + "?") +
                            " `sallyport check --list` names all");
}

}  // namespace sallyport::cli::check
