// What a test tells the module wayward.cpp.
#pragma once

#include <atomic>

namespace tls::test {

struct Wayward {
  std::atomic<bool> gone{false};             ///< the token is out: no slot has one, and every call of it fails
  std::atomic<bool> dead{false};             ///< every call fails until the module is started anew
  std::atomic<bool> absent{false};           ///< every call fails, and the module does not start either
  std::atomic<bool> signs_none{false};       ///< C_SignInit says that the session is gone
  std::atomic<unsigned long> stale{0};       ///< C_SignInit says so of sessions up to this handle
  std::atomic<unsigned long> newest{0};      ///< handle of the newest session
  std::atomic<int> slow_ms{0};               ///< C_Sign takes so long
  std::atomic<bool> hangs{false};            ///< C_Sign does not return until this is over
  std::atomic<bool> short_signature{false};  ///< C_Sign gives one byte less
  std::atomic<bool> wrong_pin{false};        ///< C_Login refuses
  std::atomic<bool> any_pin{false};          ///< C_Login takes any, by logging in with the one that is right
  std::atomic<bool> no_sessions{false};      ///< C_OpenSession has none left
  std::atomic<unsigned long> inits{0}, signs{0}, logins{0}, starts{0};  ///< calls so far, also those that fail
  std::atomic<unsigned long> sessions{0};                               ///< open now
};

}  // namespace tls::test

extern "C" tls::test::Wayward* wayward_control();
