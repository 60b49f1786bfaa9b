#include "cli/far_keys.h"

#include <array>
#include <iostream>
#include <map>
#include <mutex>

#include "cli/files.h"
#include "crypto/signature.h"
#include "handshake/authentication13.h"
#include "pki/certificate.h"
#include "pki/leaf.h"
#include "tls/adapters/key_client.h"
#ifdef SALLYPORT_HAVE_PKCS11
#include "cli/token_keys.h"
#endif

namespace sallyport::cli {
namespace {

constexpr std::string_view kKeyServer = "keyserver:", kPkcs11 = "pkcs11:";

/// The client of that socket: one for each, as long as a key of it is in use.
std::shared_ptr<tls::KeyClient> client_of(const std::string& path) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<tls::KeyClient>> clients;
  const std::lock_guard lock(mutex);
  if (auto client = clients[path].lock()) return client;
  tls::KeyClientOptions options;
  options.path = path;
  options.warning = [](std::string_view words) { std::cerr << "WARNING: " + std::string(words) + "\n"; };
  auto client = tls::KeyClient::open(std::move(options));
  if (!client) throw Failure(kUsage, "--key keyserver:" + path + ": " + client.error().message());
  clients[path] = *client;
  return *client;
}

std::shared_ptr<const tls::SigningKey> served_key(const std::string& key) {
  const std::string place = key.substr(kKeyServer.size());
  const std::size_t hash = place.rfind('#');
  if (hash == std::string::npos || hash == 0 || hash + 1 == place.size())
    throw Failure(kUsage, "--key " + key + ": a key of a key server is keyserver:PATH#NAME");
  auto made = tls::KeyClient::key(client_of(place.substr(0, hash)), place.substr(hash + 1));
  if (!made) throw Failure(kIo, "--key " + key + ": " + made.error().message());
  return *made;
}

/// A signature that a handshake could have needed: of a CertificateVerify over a hash of nothing that anybody sent, and
/// for keys that TLS 1.3 has no scheme for, of a ServerKeyExchange.
tls::SignatureRequest probe(const tls::Credential& credential, tls::SignatureScheme scheme, Side side) {
  const bool tls13 = tls::crypto::find_scheme(scheme)->tls13_handshake;
  std::array<std::uint8_t, 96> random;
  tls::system_random().fill(random);
  tls::SignatureRequest request{scheme, {}, credential.key, side == Side::server, tls::ProtocolVersion::tls13};
  if (tls13) {
    request.message = tls::handshake::signed_content(
        side == Side::server ? tls::handshake::Role::server : tls::handshake::Role::client,
        tls::Bytes(random).first(32));
    return request;
  }
  request.version = tls::ProtocolVersion::tls12;
  request.message.assign(random.begin(), random.begin() + 64);
  for (const std::uint8_t b : std::initializer_list<std::uint8_t>{0x03, 0x00, 0x1D, 0x20})
    request.message.push_back(b);  // named_curve, x25519, 32 bytes
  request.message.insert(request.message.end(), random.begin() + 64, random.end());
  return request;
}

/// The one proof that a key belongs to a certificate.
void prove(const tls::Credential& credential, const std::string& words, Side side) {
  const auto leaf = tls::pki::parse_certificate(credential.chain.front());
  if (!leaf) throw Failure(kIo, words + leaf.error().message());
  const auto public_key = tls::pki::leaf_public_key(*leaf);
  if (!public_key) throw Failure(kIo, words + public_key.error().message());
  const auto schemes = tls::schemes_for(credential.key->kind());
  auto scheme = tls::scheme_for(credential, schemes, tls::ProtocolVersion::tls13);
  if (!scheme) scheme = tls::scheme_for(credential, schemes, tls::ProtocolVersion::tls12);
  if (!scheme) throw Failure(kIo, words + "the key signs by no scheme of TLS");
  const tls::Operation operation = probe(credential, *scheme, side);
  const auto answer = tls::wait_for_signature(operation);
  if (!answer) throw Failure(kIo, words + "the key does not sign");
  const auto& signature = std::get<tls::Result<std::vector<std::uint8_t>>>(*answer);
  if (!signature) throw Failure(kIo, words + signature.error().message());
  const auto& request = std::get<tls::SignatureRequest>(operation);
  if (!public_key->verify(*scheme, request.message, *signature, request.version))
    throw Failure(kIo, words + "the key is not that of the leaf certificate");
}

}  // namespace

bool is_far_key(const std::string& key) { return key.starts_with(kKeyServer) || key.starts_with(kPkcs11); }

std::shared_ptr<const tls::SigningKey> far_key(const std::string& key, [[maybe_unused]] const PinSource& pin) {
  if (key.starts_with(kKeyServer)) return served_key(key);
#ifdef SALLYPORT_HAVE_PKCS11
  return token_key(key, pin);
#else
  throw Failure(kUsage, "--key " + key + ": this program was built without PKCS#11 (libp11-kit-dev)");
#endif
}

tls::CredentialPtr far_credential(const std::string& cert, const std::string& key, const PinSource& pin, Side side) {
  if (!is_far_key(key)) return nullptr;
  const std::string words = "'" + cert + "' and --key " + key + ": ";
  auto made = tls::make_credential(read_file(cert), far_key(key, pin));
  if (!made) throw Failure(kIo, words + made.error().message());
  prove(**made, words, side);
  return *made;
}

Answerer with_far_keys(Answerer next) {
  return [next = std::move(next)](const tls::Operation& operation, std::function<void(tls::OperationResult)> done) {
    const auto* request = std::get_if<tls::SignatureRequest>(&operation);
    const bool far = request != nullptr && dynamic_cast<const tls::RemoteKey*>(request->key.get()) != nullptr;
    if (far) return tls::answer_signature(operation, std::move(done));
    return next && next(operation, std::move(done));
  };
}

}  // namespace sallyport::cli
