// A token that is taken out, a module whose other half is killed, a card that is slow, a PIN that is refused.
#include "keyserver/pair.h"
#include "pkcs11/directed.h"

using namespace tls;
using namespace tls::test;
using std::chrono::milliseconds;

TEST_CASE("a token that is gone costs the signatures whose deadline passes, and is told to people once") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  std::vector<std::string> warnings;
  std::mutex mutex;
  const Directed d(*token, [&](Pkcs11Options& o) {
    o.deadline = scaled(milliseconds(200));
    o.warning = [&](std::string_view words) {
      const std::lock_guard lock(mutex);
      warnings.emplace_back(words);
    };
  });
  CHECK(d.signs());
  d.module.gone = true;
  for (int i = 0; i < 5; ++i) CHECK_FALSE(d.signs());
  d.module.gone = false;
  CHECK(within(milliseconds(20'000), [&] { return d.signs(); }));
  for (int i = 0; i < 20; ++i) CHECK(d.signs());
  const std::lock_guard lock(mutex);
  CHECK(warnings.size() == 1);
}

TEST_CASE("a module whose other half was killed is started anew, and the user logged in again") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const Directed d(*token, [](Pkcs11Options& o) { o.sessions = 1; });
  CHECK(d.signs());
  const unsigned long starts = d.module.starts, logins = d.module.logins;
  d.module.dead = true;
  CHECK(d.signs());  // not even this one is lost
  CHECK(d.module.starts == starts + 1);
  CHECK(d.module.logins > logins);
}

TEST_CASE("sessions are closed when they end, and are no more than were asked for") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const unsigned long before = token->wayward().sessions;
  {
    const Directed d(*token, [](Pkcs11Options& o) { o.sessions = 3; });
    for (int i = 0; i < 50; ++i) CHECK(d.signs());
    CHECK(d.module.sessions >= before + 1);
    CHECK(d.module.sessions <= before + 3);
    d.module.short_signature = true;  // such a session is not used again
    for (int i = 0; i < 50; ++i) CHECK_FALSE(d.signs());
    d.module.short_signature = false;
    CHECK(d.signs());
    CHECK(d.module.sessions <= before + 3);
  }
  CHECK(token->wayward().sessions == before);
}

TEST_CASE("a token that has no session left is waited for, and asked again later") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const Directed d(*token, [](Pkcs11Options& o) {
    o.sessions = 1;
    o.deadline = scaled(milliseconds(200));
  });
  d.module.no_sessions = true;
  const Signed answer = sign_with(d.key, kScheme, "x");
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code() == Code::timed_out);
  d.module.no_sessions = false;
  CHECK(within(milliseconds(20'000), [&] { return d.signs(); }));
}

TEST_CASE("a card that is too slow: timed out, and further ones are bounded") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const Directed d(*token, [](Pkcs11Options& o) {
    o.sessions = 1;
    o.under_way = 3;
    o.deadline = milliseconds(100);
  });
  CHECK(d.signs());
  d.module.slow_ms = static_cast<int>(scaled(milliseconds(1000)).count());
  std::mutex mutex;
  std::vector<Code> codes;
  const auto ask = [&] {
    d.key->sign_later({kScheme, {1, 2, 3}, d.key}, [&](OperationResult result) {
      const auto& answer = std::get<Signed>(result);
      const std::lock_guard lock(mutex);
      codes.push_back(answer ? Code::internal_error : answer.error().code());
    });
  };
  for (int i = 0; i < 4; ++i) ask();
  {
    const std::lock_guard lock(mutex);
    REQUIRE(codes.size() == 1);  // the fourth, at once
    CHECK(codes[0] == Code::signing_failed);
  }
  REQUIRE(within(milliseconds(10'000), [&] {
    const std::lock_guard lock(mutex);
    return codes.size() == 4;
  }));
  for (std::size_t i = 1; i < 4; ++i) CHECK(codes[i] == Code::timed_out);
  d.module.slow_ms = 0;
  CHECK(within(milliseconds(20'000), [&] { return d.signs(); }));
}

TEST_CASE("a token that hangs: what is asked later has its deadline too, and the end of the key answers all") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  std::mutex mutex;
  std::vector<Code> codes;
  const auto has = [&](std::size_t count) {
    const std::lock_guard lock(mutex);
    return codes.size() >= count;
  };
  Wayward& module = token->wayward();
  {
    Directed d(*token, [](Pkcs11Options& o) {
      o.sessions = 1;
      o.deadline = milliseconds(100);
    });
    CHECK(d.signs());
    const auto ask = [&] {
      d.key->sign_later({kScheme, {1, 2, 3}, d.key}, [&](OperationResult result) {
        const auto& answer = std::get<Signed>(result);
        const std::lock_guard lock(mutex);
        codes.push_back(answer ? Code::internal_error : answer.error().code());
      });
    };
    const unsigned long signs = module.signs;
    module.hangs = true;
    for (std::size_t i = 1; i <= 3; ++i) {
      ask();
      REQUIRE(within(milliseconds(10'000), [&] { return has(i); }));
      CHECK(codes[i - 1] == Code::timed_out);
      std::this_thread::sleep_for(milliseconds(20));  // nobody waits any more
    }
    CHECK(module.signs == signs + 1);
  }
  module.hangs = true;  // Directed let it go
  {
    Directed d(*token, [](Pkcs11Options& o) {
      o.sessions = 1;
      o.deadline = milliseconds(60'000);
    });
    const unsigned long signs = module.signs;
    for (int i = 0; i < 2; ++i)
      d.key->sign_later({kScheme, {1, 2, 3}, nullptr}, [&](OperationResult result) {
        const auto& answer = std::get<Signed>(result);
        const std::lock_guard lock(mutex);
        codes.push_back(answer ? Code::internal_error : answer.error().code());
      });
    REQUIRE(within(milliseconds(10'000), [&] { return module.signs == signs + 1; }));
    d.key.reset();  // returns, although the module does not
    REQUIRE(codes.size() == 5);
    CHECK(codes[3] == Code::closed);
    CHECK(codes[4] == Code::closed);
  }
}

TEST_CASE("a warning may ask the key: nothing that a signature needs is locked meanwhile") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  std::atomic<bool> asked{false};
  std::weak_ptr<const RemoteKey> self;
  std::atomic<int> answers{0};
  Directed d(*token, [&](Pkcs11Options& o) {
    o.sessions = 1;
    o.deadline = scaled(milliseconds(200));
    o.warning = [&](std::string_view) {
      if (const auto key = self.lock())
        key->sign_later({kScheme, {1, 2, 3}, nullptr}, [&](OperationResult) { ++answers; });
      asked = true;
    };
  });
  self = d.key;
  d.module.gone = true;
  CHECK_FALSE(d.signs());
  CHECK(asked);
  CHECK(within(milliseconds(20'000), [&] { return answers == 1; }));
}

TEST_CASE("a PIN that is refused is not tried again") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  const Directed d(*token, [](Pkcs11Options& o) { o.sessions = 2; });
  CHECK(d.signs());
  d.module.wrong_pin = true;
  d.module.dead = true;  // so that it has to log in again
  const unsigned long before = d.module.logins;
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(d.signs());
    std::this_thread::sleep_for(milliseconds(20));
  }
  CHECK(d.module.logins == before + 1);
}

TEST_CASE("a PIN that is refused is not tried again, by none of the keys on the token; another one is") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  std::mutex mutex;
  std::string pin = kUserPin;
  const auto set = [&](const char* words) {
    const std::lock_guard lock(mutex);
    pin = words;
  };
  const auto change = [&](Pkcs11Options& o) {
    o.sessions = 1;
    o.pin = [&] {
      const std::lock_guard lock(mutex);
      return SecretBytes(as_bytes(pin));
    };
  };
  const Directed d(*token, change);
  const auto second = open_key(token->wayward_uri("p384"), change), third = open_key(token->wayward_uri("rsa"), change);
  REQUIRE(second);
  REQUIRE(third);
  const auto signing = [&] {
    return (d.signs() ? 1 : 0) + (sign_with(*second, SignatureScheme::ecdsa_secp384r1_sha384, "x") ? 1 : 0) +
           (sign_with(*third, SignatureScheme::rsa_pss_rsae_sha256, "x") ? 1 : 0);
  };
  CHECK(signing() == 3);
  const auto sign_in_vain = [&] {
    for (int i = 0; i < 5; ++i) {
      CHECK(signing() == 0);
      std::this_thread::sleep_for(milliseconds(30));
    }
  };
  // The PIN was changed, and the keys have to log in again.
  for (int round = 0; round < 2; ++round) {  // a login forgets what was refused before
    set("9999");
    d.module.dead = true;
    const unsigned long before = d.module.logins;
    sign_in_vain();
    CHECK(d.module.logins == before + 1);
    set(kUserPin);
    CHECK(within(milliseconds(20'000), [&] { return signing() == 3; }));
  }
  // Two that differ are refused: a third may be the last.
  d.module.dead = true;
  const unsigned long before = d.module.logins;
  for (const char* words : {"9998", "9997"}) {
    set(words);
    CHECK(within(milliseconds(20'000), [&] {
      CHECK(signing() == 0);
      return d.module.logins == before + (words[3] == '8' ? 1 : 2);
    }));
  }
  set("9996");
  sign_in_vain();
  set(kUserPin);
  std::this_thread::sleep_for(milliseconds(1100));  // longer than the pause between two attempts
  sign_in_vain();
  CHECK(d.module.logins == before + 2);
}

TEST_CASE("whoever asks is answered once, whatever becomes of the token") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  std::mutex mutex;
  std::map<int, int> answers;
  int asked = 0;
  {
    const Directed d(*token, [](Pkcs11Options& o) { o.deadline = milliseconds(200); });
    std::atomic<bool> ended{false};
    std::thread director([&] {
      for (int i = 0; !ended; ++i) {
        d.module.gone = i % 4 == 0;
        d.module.slow_ms = i % 3 == 0 ? 20 : 0;
        if (i % 5 == 0) d.module.dead = true;
        d.module.short_signature = i % 7 == 0;
        std::this_thread::sleep_for(milliseconds(7));
      }
    });
    for (; asked < 400; ++asked) {
      d.key->sign_later({kScheme, {1, 2, 3}, d.key}, [&, n = asked](OperationResult) {
        const std::lock_guard lock(mutex);
        ++answers[n];
      });
      if (asked % 4 == 0) std::this_thread::sleep_for(milliseconds(1));
    }
    ended = true;
    director.join();
  }  // some are under way yet
  CHECK(within(milliseconds(20'000), [&] {
    const std::lock_guard lock(mutex);
    return answers.size() == static_cast<std::size_t>(asked);
  }));
  for (const auto& [n, times] : answers) CHECK(times == 1);
}

TEST_CASE("the last reference may go in an answer, on a thread of the key's") {
  SoftToken* const token = SoftToken::get();
  if (token == nullptr) return;
  std::atomic<bool> done{false};
  {
    auto made = open_key(token->wayward_uri("p256"));
    REQUIRE(made);
    const RemoteKey& raw = **made;
    auto* last = new std::shared_ptr<const RemoteKey>(std::move(*made));
    raw.sign_later({kScheme, {1, 2, 3}, nullptr}, [last, &done](OperationResult) {
      delete last;
      done = true;
    });
  }
  CHECK(within(milliseconds(20'000), [&] { return done.load(); }));
}
