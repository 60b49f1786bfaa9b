// A throw-away PKI, and servers and clients that use it.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tools/run.h"

namespace tls::test {

using Words = std::vector<std::string>;

struct Place {
  TemporaryFolder folder;
  Place() { REQUIRE(run_tool({"pki", folder.path()}).status == 0); }

  [[nodiscard]] Words credential(const std::string& leaf) const {
    return {"--cert", folder.path(leaf + "-chain.pem"), "--key", folder.path(leaf + "-key.pem")};
  }
  [[nodiscard]] Words serve(Words more = {}) const {
    Words out = credential("ecdsa-p256");
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  [[nodiscard]] Ran connect(const RunningServer& server, Words more, const std::string& input = {}) const {
    Words out = {"client", "localhost", "--connect", "127.0.0.1:" + server.port()};
    out.insert(out.end(), more.begin(), more.end());
    return run_tool(out, input);
  }
  [[nodiscard]] std::string root() const { return folder.path("root.pem"); }
};

inline bool has(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tls::test
