#include "cli/check/lookup.h"

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "tls/adapters/socket.h"

namespace sallyport::cli::check {
namespace {

using Addresses = tls::Result<std::vector<std::string>>;

/// What both threads hold.
struct Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Addresses> answer;
};

Addresses ask(const Lookup& lookup, const std::string& host, const std::string& port) {
  try {
    return lookup ? lookup(host, port) : tls::resolve(host, port, false);
  } catch (const std::exception& e) {
    return tls::fail(tls::Code::transport_failed, e.what());
  }
}

}  // namespace

Addresses look_up(const std::string& host, const std::string& port, std::chrono::milliseconds limit,
                  const Lookup& lookup) {
  const auto shared = std::make_shared<Shared>();
  std::thread([shared, lookup, host, port] {
    auto answer = ask(lookup, host, port);
    const std::scoped_lock lock(shared->mutex);
    shared->answer = std::move(answer);
    shared->changed.notify_one();
  }).detach();
  std::unique_lock lock(shared->mutex);
  if (!shared->changed.wait_for(lock, limit, [&] { return shared->answer.has_value(); }))
    return tls::fail(tls::Code::timed_out,
                     "the addresses of '" + host + "' were not found in time: the resolver does not answer");
  return std::move(*shared->answer);
}

}  // namespace sallyport::cli::check
