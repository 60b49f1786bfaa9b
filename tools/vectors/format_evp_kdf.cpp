// OpenSSL's stanzas about key derivation: "KDF = ...", "Ctrl.x = name:value", "Output = hex", an empty line.
#include <map>

#include "vectors/registry.h"

namespace tls::vectors {
namespace {

using Stanza = std::map<std::string, std::string>;

std::string trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

/// What follows the colon: hex where the name of the value begins with "hex", else text.
std::string control(const Stanza& s, const std::string& name) {
  const auto found = s.find("Ctrl." + name);
  if (found == s.end()) return {};
  const auto colon = found->second.find(':');
  if (colon == std::string::npos) throw BadVector("Ctrl." + name + " has no colon");
  const std::string value = found->second.substr(colon + 1);
  const bool is_hex = found->second.starts_with("hex");
  return is_hex || name == "digest" || name == "md" || name == "mode" ? value : '"' + value + '"';
}

/// "SHA-256" of "SHA256" and "SHA2-256".
std::string hash_name(const Stanza& s) {
  const std::string name = control(s, "digest") + control(s, "md");
  if (same_name(name, "SHA256") || same_name(name, "SHA2-256")) return "SHA-256";
  if (same_name(name, "SHA384") || same_name(name, "SHA2-384")) return "SHA-384";
  return name;
}

void set_if(Case& c, const Stanza& s, const char* to, const char* from) {
  if (s.contains(std::string("Ctrl.") + from)) c.set(to, control(s, from));
}

void tls13(Case& c, const Stanza& s) {
  if (control(s, "mode") == "EXTRACT_ONLY") {
    c.kind = "HKDF-EXTRACT";
    set_if(c, s, "ikm", "key");
    set_if(c, s, "salt", "salt");
    set_if(c, s, "label", "label");
    c.set("prk", s.at("Output"));
  } else {
    c.kind = "EXPAND-LABEL";
    set_if(c, s, "secret", "key");
    set_if(c, s, "label", "label");
    set_if(c, s, "context", "data");
    c.set("okm", s.at("Output"));
  }
}

void hkdf(Case& c, const Stanza& s) {
  const std::string mode = control(s, "mode");
  c.kind = mode == "EXTRACT_ONLY" ? "HKDF-EXTRACT" : mode == "EXPAND_ONLY" ? "HKDF-EXPAND" : "HKDF";
  set_if(c, s, mode == "EXPAND_ONLY" ? "prk" : "ikm", "IKM");
  set_if(c, s, "salt", "salt");
  set_if(c, s, "info", "info");
  c.set(mode == "EXTRACT_ONLY" ? "prk" : "okm", s.at("Output"));
}

void prf(Case& c, const Stanza& s) {
  c.kind = "PRF12";
  set_if(c, s, "secret", "Secret");
  set_if(c, s, "label", "label");
  // The seeds in the order of RFC 5246: client first in the master secret, server first in key expansion.
  const bool server_first = control(s, "label") == "\"key expansion\"";
  const std::string client = control(s, "client_random"), server = control(s, "server_random");
  c.set("seed", (server_first ? server + client : client + server) + control(s, "session_hash"));
  c.set("output", s.at("Output"));
}

Case case_of(const Stanza& s) {
  Case c;
  const std::string& kdf = s.at("KDF");
  c.kind = kdf;
  c.algorithm = hash_name(s);
  if (s.contains("Result"))
    c.skip = "a call that OpenSSL refuses for what is missing from it";
  else if (same_name(kdf, "TLS13-KDF"))
    tls13(c, s);
  else if (same_name(kdf, "HKDF"))
    hkdf(c, s);
  else if (same_name(kdf, "TLS1-PRF"))
    prf(c, s);
  return c;
}

bool accepts(const File& file) {
  return file.path.ends_with(".txt") && file.text.find("\nKDF = ") != std::string::npos;
}

void read(const File& file, const Emit& emit) {
  Stanza stanza;
  std::size_t number = 0, first = 0;
  const auto end = [&] {
    if (stanza.contains("KDF")) {
      Case c = case_of(stanza);
      c.id = "line " + std::to_string(first);
      emit(std::move(c));
    }
    stanza.clear();
  };
  for (std::string_view rest = file.text; !rest.empty();) {
    const auto newline = rest.find('\n');
    const std::string line = trim(rest.substr(0, newline));
    rest = newline == rest.npos ? std::string_view{} : rest.substr(newline + 1);
    ++number;
    if (line.empty()) {
      end();
    } else if (const auto equals = line.find('='); line[0] != '#' && equals != std::string::npos) {
      if (stanza.empty()) first = number;
      stanza[trim(std::string_view(line).substr(0, equals))] = trim(std::string_view(line).substr(equals + 1));
    }
  }
  end();
}

}  // namespace

constinit const Format kEvpKdfFormat = {"openssl-kdf", accepts, read};

}  // namespace tls::vectors
