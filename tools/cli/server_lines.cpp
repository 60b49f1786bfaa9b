#include "cli/server_lines.h"

#include <nlohmann/json.hpp>

#include "cli/explain.h"
#include "cli/facts.h"
#include "cli/times.h"

namespace sallyport::cli {

std::string prefix_of(const Visitor& visitor) {
  return rfc3339(visitor.seconds) + " " + (visitor.address.empty() ? "unknown" : visitor.address) + " ";
}

std::string line_of(const Visitor& visitor, const tls::ConnectionInfo& info, const Traffic& traffic) {
  return prefix_of(visitor) + facts_line(info, traffic);
}

std::string failure_of(const Visitor& visitor, const tls::Error& error, const TlsOptions& options,
                       const tls::ConnectionInfo& info) {
  return "sallyport server: " + prefix_of(visitor) + explain(error, options, Side::server, info);
}

nlohmann::ordered_json json_of(const tls::ReplayCounts& counts) {
  return {{"fresh", counts.fresh}, {"replayed", counts.seen}, {"late", counts.late}, {"unknown", counts.unavailable}};
}

nlohmann::ordered_json json_of(const Visitor& visitor, const tls::ConnectionInfo& info, const Traffic& traffic,
                               const tls::Error* failure, const std::optional<tls::ReplayCounts>& guard) {
  nlohmann::ordered_json out;
  out["time"] = rfc3339(visitor.seconds);
  out["peer"] = visitor.address.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(visitor.address);
  if (traffic.ms != 0) out.update(facts(info, traffic));  // the handshake was done
  if (failure != nullptr) {
    out["error"] = tls::facts(failure->code()).name;
    const auto alert = failure->peer_alert() ? failure->peer_alert() : failure->alert();
    out["alert"] = alert ? nlohmann::ordered_json(tls::name(*alert)) : nlohmann::ordered_json(nullptr);
  }
  if (guard) out["replay_guard"] = json_of(*guard);
  return out;
}

std::string line_of(const tls::ReplayCounts& counts) {
  return "replay guard: " + std::to_string(counts.fresh) + " fresh, " + std::to_string(counts.seen) + " replayed, " +
         std::to_string(counts.late) + " too late, " + std::to_string(counts.unavailable) + " unknown";
}

}  // namespace sallyport::cli
