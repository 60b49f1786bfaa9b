// The line protocol between the differential test and its peers, as a peer written in C++ speaks it. A peer knows
// nothing of Sallyport: this header and its own library are all that it includes.
//
// The peer first writes a line that names it and its version. Then it answers each line with a line, in order:
//   TIME WHOM ROOTS INTERMEDIATES LEAF     ->  accept  |  refuse REASON
// TIME is seconds since 1970. WHOM is "client", or "server:" and the host name or address to match, which is not judged
// when it is empty. ROOTS and INTERMEDIATES are certificates (DER in base64) with commas between them, or "-" for none;
// LEAF is one certificate. What a peer cannot read among ROOTS and INTERMEDIATES it leaves out: the question is whether
// a path is valid, not what a TLS library makes of the message.
#pragma once

#include <cstdint>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace differential {

struct Question {
  std::int64_t time = 0;
  bool server = true;
  std::string name;  ///< empty: not judged
  std::vector<std::string> roots, intermediates;
  std::string leaf;
};

inline std::string from_base64(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  unsigned have = 0;
  for (char c : text) {
    const std::size_t value = digits.find(c);
    if (value == std::string_view::npos) break;  // the padding
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>(bits >> have & 0xFF);
    }
  }
  return out;
}

inline std::vector<std::string> certificates_of(const std::string& list) {
  std::vector<std::string> out;
  if (list == "-") return out;
  std::istringstream text(list);
  for (std::string one; std::getline(text, one, ',');) out.push_back(from_base64(one));
  return out;
}

/// The next question; false at the end of the input.
inline bool next_question(Question& out) {
  std::string line;
  if (!std::getline(std::cin, line)) return false;
  std::istringstream fields(line);
  std::string whom, roots, intermediates, leaf;
  out = {};
  if (!(fields >> out.time >> whom >> roots >> intermediates >> leaf)) return false;
  out.server = whom.starts_with("server:");
  if (out.server) out.name = whom.substr(7);
  out.roots = certificates_of(roots);
  out.intermediates = certificates_of(intermediates);
  out.leaf = from_base64(leaf);
  return true;
}

/// An answer on one line: an empty reason accepts.
inline void answer(std::string reason) {
  for (char& c : reason)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  std::cout << (reason.empty() ? "accept" : "refuse " + reason) << std::endl;
}

}  // namespace differential
