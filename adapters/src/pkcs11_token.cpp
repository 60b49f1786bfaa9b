#include "pkcs11_token.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <string_view>
#include <utility>

#include "tls/adapters/socket.h"

namespace tls::pkcs11 {
namespace {

constexpr std::size_t kMaxSignature = 2048;   // bytes: RSA of 16384 bits
constexpr std::size_t kMaxPin = 1024;         // bytes of a file that holds one
constexpr std::size_t kMostSlots = 256;       // of one module
constexpr std::size_t kMostAttribute = 4096;  // bytes of one

std::unexpected<Error> bad(const std::string& words) { return fail(Code::bad_key_file, words); }

/// The value of an attribute; nothing: the key has none, or does not show it.
std::optional<std::vector<std::uint8_t>> attribute(CK_FUNCTION_LIST* m, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
                                                   CK_ATTRIBUTE_TYPE type) {
  CK_ATTRIBUTE wanted{type, nullptr, 0};
  if (m->C_GetAttributeValue(session, key, &wanted, 1) != CKR_OK || wanted.ulValueLen == CK_UNAVAILABLE_INFORMATION ||
      wanted.ulValueLen > kMostAttribute)
    return std::nullopt;
  std::vector<std::uint8_t> value(wanted.ulValueLen);
  wanted.pValue = value.data();
  if (m->C_GetAttributeValue(session, key, &wanted, 1) != CKR_OK || wanted.ulValueLen > value.size())
    return std::nullopt;
  value.resize(wanted.ulValueLen);
  return value;
}

template <class Value>
std::optional<Value> value_of(const std::optional<std::vector<std::uint8_t>>& bytes) {
  if (!bytes || bytes->size() != sizeof(Value)) return std::nullopt;
  Value value{};
  std::copy(bytes->begin(), bytes->end(), reinterpret_cast<std::uint8_t*>(&value));
  return value;
}

/// The mechanisms of the token that sign.
std::vector<CK_MECHANISM_TYPE> mechanisms_of(CK_FUNCTION_LIST* m, CK_SLOT_ID slot) {
  CK_ULONG count = 0;
  if (m->C_GetMechanismList(slot, nullptr, &count) != CKR_OK || count > kMostAttribute) return {};
  std::vector<CK_MECHANISM_TYPE> all(count);
  if (m->C_GetMechanismList(slot, all.data(), &count) != CKR_OK) return {};
  all.resize(std::min<std::size_t>(count, all.size()));
  std::erase_if(all, [&](CK_MECHANISM_TYPE mechanism) {
    CK_MECHANISM_INFO info{};
    return m->C_GetMechanismInfo(slot, mechanism, &info) != CKR_OK || (info.flags & CKF_SIGN) == 0;
  });
  return all;
}

/// The file that a pin-source names.
Result<SecretBytes> pin_in_file(std::string path) {
  if (path.starts_with("file:")) path.erase(0, 5);
  if (path.starts_with("///")) path.erase(0, 2);
  if (!path.starts_with("/"))
    return fail(Code::bad_config, "the pin-source of a PKCS#11 URI is file: and an absolute path here");
  const Socket file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));  // closed as a socket is
  if (!file) return std::unexpected(transport_error("the PIN in '" + path + "'", errno));
  SecretBytes pin;
  const MutableBytes room = pin.extend(kMaxPin + 1);
  std::size_t size = 0;
  while (size < room.size()) {
    const ssize_t n = ::read(file.fd(), room.data() + size, room.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(transport_error("the PIN in '" + path + "'", errno));
    if (n == 0) break;
    size += static_cast<std::size_t>(n);
  }
  if (size > kMaxPin) return fail(Code::bad_config, "'" + path + "' is too long to hold a PIN");
  while (size > 0 && (room[size - 1] == '\n' || room[size - 1] == '\r')) --size;
  if (size == 0) return fail(Code::bad_config, "'" + path + "' is empty: it holds no PIN");
  pin.shorten(size);
  return pin;
}

bool is_refusal(CK_RV rv) noexcept {
  return rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_EXPIRED ||
         rv == CKR_PIN_LOCKED;
}

/// Takes as long wherever they differ.
bool same(Bytes a, Bytes b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned differ = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differ |= static_cast<unsigned>(a[i] ^ b[i]);
  return differ == 0;
}

}  // namespace

Error module_error(std::string_view what, CK_RV rv) {
  const char* words = p11_kit_strerror(rv);
  return Error(Code::signing_failed, std::string(what) + ": " + (words != nullptr ? words : std::to_string(rv)));
}

bool is_gone(CK_RV rv) noexcept {
  static constexpr CK_RV kGone[] = {CKR_DEVICE_ERROR,
                                    CKR_DEVICE_REMOVED,
                                    CKR_TOKEN_NOT_PRESENT,
                                    CKR_SESSION_CLOSED,
                                    CKR_SESSION_HANDLE_INVALID,
                                    CKR_USER_NOT_LOGGED_IN,
                                    CKR_KEY_HANDLE_INVALID,
                                    CKR_OBJECT_HANDLE_INVALID,
                                    CKR_GENERAL_ERROR,
                                    CKR_FUNCTION_FAILED,
                                    CKR_SLOT_ID_INVALID,
                                    CKR_TOKEN_NOT_RECOGNIZED,
                                    CKR_CRYPTOKI_NOT_INITIALIZED};
  return std::ranges::find(kGone, rv) != std::ranges::end(kGone);
}

bool may_pass(CK_RV rv) noexcept {
  static constexpr CK_RV kFull[] = {CKR_SESSION_COUNT, CKR_HOST_MEMORY, CKR_DEVICE_MEMORY};
  return is_gone(rv) || std::ranges::find(kFull, rv) != std::ranges::end(kFull);
}

// ---- a session ----------------------------------------------------------------------------------------------------

Session::Session(Session&& o) noexcept
    : token_(std::exchange(o.token_, nullptr)),
      logins_(o.logins_),
      module_(o.module_),
      session_(o.session_),
      key_(o.key_),
      generation_(o.generation_) {}

Session::~Session() {
  if (token_ == nullptr) return;
  const std::shared_lock lock(token_->modules_->use);
  // Of a module that was started anew since, the number may be another's.
  if (generation_ == token_->modules_->generation) static_cast<void>(module_->C_CloseSession(session_));
}

Result<std::vector<std::uint8_t>> Session::sign(const Way& way, Bytes input, bool login, CK_RV& rv) {
  const std::shared_lock lock(token_->modules_->use);
  rv = generation_ == token_->modules_->generation ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
  if (rv != CKR_OK) return std::unexpected(module_error("the session", rv));
  Way mine = way;
  CK_MECHANISM mechanism{way.mechanism, nullptr, 0};
  if (way.pss.hashAlg != 0) {
    mechanism.pParameter = &mine.pss;
    mechanism.ulParameterLen = sizeof mine.pss;
  }
  std::vector<std::uint8_t> out(kMaxSignature);  // before the operation begins: it may throw
  rv = module_->C_SignInit(session_, &mechanism, key_);
  if (rv != CKR_OK) return std::unexpected(module_error("C_SignInit", rv));
  if (login)
    if (auto in = logins_->log_in(module_, session_, CKU_CONTEXT_SPECIFIC, token_->pin_, rv); !in)
      return std::unexpected(std::move(in).error());
  CK_ULONG size = out.size();
  rv = module_->C_Sign(session_, const_cast<CK_BYTE*>(input.data()), input.size(), out.data(), &size);
  if (rv != CKR_OK) return std::unexpected(module_error("C_Sign", rv));
  out.resize(std::min<std::size_t>(size, out.size()));
  return out;
}

Result<Facts> Session::facts(CK_SLOT_ID slot) {
  const std::shared_lock lock(token_->modules_->use);
  const auto read = [&](CK_ATTRIBUTE_TYPE type) { return attribute(module_, session_, key_, type); };
  Facts facts;
  const auto type = value_of<CK_KEY_TYPE>(read(CKA_KEY_TYPE));
  if (type == CKK_RSA) {
    facts.kind = KeyKind::rsa;
  } else if (type == CKK_EC || type == CKK_EC_EDWARDS) {
    const auto kind = kind_of_curve(read(CKA_EC_PARAMS).value_or(std::vector<std::uint8_t>{}));
    if (!kind) return bad("the key is on a curve that TLS cannot sign with here");
    facts.kind = *kind;
  } else {
    return bad("the key is of a kind that TLS cannot sign with here; use RSA, ECDSA or Ed25519");
  }
  if (value_of<CK_BBOOL>(read(CKA_SIGN)) == CK_FALSE) return bad("the key is not allowed to sign (CKA_SIGN)");
  facts.login_each_time = value_of<CK_BBOOL>(read(CKA_ALWAYS_AUTHENTICATE)) == CK_TRUE;
  facts.mechanisms = mechanisms_of(module_, slot);
  if (const auto allowed = read(CKA_ALLOWED_MECHANISMS); allowed && !allowed->empty()) {
    std::vector<CK_MECHANISM_TYPE> list(allowed->size() / sizeof(CK_MECHANISM_TYPE));
    std::copy_n(allowed->begin(), list.size() * sizeof(CK_MECHANISM_TYPE),
                reinterpret_cast<std::uint8_t*>(list.data()));
    std::erase_if(facts.mechanisms,
                  [&](CK_MECHANISM_TYPE mechanism) { return std::ranges::find(list, mechanism) == list.end(); });
  }
  if (std::ranges::none_of(schemes_for(facts.kind), [&](SignatureScheme scheme) {
        return way_of(scheme, facts.kind, facts.mechanisms).has_value();
      }))
    return bad("the token has no mechanism by which this key signs for TLS");
  return facts;
}

// ---- logins -------------------------------------------------------------------------------------------------------

Result<void> Logins::log_in(CK_FUNCTION_LIST* m, CK_SESSION_HANDLE session, CK_USER_TYPE user,
                            const std::function<Result<SecretBytes>()>& pin, CK_RV& rv) {
  if (!pin) return {};
  const std::lock_guard lock(mutex_);
  if (refused_.size() >= kMostRefused)
    return bad("the token has refused " + std::to_string(kMostRefused) +
               " PINs, and no other is tried: it may lock the token; start anew with the right one");
  const auto given = pin();
  if (!given) return std::unexpected(given.error());
  const Bytes secret = given->expose();
  if (std::ranges::any_of(refused_, [&](const SecretBytes& one) { return same(one.expose(), secret); }))
    return bad("the token has refused the PIN, which is not tried again: it may lock the token");
  refused_.reserve(kMostRefused);
  SecretBytes kept = given->clone();  // memory may run out here, and not behind the refusal
  rv = m->C_Login(session, user, const_cast<CK_UTF8CHAR*>(secret.data()), secret.size());
  if (rv == CKR_OK) refused_.clear();
  if (rv == CKR_USER_ALREADY_LOGGED_IN) rv = CKR_OK;
  if (rv == CKR_OK) return {};
  if (is_refusal(rv)) refused_.push_back(std::move(kept));
  return std::unexpected(module_error("the login to the token", rv));
}

Logins& Modules::logins(const CK_TOKEN_INFO& token) {
  const auto text = [](const auto& field) { return std::string(std::begin(field), std::end(field)); };
  const std::lock_guard lock(mutex_);
  return logins_[text(token.serialNumber) + text(token.label)];
}

// ---- modules ------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<Modules>> Modules::open(const char* path, const char* name) {
  static std::mutex mutex;
  static auto& known = *new std::map<std::string, std::weak_ptr<Modules>>;  // threads may outlive the statics
  const std::lock_guard lock(mutex);
  std::weak_ptr<Modules>& one = known[path != nullptr ? path : std::string(":") + (name != nullptr ? name : "")];
  if (auto modules = one.lock()) return modules;
  std::shared_ptr<Modules> modules(new Modules);
  if (auto loaded = modules->load(path, name); !loaded) return std::unexpected(std::move(loaded).error());
  one = modules;
  return modules;
}

Result<void> Modules::load(const char* path, const char* name) {
  if (path != nullptr) {
    const std::string words = std::string("the module '") + path + "'";
    single_ = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
    if (single_ == nullptr) {
      const char* why = p11_kit_message();
      return bad(words + " cannot be loaded" + (why != nullptr ? std::string(": ") + why : ""));
    }
    if (const CK_RV rv = p11_kit_module_initialize(single_); rv != CKR_OK) return bad(module_error(words, rv).detail());
    started_.push_back(single_);
    return {};
  }
  configured_ = p11_kit_modules_load(nullptr, 0);
  for (CK_FUNCTION_LIST** m = configured_; m != nullptr && *m != nullptr; ++m) {
    char* const its = p11_kit_module_get_name(*m);
    const bool wanted = name == nullptr || (its != nullptr && std::string_view(its) == name);
    std::free(its);
    if (wanted && p11_kit_module_initialize(*m) == CKR_OK) started_.push_back(*m);
  }
  if (started_.empty()) return bad("p11-kit is configured with no module that fits: name the library by ?module-path=");
  return {};
}

Modules::~Modules() {
  for (CK_FUNCTION_LIST* m : started_) static_cast<void>(p11_kit_module_finalize(m));
  if (configured_ != nullptr) p11_kit_modules_release(configured_);
  if (single_ != nullptr) p11_kit_module_release(single_);
}

bool Modules::start_anew(unsigned seen) {
  const std::unique_lock lock(use, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  if (generation != seen) return true;
  ++generation;
  bool good = true;
  for (CK_FUNCTION_LIST* m : started_) {
    static_cast<void>(p11_kit_module_finalize(m));
    good = p11_kit_module_initialize(m) == CKR_OK && good;
  }
  return good;
}

// ---- the token ----------------------------------------------------------------------------------------------------

Result<std::unique_ptr<Token>> Token::open(const Pkcs11Options& options) {
  std::unique_ptr<Token> token(new Token(options));
  if (auto parsed = token->parse(options.uri); !parsed) return std::unexpected(std::move(parsed).error());
  auto modules =
      Modules::open(p11_kit_uri_get_module_path(token->uri_.get()), p11_kit_uri_get_module_name(token->uri_.get()));
  if (!modules) return std::unexpected(std::move(modules).error());
  token->modules_ = std::move(*modules);
  CK_RV rv = CKR_OK;
  Place place;
  auto session = token->open_session_here(rv, place);
  if (!session) return bad(session.error().detail());
  auto facts = session->facts(place.slot);
  if (!facts) return std::unexpected(std::move(facts).error());
  token->facts_ = std::move(*facts);
  return token;
}

Result<void> Token::parse(const std::string& uri) {
  uri_.reset(p11_kit_uri_new());
  if (!uri_) return std::unexpected(Error(Code::out_of_memory));
  if (const int code = p11_kit_uri_parse(uri.c_str(), P11_KIT_URI_FOR_ANY, uri_.get()); code != P11_KIT_URI_OK) {
    const char* words = p11_kit_uri_message(code);
    return fail(Code::bad_config, std::string("it is no PKCS#11 URI (RFC 7512): ") + (words != nullptr ? words : "?"));
  }
  if (p11_kit_uri_any_unrecognized(uri_.get()) != 0)
    return fail(Code::bad_config, "the PKCS#11 URI has an attribute that is unknown");
  if (p11_kit_uri_get_pin_value(uri_.get()) != nullptr)
    return fail(Code::bad_config,
                "the PKCS#11 URI holds a PIN, which arguments and logs then show: put it into a file, and name "
                "that by pin-source");
  if (p11_kit_uri_get_attribute(uri_.get(), CKA_LABEL) == nullptr &&
      p11_kit_uri_get_attribute(uri_.get(), CKA_ID) == nullptr)
    return fail(Code::bad_config, "the PKCS#11 URI names no key: add object= or id=");
  if (const char* source = p11_kit_uri_get_pin_source(uri_.get()); source != nullptr && !pin_)
    pin_ = [path = std::string(source)] { return pin_in_file(path); };
  return {};
}

/// The one token that the URI fits.
Result<Token::Place> Token::find() {
  std::vector<Place> found;
  for (CK_FUNCTION_LIST* m : modules_->all()) {
    CK_INFO info{};
    std::array<CK_SLOT_ID, kMostSlots> slots{};
    CK_ULONG count = slots.size();
    if (m->C_GetInfo(&info) != CKR_OK || p11_kit_uri_match_module_info(uri_.get(), &info) == 0) continue;
    if (m->C_GetSlotList(CK_TRUE, slots.data(), &count) != CKR_OK) continue;
    for (CK_ULONG i = 0; i < count && i < slots.size(); ++i) {
      CK_SLOT_INFO slot{};
      CK_TOKEN_INFO token{};
      if (m->C_GetSlotInfo(slots[i], &slot) != CKR_OK || m->C_GetTokenInfo(slots[i], &token) != CKR_OK) continue;
      const CK_SLOT_ID id = p11_kit_uri_get_slot_id(uri_.get());
      if (id != CK_UNAVAILABLE_INFORMATION && id != slots[i]) continue;
      if (p11_kit_uri_match_slot_info(uri_.get(), &slot) == 0 || p11_kit_uri_match_token_info(uri_.get(), &token) == 0)
        continue;
      if ((token.flags & CKF_TOKEN_INITIALIZED) == 0) continue;
      found.push_back({m, slots[i], (token.flags & CKF_LOGIN_REQUIRED) != 0, &modules_->logins(token)});
    }
  }
  if (found.empty()) return bad("there is no token that the PKCS#11 URI fits");
  if (found.size() > 1)
    return bad("the PKCS#11 URI fits " + std::to_string(found.size()) + " tokens: add token= or serial=");
  return found.front();
}

Result<CK_OBJECT_HANDLE> Token::find_key(CK_FUNCTION_LIST* m, CK_SESSION_HANDLE session, CK_RV& rv) {
  CK_OBJECT_CLASS kind = CKO_PRIVATE_KEY;
  std::vector<CK_ATTRIBUTE> wanted{{CKA_CLASS, &kind, sizeof kind}};
  for (const CK_ATTRIBUTE_TYPE type : {CKA_LABEL, CKA_ID})
    if (const CK_ATTRIBUTE* given = p11_kit_uri_get_attribute(uri_.get(), type)) wanted.push_back(*given);
  rv = m->C_FindObjectsInit(session, wanted.data(), wanted.size());
  if (rv != CKR_OK) return std::unexpected(module_error("looking for the key", rv));
  std::array<CK_OBJECT_HANDLE, 2> found{};
  CK_ULONG count = 0;
  rv = m->C_FindObjects(session, found.data(), found.size(), &count);
  static_cast<void>(m->C_FindObjectsFinal(session));
  if (rv != CKR_OK) return std::unexpected(module_error("looking for the key", rv));
  if (count > 1) return bad("the PKCS#11 URI fits several private keys: add id= or object=");
  if (count == 1) return found[0];
  rv = CKR_OBJECT_HANDLE_INVALID;
  return bad(pin_ ? "the token has no private key that the PKCS#11 URI fits"
                  : "the token shows no private key that the PKCS#11 URI fits; it may need a PIN: name its file by "
                    "?pin-source=file:/PATH");
}

/// With Modules::use held. `rv` says what the module gave, where that was the trouble.
Result<Session> Token::open_session(CK_RV& rv, Place& place) {
  auto found = find();
  if (!found) {
    rv = CKR_TOKEN_NOT_PRESENT;
    return std::unexpected(std::move(found).error());
  }
  place = *found;
  CK_SESSION_HANDLE handle = 0;
  rv = place.module->C_OpenSession(place.slot, CKF_SERIAL_SESSION, nullptr, nullptr, &handle);
  if (rv != CKR_OK) return std::unexpected(module_error("a session with the token", rv));
  const auto give_up = [&](Error why) -> Result<Session> {
    static_cast<void>(place.module->C_CloseSession(handle));
    return std::unexpected(std::move(why));
  };
  if (place.login)
    if (auto in = place.logins->log_in(place.module, handle, CKU_USER, pin_, rv); !in)
      return give_up(std::move(in).error());
  auto key = find_key(place.module, handle, rv);
  if (!key) return give_up(std::move(key).error());
  return Session(*this, *place.logins, place.module, handle, *key, modules_->generation);
}

Result<Session> Token::open_session_here(CK_RV& rv, Place& place, unsigned* generation) {
  const std::shared_lock lock(modules_->use);
  if (generation != nullptr) *generation = modules_->generation;
  return open_session(rv, place);
}

Result<Session> Token::session(CK_RV& rv) {
  rv = CKR_OK;
  Place place;
  unsigned seen = 0;
  auto session = open_session_here(rv, place, &seen);
  if (session || !is_gone(rv) || !modules_->start_anew(seen)) return session;
  return open_session_here(rv, place);
}

}  // namespace tls::pkcs11
