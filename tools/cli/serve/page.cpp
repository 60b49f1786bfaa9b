#include "cli/serve/page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/facts.h"
#include "cli/serve/page_style.h"
#include "cli/serve/page_words.h"

namespace sallyport::cli {
namespace {

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return out;
}

/// HTML whose long names may go on in another line behind an underscore.
std::string breakable(const std::string& html) {
  std::string out;
  for (const char c : html) out += c == '_' ? std::string("_<wbr>") : std::string(1, c);
  return out;
}

/// 12,345
std::string grouped(std::uint64_t number) {
  std::string out = std::to_string(number);
  for (std::size_t at = out.size(); at > 3; at -= 3) out.insert(at - 3, ",");
  return out;
}

std::string milliseconds(double ms) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), ms < 10 ? "%.2f" : "%.0f", ms);
  return std::string(text.data()) + " ms";
}

bool resumed(const Seen& seen) { return seen.info.resumed != tls::Resumption::none; }

// ---- parts of the page --------------------------------------------------------------------------------------------

std::string hero(const Seen& seen) {
  const std::string version(tls::name(seen.info.version));
  std::string out = "<section class=\"hero\"><p class=\"badge" + std::string(resumed(seen) ? " again" : "") + "\">" +
                    (resumed(seen) ? "Resumed session" : "Full handshake") + "</p>\n<h2>You are connected with " +
                    version + "</h2>\n<p class=\"lead\">" + words::summary(seen.info, seen.handshake_done) + "</p>\n";
  if (resumed(seen) && seen.memory)
    out += "<p class=\"count\">Connection " + grouped(std::uint64_t{seen.memory->connections} + 1) +
           " with this session</p>\n";
  out +=
      "<form action=\"" + std::string(kReconnect) +
      "\"><button>Reconnect</button></form>\n<p class=\"hint\">The button ends this connection. Your browser makes a "
      "new one and " +
      (resumed(seen) ? "resumes the session once more." : "shows what it remembers of this one: watch what is saved.") +
      "</p>\n</section>\n";
  return out;
}

/// A figure and what it counts.
std::string tile(const std::string& figure, const char* words) {
  return "<div><dd>" + figure + "</dd><dt>" + words + "</dt></div>\n";
}

std::string bar(const char* label, double part, const std::string& figure, const char* style) {
  const long width = std::max(1L, std::lround(100 * part));
  return "<dt>" + std::string(label) + "</dt><dd><span class=\"track\"><span class=\"bar" + style +
         "\" style=\"width:" + std::to_string(width) + "%\"></span></span><b>" + figure + "</b></dd>\n";
}

/// What the first handshake took, and what this one.
std::string compared(const char* title, double first, double now, std::string (*words)(double)) {
  const double most = std::max({first, now, 1e-9});
  return "<h3>" + std::string(title) + "</h3>\n<dl class=\"bars\">\n" + bar("First", first / most, words(first), "") +
         bar("This", now / most, words(now), " now") + "</dl>\n";
}

std::string bytes(double count) { return grouped(static_cast<std::uint64_t>(count)) + " bytes"; }

std::string figures(const Effort& effort) {
  return "<dl class=\"tiles\">\n" + tile(grouped(effort.bytes_out) + " bytes", "from this server") +
         tile(grouped(effort.bytes_in) + " bytes", "from your browser") +
         tile(milliseconds(effort.ms), "the network's time included") + "</dl>\n";
}

std::string savings(const Seen& seen) {
  const Effort& now = seen.effort;
  if (!seen.handshake_done) return "<section><h2>What early data saves</h2>\n<p>" + words::early() + "</p></section>\n";
  if (!resumed(seen))
    return "<section><h2>What this handshake took</h2>\n" + figures(now) + "<p>" +
           words::before_resumption(seen.info.version) + "</p>\n</section>\n";
  std::string out = "<section><h2>What resumption saved</h2>\n";
  const std::string how = "<p>" + words::after_resumption(seen.info) + "</p>\n";
  if (!seen.memory || seen.memory->bytes_out == 0) return out + how + figures(now) + "</section>\n";
  const Memory& first = *seen.memory;
  if (now.bytes_out < first.bytes_out)
    out += "<p class=\"saved\"><strong>" + std::to_string(100 - 100 * now.bytes_out / first.bytes_out) +
           "&#8239;%</strong> fewer bytes from this server</p>\n";
  return out + how + compared("Bytes from this server", first.bytes_out, static_cast<double>(now.bytes_out), bytes) +
         compared("Bytes from your browser, its session included", first.bytes_in, static_cast<double>(now.bytes_in),
                  bytes) +
         compared("Time, the network's included", first.microseconds / 1000.0, now.ms, milliseconds) + "</section>\n";
}

std::string conversation(const Seen& seen) {
  std::string out = "<section><h2>The handshake, message by message</h2>\n";
  if (resumed(seen)) out += "<p>Struck out: what a full handshake has, and this one did not need.</p>\n";
  out += "<ol class=\"talk\">\n";
  for (const words::Flight& flight : words::flights(seen.info)) {
    out += "<li class=\"" + std::string(flight.from_browser ? "out" : "in") + "\"><h3>" +
           (flight.from_browser ? "Your browser" : "This server") + "</h3><ul>";
    for (const words::Message& message : flight.messages)
      out += message.saved ? "<li><s>" + std::string(message.name) + "</s><span class=\"sr\"> (not needed)</span></li>"
                           : "<li>" + std::string(message.name) + "</li>";
    out += "</ul></li>\n";
  }
  return out + "</ol>\n</section>\n";
}

std::string agreement(const Seen& seen) {
  std::string out = "<section><h2>What was agreed on</h2>\n<dl class=\"facts\">\n";
  for (const words::Fact& fact : words::facts(seen.info))
    out += "<div><dt>" + escape(fact.title) + "</dt><dd><code>" + breakable(escape(fact.value)) + "</code><p>" +
           escape(fact.meaning) + "</p></dd></div>\n";
  return out + "</dl>\n</section>\n";
}

Response json(const Visit& visit) {
  return {.type = "application/json", .body = facts(visit.info(), visit.traffic()).dump() + "\n"};
}

std::string detour_query(int taken) { return "again=" + std::to_string(taken); }

/// Ends the connection, and leads to the page over another one.
Response detour(int taken) {
  return {.status = "303 See Other",
          .body = "<!doctype html><title>Sallyport</title><p><a href=\"/\">To the new connection</a></p>\n",
          .fields = "Location: /?" + detour_query(taken) + "\r\nCache-Control: no-store\r\n",
          .last = true};
}

// No script, nothing from elsewhere, in no frame; and a visitor who comes again is to see the new connection.
constexpr const char* kPageFields =
    "Cache-Control: no-store\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n";

}  // namespace

std::string welcome(const Seen& seen) {
  return std::string(kPageHead) + "<main>\n" + hero(seen) + savings(seen) + conversation(seen) + agreement(seen) +
         "</main>\n" + kPageFoot;
}

Response page(const Visit& visit, const std::string& target, const std::string& query) {
  if (target == "/json") return json(visit);
  if (target == kReconnect) return detour(1);
  if (target != "/") return {.status = "404 Not Found", .body = "<p>There are / and /json.</p>\n"};
  for (int taken = 1; taken < kMaxDetours; ++taken)
    if (query == detour_query(taken) && visit.info().resumed == tls::Resumption::none) return detour(taken + 1);
  return {.body = welcome({.info = visit.info(),
                           .effort = visit.effort(),
                           .memory = Memory::parse(visit.info().session_data),
                           .handshake_done = visit.handshake_done()}),
          .fields = kPageFields};
}

}  // namespace sallyport::cli
