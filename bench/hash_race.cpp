// SHA-256 and SHA-384, ours and theirs, checked against each other before they are timed.
#include <stdexcept>
#include <vector>

#include "bench/library.h"
#include "bench/output.h"
#include "crypto/provider.h"

namespace sallyport::race {
namespace {

void race_size(const Options& options, HashId id, const char* name, std::size_t size) {
  struct Entry {
    std::string impl, kernel;
    std::unique_ptr<Hasher> hasher;
    std::vector<std::uint8_t> digest;
  };
  const tls::crypto::HashImpl& ours = tls::crypto::Provider::best().hash(id);
  const std::vector<std::uint8_t> message(size, 'x');
  std::vector<Entry> entries;
  const auto add = [&](std::string impl, std::string kernel, std::unique_ptr<Hasher> hasher) {
    if (!hasher) return;
    entries.push_back(
        {std::move(impl), std::move(kernel), std::move(hasher), std::vector<std::uint8_t>(ours.digest_size)});
    entries.back().hasher->digest(message, entries.back().digest, 1);
    if (entries.back().digest != entries.front().digest)
      throw std::runtime_error(entries.back().impl + " has another digest");
  };
  add("sallyport", std::string(ours.name), our_hash(ours));
  for (const Library* library : peers())
    if (library->hash != nullptr && options.wants(library->name)) add(library->name, {}, library->hash(id));

  progress(std::string(name) + ", " + std::to_string(size) + " bytes");
  std::vector<Contestant> contestants;
  for (Entry& e : entries)
    contestants.push_back({e.impl, e.kernel, [&](std::size_t count) { e.hasher->digest(message, e.digest, count); }});
  const auto timings = race(contestants, options.seconds, options.clock);
  for (std::size_t i = 0; i < timings.size(); ++i)
    print_rate(options, name, entries[i].impl, entries[i].kernel, size, timings[i]);
}

}  // namespace

void race_hashes(const Options& options) {
  const std::vector<std::size_t> usual = {16, 64, 512, 1350, 16384};
  for (const std::size_t size : options.sizes.empty() ? usual : options.sizes)
    race_size(options, HashId::sha256, "SHA-256", size);
  for (const std::size_t size : options.sizes.empty() ? usual : options.sizes)
    race_size(options, HashId::sha384, "SHA-384", size);
}

}  // namespace sallyport::race
