// bench rtt: what the ways of beginning cost in round trips, over links of several lengths.
#include <stdexcept>

#include "bench/link.h"
#include "bench/resume.h"

namespace sallyport::bench {
namespace {

constexpr double kLengths[] = {0, 20, 100, 300};  // ms there and back

void add(Figures& out, const Options& options, const Way& way) {
  const Setup setup(KeyType::ecdsa_p256, way.suite, options.kernel, way.adjust);
  if (way.resumed != tls::Resumption::none) (void)over_link(setup, 0);  // leaves a session behind
  for (const double rtt : kLengths) {
    const Arrival arrival = over_link(setup, rtt);
    if (arrival.resumed != way.resumed) throw std::runtime_error("not resumed as it should be: " + way.name);
    Figure figure{
        .name = way.name, .kernel = {}, .unit = "ms", .best = arrival.response_ms, .median = arrival.response_ms};
    figure.rtt_ms = rtt, figure.request_ms = arrival.request_ms, figure.response_ms = arrival.response_ms;
    out.push_back(figure);
  }
}

}  // namespace

Figures bench_rtt(const Options& options) {
  Figures out;
  for (const Way& way : full_ways()) add(out, options, way);
  for (const Way& way : resumed_ways()) add(out, options, way);
  return out;
}

}  // namespace sallyport::bench
