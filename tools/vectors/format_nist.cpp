// NIST CAVP .rsp files, and the .txt files in their manner that other projects made: sections in brackets, records of
// "name = value" lines. What a record is follows from the names in it.
#include <algorithm>
#include <cctype>

#include "vectors/der_build.h"
#include "vectors/nist_stanza.h"
#include "vectors/registry.h"

namespace tls::vectors {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

bool names(const NistStanza& s, std::string_view part) { return lower(s.file).find(part) != std::string::npos; }

Case aead_case(const NistStanza& s) {
  Case c;
  c.kind = "AEAD";
  const bool chacha = names(s, "chacha");
  c.algorithm = chacha ? "ChaCha20-Poly1305" : "AES-" + std::to_string(unhex(s.value("key")).size() * 8) + "-GCM";
  const auto first_of = [&](std::initializer_list<const char*> candidates) -> std::string {
    for (const char* name : candidates)
      if (s.has(name)) return s.value(name);
    return {};
  };
  c.set("key", s.value("key"));
  c.set("nonce", first_of({"iv", "nonce"}));
  c.set("aad", first_of({"aad", "ad"}));
  c.set("plaintext", first_of({"pt", "in", "plaintext"}));
  c.set("ciphertext", first_of({"ct", "ciphertext"}));
  c.set("tag", s.value("tag"));
  if (s.has("fail") || s.value_or("result", "") == "CIPHERFINAL_ERROR") c.expect = Expect::invalid;
  return c;
}

/// SHA-2 by the length of the digest, SHA-3 by the file's name.
std::string hash_name(const NistStanza& s) {
  if (names(s, "sha3_")) return "SHA3-" + s.value("l");
  return "SHA-" + std::to_string(unhex(s.value("md")).size() * 8);
}

Case digest_case(const NistStanza& s) {
  Case c;
  c.algorithm = hash_name(s);
  if (s.has("key")) {
    c.kind = "HMAC";
    c.set("key", s.value("key"));
    c.set("message", s.value("msg"));
    c.set("tag", s.value("md"));
  } else if (s.has("msg")) {
    c.kind = "HASH";
    c.set("message", s.value("len") == "0" ? "" : s.value("msg"));
    c.set("digest", s.value("md"));
  } else {
    c.kind = "HASH-MONTE";
    c.set("seed", s.value("seed"));
    c.set("digest", s.value("md"));
  }
  return c;
}

Case hkdf_case(const NistStanza& s) {
  Case c;
  c.kind = "HKDF";
  c.algorithm = s.value("hash");
  for (const char* name : {"ikm", "salt", "info", "prk", "okm"}) {
    const std::string value = s.value_or(name, "");
    c.set(name, lower(value).find("not provided") == std::string::npos ? value : "");
  }
  return c;
}

Case x25519_case(const NistStanza& s) {
  Case c;
  c.kind = "GROUP";
  c.algorithm = "x25519";
  c.set("private", s.value("input_scalar"));
  c.set("public", s.value("input_u"));
  c.set("secret", s.value("output_u"));
  return c;
}

/// ECDH: of BoringSSL's file (Private, PeerX, PeerY, Z) and of NIST's (dsIUT, QsCAVSx, QsCAVSy, Z).
Case ecdh_case(const NistStanza& s) {
  Case c;
  c.kind = "GROUP";
  const bool boringssl = s.has("peerx");
  std::string curve = boringssl ? s.value("curve") : s.section;
  if (!boringssl)
    for (const auto& [part, name] :
         {std::pair{"EA", "P-192"}, {"EB", "P-224"}, {"EC", "P-256"}, {"ED", "P-384"}, {"EE", "P-521"}})
      if (s.section.starts_with(part)) curve = name;
  c.algorithm = iana_curve(curve);
  c.set("private", s.value(boringssl ? "private" : "dsiut"));
  const std::string x = boringssl ? "peerx" : "qscavsx", y = boringssl ? "peery" : "qscavsy";
  c.set("public", uncompressed(c.algorithm, s.value(x), s.value(y)));
  if (boringssl) c.set("share", uncompressed(c.algorithm, s.value("x"), s.value("y")));
  c.set("secret", s.value("z"));
  if (!boringssl) {
    const std::string& result = s.value("result");
    c.comment = result;
    if (result.starts_with("F (8"))  // Z changed: what is computed is not that
      c.set("wrong_secret", "yes");
    else if (result.starts_with("F (5") || result.starts_with("F (6") || result.starts_with("F (7"))
      c.skip = "a fault in our own static key, which TLS does not have";
    else if (!result.starts_with('P'))
      c.expect = Expect::invalid;
  }
  return c;
}

std::optional<Case> case_of(const NistStanza& s) {
  if (s.has("tag") && s.has("key")) return aead_case(s);
  if (s.has("md")) return digest_case(s);
  if (s.has("okm")) return hkdf_case(s);
  if (s.has("output_u")) return x25519_case(s);
  if (s.has("z")) return ecdh_case(s);
  if (s.has("output") || s.has("initial_block_counter")) {
    Case c;
    c.kind = s.has("output") ? "XOF" : "STREAM";
    c.algorithm = s.has("output") ? "SHAKE" : "ChaCha20";
    c.skip = c.algorithm + " by itself: not in this library";
    return c;
  }
  return signature_case(s);
}

class NistReader {
 public:
  NistReader(const std::string& path, const Emit& emit) : emit_(emit) {
    stanza_.file = path.substr(path.find_last_of('/') + 1);
  }
  void line(std::string_view raw) {
    ++number_;
    const std::string text = trim(raw);
    if (text.empty()) return end_record();
    if (text.front() == '#') return remark(text);
    if (text.front() == '[' && text.back() == ']')
      return section(trim(std::string_view(text).substr(1, text.size() - 2)));
    const auto equals = text.find('=');
    const std::string name = lower(trim(text.substr(0, equals)));
    if (stanza_.has(name)) end_record();
    if (stanza_.own.empty()) stanza_.line = number_;
    stanza_.own[name] = equals == std::string::npos ? "" : trim(std::string_view(text).substr(equals + 1));
    in_head_ = false;
  }
  /// A record ends with an empty line, or when a name comes again. What is no case holds for those that follow.
  void end_record() {
    if (stanza_.own.empty()) return;
    if (auto c = case_of(stanza_)) {
      c->id = "line " + std::to_string(stanza_.line);
      if (c->kind == "HASH-MONTE") stanza_.sticky["seed"] = stanza_.value("md");
      emit_(*c);
    } else {
      for (const auto& [name, value] : stanza_.own) stanza_.sticky[name] = value;
    }
    stanza_.own.clear();
  }

 private:
  void section(const std::string& text) {
    end_record();
    if (!in_head_) {
      stanza_.section.clear();
      stanza_.sticky = remarks_;
    }
    in_head_ = true;
    stanza_.section += (stanza_.section.empty() ? "" : " ") + text;
    if (const auto equals = text.find('='); equals != std::string::npos)
      stanza_.sticky[lower(trim(std::string_view(text).substr(0, equals)))] =
          trim(std::string_view(text).substr(equals + 1));
  }
  /// "# Salt len: 0" stands in the head of the files of PSS signatures.
  void remark(const std::string& text) {
    constexpr std::string_view kSalt = "# Salt len:";
    if (text.starts_with(kSalt))
      remarks_["salt len"] = stanza_.sticky["salt len"] = trim(std::string_view(text).substr(kSalt.size()));
  }

  const Emit& emit_;
  NistStanza stanza_;
  std::map<std::string, std::string> remarks_;
  std::size_t number_ = 0;
  bool in_head_ = true;
};

bool accepts(const File& file) {
  if (file.path.ends_with(".rsp") || file.path.ends_with(".fax")) return true;
  if (!file.path.ends_with(".txt")) return false;
  return std::ranges::any_of(std::initializer_list<std::string_view>{"\nCOUNT = ", "\nLen = ", "\nCurve = ", "\n[P-"},
                             [&](std::string_view sign) { return ("\n" + file.text).find(sign) != std::string::npos; });
}

void read(const File& file, const Emit& emit) {
  NistReader reader(file.path, emit);
  std::string_view rest = file.text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    reader.line(rest.substr(0, end));
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  }
  reader.end_record();
}

}  // namespace

const std::string& NistStanza::value(const std::string& name) const {
  if (const auto found = own.find(name); found != own.end()) return found->second;
  if (const auto found = sticky.find(name); found != sticky.end()) return found->second;
  throw BadVector("line " + std::to_string(line) + ": there is no \"" + name + "\"");
}

std::string NistStanza::value_or(const std::string& name, std::string otherwise) const {
  return own.contains(name) || sticky.contains(name) ? value(name) : std::move(otherwise);
}

constinit const Format kNistFormat = {"nist", accepts, read};

}  // namespace tls::vectors
