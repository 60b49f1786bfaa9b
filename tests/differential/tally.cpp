#include "differential/tally.h"

#include <algorithm>
#include <fstream>

#include "pki/pem.h"

namespace tls::differential {
namespace {

namespace fs = std::filesystem;

const char* word(const Opinion& opinion) {
  return opinion.accepts() ? "accepts" : opinion.refuses() ? "refuses" : "has no verdict";
}

/// Roots and chain as files that openssl verify and `sallyport verify` read, and what everybody said.
void write_files(const fs::path& folder, const Chain& chain, const std::string& words) {
  fs::create_directories(folder);
  std::ofstream roots(folder / "roots.pem"), sent(folder / "chain.pem"), text(folder / "case.txt");
  for (const auto& der : chain.roots) roots << pki::to_pem("CERTIFICATE", der);
  sent << pki::to_pem("CERTIFICATE", chain.leaf);
  for (const auto& der : chain.intermediates) sent << pki::to_pem("CERTIFICATE", der);
  text << words;
}

std::string describe(const std::string& id, const Chain& chain, const Opinions& opinions) {
  std::string out = "  " + id + "\n  " + (chain.is_server ? "server '" + chain.name + "'" : std::string("client")) +
                    " at " + std::to_string(chain.now) + "; changes:";
  for (const std::string& label : chain.labels) out += " " + label;
  out += chain.right == sallyport::chains::Right::accept   ? "\n  by the standards: accept\n"
         : chain.right == sallyport::chains::Right::refuse ? "\n  by the standards: refuse\n"
                                                           : "\n";
  out += std::string("  Sallyport ") + word(opinions.ours) + ": " + opinions.ours.reason + '\n';
  for (const auto& [name, opinion] : opinions.others)
    out += "  " + name + ' ' + word(opinion) + (opinion.reason.empty() ? "" : ": " + opinion.reason) + '\n';
  return out;
}

}  // namespace

void Tally::show(const std::string& what, const std::string& id, const Chain& chain, const Opinions& opinions) const {
  out_ << what << '\n' << describe(id, chain, opinions);
}

void Tally::fail(const std::string& what, const std::string& id, const Chain& chain, const Opinions& opinions) {
  ++failures_;
  const fs::path folder = folder_ / std::to_string(failures_);
  write_files(folder, chain, what + '\n' + describe(id, chain, opinions));
  show("FAILED: " + what + " (" + folder.string() + ")", id, chain, opinions);
}

void Tally::add(const std::string& id, const Chain& chain, const Opinions& opinions, bool all) {
  using sallyport::chains::Right;
  ++chains_;
  if (opinions.ours.accepts()) ++accepted_;
  const Opinion &openssl = opinions.of(kOpenssl), &go = opinions.of(kGo), &botan = opinions.of(kBotan);
  ++verdicts_[std::string("Sallyport ") + word(opinions.ours) + ", OpenSSL " + word(openssl) + ", Go " + word(go)];
  for (const auto& [name, opinion] : opinions.others)
    if (opinion.verdict == Opinion::Verdict::none) {
      ++no_verdict_[name];
      show(name + " has no verdict", id, chain, opinions);
    }
  if (botan.verdict != Opinion::Verdict::none && botan.verdict != opinions.ours.verdict)
    ++botan_[std::string("Sallyport ") + word(opinions.ours) + ", Botan " + word(botan)];
  if (opinions.our_time > slowest_time_) slowest_time_ = opinions.our_time, slowest_ = id;

  if (opinions.ours.verdict == Opinion::Verdict::none) return fail("Sallyport has no verdict", id, chain, opinions);
  const Kind kind = disagreement(opinions);
  const std::vector<const Row*> argued = rows_for(kind, chain, opinions);
  for (const Row* row : argued) ++argued_[row];
  if (kind != Kind::none && argued.empty()) {
    return fail(kind == Kind::we_accept ? "accepted, and OpenSSL and Go refuse" : "refused, and OpenSSL and Go accept",
                id, chain, opinions);
  }
  if (kind == Kind::none && chain.right == Right::refuse && opinions.ours.accepts()) {
    return fail("accepted, and the standards refuse", id, chain, opinions);
  }
  if (kind == Kind::none && chain.right == Right::accept && opinions.ours.refuses()) {
    return fail("refused, and the standards accept", id, chain, opinions);
  }
  if (all && openssl.verdict != go.verdict) show("OpenSSL and Go disagree", id, chain, opinions);
}

bool Tally::finish() const {
  out_ << chains_ << " chains, " << accepted_ << " of them accepted\n";
  for (const auto& [words, count] : verdicts_) out_ << "  " << count << ": " << words << '\n';
  for (const auto& [words, count] : botan_) out_ << "  " << count << ": " << words << '\n';
  for (const Row& row : rows())
    if (const auto at = argued_.find(&row); at != argued_.end())
      out_ << "  " << at->second << ": argued (" << row.what << ")\n";
  for (const auto& [name, count] : no_verdict_) out_ << "  " << count << ": no verdict of " << name << '\n';
  out_ << "the slowest verdict of ours took " << slowest_time_.count() << " us (" << slowest_ << ")\n";
  out_ << (failures_ == 0 ? "no disagreement without a reason\n" : std::to_string(failures_) + " failed\n");
  return failures_ == 0;
}

}  // namespace tls::differential
