// bench crl: a CRL of a million entries, read, kept and asked; times are processor time.
#include <time.h>

#include <algorithm>
#include <stdexcept>

#include "bench/allocations.h"
#include "bench/measure.h"
#include "factory/certificates.h"
#include "pki/crl_store.h"

namespace sallyport::bench {
namespace {

constexpr std::size_t kEntries = 1'000'000;
constexpr std::size_t kLookups = 1'000'000;
constexpr std::size_t kRuns = 5;
constexpr std::int64_t kTime = 1782864000;  // 2026-07-01

/// Serial numbers that repeat from run to run and look random (SplitMix64): contents octets, of which the first is
/// neither zero nor negative.
void fill_serial(std::uint8_t* out, std::size_t octets, std::uint64_t number) {
  for (std::size_t i = 0; i < octets; i += 8) {
    std::uint64_t z = (number * 3 + i + 1) * 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    z ^= z >> 31;
    for (std::size_t k = 0; k < 8 && i + k < octets; ++k) out[i + k] = static_cast<std::uint8_t>(z >> (8 * k));
  }
  out[0] = static_cast<std::uint8_t>((out[0] & 0x7F) | 0x40);
}

/// A CRL of kEntries entries with serial numbers of so many octets, each with a reason.
der::Der make_crl(std::size_t octets) {
  static const Issued& issuer =
      *new Issued(self_signed(authority("Bench Authority"), Key::generate(KeyType::ecdsa_p256)));
  CrlSpec one{.issuer = &issuer, .this_update = kTime, .next_update = kTime + 86400};
  const der::Der reason =
      der::sequence({der::sequence({der::oid("2.5.29.21"), der::octet_string(der::enumerated(1))})});
  const der::Der model = der::sequence({der::element(0x02, der::Der(octets, 1)), der::time(kTime), reason});
  one.more_entries.reserve(kEntries * model.size());
  for (std::size_t i = 0; i < kEntries; ++i) {
    const std::size_t at = one.more_entries.size();
    one.more_entries.insert(one.more_entries.end(), model.begin(), model.end());
    fill_serial(&one.more_entries[at + 4], octets, i);  // behind two headers of two octets
  }
  return crl(one);
}

Figure figure(const std::string& name, const std::string& unit, std::size_t size, const std::vector<double>& values) {
  // Of times and sizes the least is the best.
  return {.name = name, .unit = unit, .size = size, .best = std::ranges::min(values), .median = median_of(values)};
}

/// Processor time of this thread: others on the machine have no part in it.
double cpu_milliseconds() {
  timespec time{};
  static_cast<void>(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time));
  return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
}

void look_up(const tls::pki::Crl& crl, std::size_t octets, const std::string& name, Figures& out) {
  std::vector<std::uint8_t> serial(octets);
  std::size_t found = 0;
  const double start = cpu_milliseconds();
  for (std::size_t i = 0; i < kLookups; ++i) {
    fill_serial(serial.data(), octets, i * 2);  // every second one is there
    found += crl.find(serial).has_value() ? 1 : 0;
  }
  if (found != kLookups / 2) throw std::runtime_error("an entry was not found");
  out.push_back(figure(name + ", lookup", "ns", 0, {1e6 * (cpu_milliseconds() - start) / kLookups}));
}

void measure_crl(std::size_t octets, Figures& out) {
  const std::string name = "CRL, 1000000 entries of " + std::to_string(octets) + " octets";
  const der::Der der = make_crl(octets);
  const std::string pem = to_pem("X509 CRL", der);
  std::vector<double> milliseconds, megabytes, peaks, of_pem;
  tls::pki::CrlPtr kept;
  for (std::size_t i = 0; i < kRuns; ++i) {
    kept.reset();
    Allocations heap{.weigh = true};
    const Counting counting(heap);
    const double start = cpu_milliseconds();
    auto crl = tls::pki::Crl::parse(der);
    milliseconds.push_back(cpu_milliseconds() - start);
    if (!crl) throw std::runtime_error(crl.error().message());
    kept = std::move(*crl);
    megabytes.push_back(static_cast<double>(heap.live) / 1e6);
    peaks.push_back(static_cast<double>(heap.peak) / 1e6);
  }
  for (std::size_t i = 0; i < kRuns; ++i) {
    tls::CrlSet::Builder builder;
    const double start = cpu_milliseconds();
    const auto added = builder.add(pem);
    of_pem.push_back(cpu_milliseconds() - start);
    if (!added) throw std::runtime_error(added.error().message());
  }
  out.push_back(figure(name + ", read from DER", "ms", der.size(), milliseconds));
  out.push_back(figure(name + ", read from PEM", "ms", pem.size(), of_pem));
  out.push_back(figure(name + ", kept", "MB", 0, megabytes));
  out.push_back(figure(name + ", at most while it is read", "MB", 0, peaks));
  look_up(*kept, octets, name, out);
}

}  // namespace

Figures bench_crl(const Options&) {
  Figures out;
  for (const std::size_t octets : {16u, 20u}) measure_crl(octets, out);
  return out;
}

}  // namespace sallyport::bench
