// A token over PKCS#11, and a session with it: what blocks. p11-kit loads the module and counts who uses it.
#pragma once

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "pkcs11_mechanism.h"
#include "tls/adapters/pkcs11.h"

namespace tls::pkcs11 {

/// What a call of the module gave, in words.
[[nodiscard]] Error module_error(std::string_view what, CK_RV rv);
/// Whether a new session, or the module started anew, may help.
[[nodiscard]] bool is_gone(CK_RV rv) noexcept;
/// Whether it is no answer of the token to be relied on: it is gone, or has no room at the moment.
[[nodiscard]] bool may_pass(CK_RV rv) noexcept;

/// What is known of a key.
struct Facts {
  KeyKind kind{};
  std::vector<CK_MECHANISM_TYPE> mechanisms;  ///< of the token, as far as the key allows them
  bool login_each_time = false;               ///< CKA_ALWAYS_AUTHENTICATE
};

/// The logins to one token, one at a time, whichever key they are for: all of them count for the token's lock.
class Logins {
 public:
  static constexpr std::size_t kMostRefused = 2;  // PINs: with three most tokens lock

  /// Logs in, unless the token has refused that PIN, or as many as that; a login forgets them. What the module gave is
  /// in `rv`, which is as it was where the module was not asked.
  Result<void> log_in(CK_FUNCTION_LIST* module, CK_SESSION_HANDLE session, CK_USER_TYPE user,
                      const std::function<Result<SecretBytes>()>& pin, CK_RV& rv);

 private:
  std::mutex mutex_;
  std::vector<SecretBytes> refused_;
};

/// The modules of one library, or all that p11-kit is configured with. One object for all tokens of the process, for a
/// module is started anew for all of them. Thread-safe.
class Modules {
 public:
  /// Loads and starts what `path` names, or where that is null what is configured, with the name `name` where that is
  /// given. Fails with bad_key_file.
  static Result<std::shared_ptr<Modules>> open(const char* path, const char* name);
  ~Modules();
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  /// Unless somebody has, since the generation was `seen`. False: somebody is in a call of a module, or it does not
  /// start.
  bool start_anew(unsigned seen);
  [[nodiscard]] const std::vector<CK_FUNCTION_LIST*>& all() const noexcept { return started_; }
  /// Those to that token, which lasts as long as this object.
  Logins& logins(const CK_TOKEN_INFO& token);

  std::shared_mutex use;    ///< shared: a call to a module; unique: they are started anew
  unsigned generation = 0;  ///< how often they were; of what was made in an earlier one nothing is left

 private:
  Modules() = default;
  Result<void> load(const char* path, const char* name);
  std::vector<CK_FUNCTION_LIST*> started_;
  CK_FUNCTION_LIST** configured_ = nullptr;  // released together
  CK_FUNCTION_LIST* single_ = nullptr;
  std::mutex mutex_;                      // of what follows
  std::map<std::string, Logins> logins_;  // by serial number and label
};

class Token;

/// A session of a token, with the user logged in and the key found. One thread. Valid while the token is.
class Session {
 public:
  Session(Token& token, Logins& logins, CK_FUNCTION_LIST* module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key,
          unsigned generation)
      : token_(&token), logins_(&logins), module_(module), session_(session), key_(key), generation_(generation) {}
  Session(Session&& o) noexcept;
  Session& operator=(Session&&) = delete;
  ~Session();

  /// What C_Sign gives. The CK_RV is given out where it was not CKR_OK.
  [[nodiscard]] Result<std::vector<std::uint8_t>> sign(const Way& way, Bytes input, bool login, CK_RV& rv);
  /// Reads what is known of the key.
  [[nodiscard]] Result<Facts> facts(CK_SLOT_ID slot);

 private:
  friend class Token;
  Token* token_;
  Logins* logins_;
  CK_FUNCTION_LIST* module_;
  CK_SESSION_HANDLE session_;
  CK_OBJECT_HANDLE key_;
  unsigned generation_;
};

/// The token and key that a URI names. Thread-safe.
class Token {
 public:
  /// Loads the module, finds token and key. Fails as pkcs11_key() does.
  static Result<std::unique_ptr<Token>> open(const Pkcs11Options& options);
  ~Token() = default;
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  /// A session; where the token is gone, the module is started anew once, unless another call to it is under way. What
  /// the module gave in the end is in `rv`: CKR_OK where that was not the trouble.
  [[nodiscard]] Result<Session> session(CK_RV& rv);
  [[nodiscard]] const Facts& facts() const noexcept { return facts_; }

 private:
  friend class Session;
  struct UriFree {
    void operator()(P11KitUri* uri) const noexcept { p11_kit_uri_free(uri); }
  };
  struct Place {
    CK_FUNCTION_LIST* module = nullptr;
    CK_SLOT_ID slot = 0;
    bool login = false;
    Logins* logins = nullptr;
  };

  explicit Token(const Pkcs11Options& options) : pin_(options.pin) {}
  Result<void> parse(const std::string& uri);
  Result<Place> find();
  Result<Session> open_session(CK_RV& rv, Place& place);
  Result<Session> open_session_here(CK_RV& rv, Place& place, unsigned* generation = nullptr);
  Result<CK_OBJECT_HANDLE> find_key(CK_FUNCTION_LIST* module, CK_SESSION_HANDLE session, CK_RV& rv);

  std::function<Result<SecretBytes>()> pin_;
  std::unique_ptr<P11KitUri, UriFree> uri_;
  std::shared_ptr<Modules> modules_;
  Facts facts_;
};

}  // namespace tls::pkcs11
