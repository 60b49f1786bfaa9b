// sign.input, the file that came with the first implementation of Ed25519: on each line seed and public key, public
// key, message, and signature and message, with colons between and behind.
#include "vectors/registry.h"

namespace tls::vectors {
namespace {

bool accepts(const File& file) { return file.path.find("sign.input") != std::string::npos; }

std::string field(std::string_view& line) {
  const auto colon = line.find(':');
  if (colon == line.npos) throw BadVector("a line has fewer than four fields");
  const std::string value(line.substr(0, colon));
  line.remove_prefix(colon + 1);
  return value;
}

void read(const File& file, const Emit& emit) {
  std::size_t number = 0;
  for (std::string_view rest = file.text; !rest.empty();) {
    const auto end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    ++number;
    if (line.empty()) continue;
    Case c;
    c.id = "line " + std::to_string(number);
    c.algorithm = "ed25519";
    c.set("seed", field(line).substr(0, 64));
    c.set("public", field(line));
    c.set("message", field(line));
    c.set("signature", field(line).substr(0, 128));
    c.kind = "SIGN";
    emit(c);
    c.kind = "VERIFY";
    emit(c);
  }
}

}  // namespace

constinit const Format kSignInputFormat = {"sign-input", accepts, read};

}  // namespace tls::vectors
