#include "redis_memory.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace tls::redis {
namespace {

template <class Number>
bool number(std::string_view text, Number& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view next_word(std::string_view& text) {
  const std::size_t at = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return word;
}

/// The value of "name:" in INFO's text.
std::string_view value_of(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    const std::size_t end = std::min(info.find("\r\n"), info.size());
    const std::string_view line = info.substr(0, end);
    info.remove_prefix(std::min(end + 2, info.size()));
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':')
      return line.substr(name.size() + 1);
  }
  return {};
}

bool is_list(const Reply& reply, std::size_t size) {
  return reply.kind == Reply::Kind::list && reply.list.size() == size;
}

/// Whether the store's clock was set since `before`. Where it was watched any step counts, either way. After a gap the
/// clocks may have drifted apart, which is no reason to end everybody's epoch: the quarantine that this server goes
/// through covers what it did not see, and is longer by as much as the clock is behind. One that is further behind than
/// clocks drift was set back. One that is ahead is beyond the expiry of all that was claimed.
bool clock_was_set(const Memory& before, std::int64_t offset, Milliseconds gap, bool watched) {
  const std::int64_t ahead = offset - before.offset;
  if (watched) return std::llabs(ahead) > kStep.count();
  return -ahead > std::min(kStep.count() + gap.count() / kDrift, kMostDrift.count());
}

Judgement useless(std::string why) {
  Judgement j;
  j.why = std::move(why);
  return j;
}

}  // namespace

std::string Sentinel::text() const {
  std::array<char, 16> hex;
  char* const end = std::to_chars(hex.data(), hex.data() + hex.size(), epoch, 16).ptr;
  return std::string(hex.data(), static_cast<std::size_t>(end - hex.data())) + " " + std::to_string(began) + " " +
         run_id + " " + master_replid;
}

std::optional<Sentinel> Sentinel::parse(std::string_view text) {
  Sentinel s;
  if (!number(next_word(text), s.epoch, 16) || !number(next_word(text), s.began)) return std::nullopt;
  s.run_id = next_word(text);
  s.master_replid = next_word(text);
  if (s.run_id.empty() || s.master_replid.empty() || !text.empty()) return std::nullopt;
  return s;
}

Facts facts_of(std::string_view info) {
  return {.master = value_of(info, "role") == "master",
          .never_evicts = value_of(info, "maxmemory_policy") == "noeviction",
          .run_id = std::string(value_of(info, "run_id")),
          .master_replid = std::string(value_of(info, "master_replid"))};
}

std::optional<std::int64_t> time_of(const Reply& reply) {
  std::int64_t seconds = 0, micros = 0;
  if (!is_list(reply, 2) || !number(reply.list[0].text, seconds) || !number(reply.list[1].text, micros))
    return std::nullopt;
  constexpr std::int64_t kSane = 1'000'000'000'000;
  if (seconds < 0 || seconds > kSane || micros < 0 || micros >= 1'000'000) return std::nullopt;
  return seconds * 1000 + micros / 1000;
}

std::vector<Command> look(const std::string& sentinel_key) {
  return {{"MULTI"}, {"INFO"}, {"GET", sentinel_key}, {"TIME"}, {"EXEC"}};
}

std::vector<Command> claim(const std::string& sentinel_key, const std::string& key, Milliseconds ttl) {
  return {{"MULTI"},
          {"INFO", "replication"},
          {"GET", sentinel_key},
          {"TIME"},
          {"SET", key, "1", "NX", "PX", std::to_string(ttl.count())},
          {"EXEC"}};
}

std::int64_t Memory::store_time(Time at) const {
  return std::chrono::duration_cast<Milliseconds>(at.time_since_epoch()).count() + offset;
}

Judgement judge(const Reply& reply, Time asked, Time answered, const std::optional<Memory>& before, Milliseconds window,
                std::uint64_t fresh_epoch) {
  if (reply.kind == Reply::Kind::none) return useless("it does not answer in time");
  if (!is_list(reply, 3)) return useless("it refuses to tell what it is: " + reply.text);
  const Facts facts = facts_of(reply.list[0].text);
  const auto time = time_of(reply.list[2]);
  if (facts.run_id.empty() || facts.master_replid.empty() || !time) return useless("it answers something else");
  if (!facts.master) return useless("it is a replica: what it remembers may be old");
  if (!facts.never_evicts)
    return useless("it may forget tokens when its memory is full; set maxmemory-policy to noeviction");

  const Time middle = asked + (answered - asked) / 2;
  const std::int64_t offset = *time - std::chrono::duration_cast<Milliseconds>(middle.time_since_epoch()).count();
  const Milliseconds gap = before ? std::chrono::ceil<Milliseconds>(middle - before->seen) : Milliseconds(0);
  const bool watched_on = before && !before->interrupted && gap <= kStale;
  const bool stepped =
      before && before->sentinel.run_id == facts.run_id && clock_was_set(*before, offset, gap, watched_on);
  const std::optional<Sentinel> found = Sentinel::parse(reply.list[1].text);

  Judgement j;
  const bool fits = found && found->run_id == facts.run_id && found->master_replid == facts.master_replid &&
                    found->began <= *time + kStep.count();
  if (stepped || !fits) {
    j.kind = Judgement::Kind::renew;
    j.absent = reply.list[1].kind == Reply::Kind::nil;
    j.sentinel = {fresh_epoch, *time, facts.run_id, facts.master_replid};
    j.why = stepped    ? "its clock was set"
            : j.absent ? "it has no memory of early data, as a new or restarted server"
                       : "its memory is another one";
    return j;
  }
  const Milliseconds pause = quarantine(window);
  const bool unbroken = watched_on && before->sentinel.epoch == found->epoch;
  // What seems drift may be a clock that was set back: the watch begins when the store's clock is where it was
  // expected, so that the quarantine ends behind all that was claimed before. Another gap meanwhile does not shorten
  // it.
  Time watched = middle;
  if (unbroken)
    watched = before->watched;
  else if (before)
    watched = std::max(before->watched, middle) + Milliseconds(std::max<std::int64_t>(before->offset - offset, 0));
  const bool settled = *time >= found->began + pause.count() && middle - watched >= pause;
  j.kind = Judgement::Kind::known;
  j.memory = {*found, offset, middle, watched, settled};
  return j;
}

Verdict verdict(const Reply& reply, const Memory& memory, std::int64_t expiry, Time at) {
  if (!is_list(reply, 4)) return Verdict::unavailable;
  const Facts facts = facts_of(reply.list[0].text);
  const auto time = time_of(reply.list[2]);
  const bool same_memory = facts.master && facts.master_replid == memory.sentinel.master_replid &&
                           reply.list[1].text == memory.sentinel.text();
  if (!same_memory || !time || *time > expiry) return Verdict::unavailable;
  if (std::llabs(*time - memory.store_time(at)) > kStep.count()) return Verdict::unavailable;
  const Reply& set = reply.list[3];
  if (set.kind == Reply::Kind::status && set.text == "OK") return Verdict::fresh;
  return set.kind == Reply::Kind::nil ? Verdict::seen : Verdict::unavailable;
}

}  // namespace tls::redis
