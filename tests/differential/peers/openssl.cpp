// OpenSSL's opinion of chains (see line.h). With "--strict" it is asked with X509_V_FLAG_X509_STRICT.
//
// How it is asked, and why: by purpose, name or address and time, as libssl asks. The security level is 2, Debian's
// default and what Sallyport's own minimum is: RSA of 2048 bits, no SHA-1. The common name is no name and a wildcard is
// a whole label (RFC 9525 §6.3), which are options there and the rule here.
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>

#include "line.h"

namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
void free_stack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Stack = std::unique_ptr<STACK_OF(X509), Deleter<free_stack>>;
using Store = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using Context = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;

constexpr int kSecurityLevel = 2;

Certificate parse(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate && at != end) certificate.reset();  // as libssl does
  return certificate;
}

std::string library_error(const char* otherwise) {
  const unsigned long code = ERR_peek_last_error();
  if (code == 0) return otherwise;
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> octets{};
  return inet_pton(AF_INET, name.c_str(), octets.data()) == 1 || inet_pton(AF_INET6, name.c_str(), octets.data()) == 1;
}

std::string judge(const differential::Question& question, bool strict) {
  ERR_clear_error();
  const Certificate leaf = parse(question.leaf);
  if (!leaf) return library_error("the leaf cannot be read");
  const Store store(X509_STORE_new());
  for (const std::string& der : question.roots)
    if (const Certificate root = parse(der)) X509_STORE_add_cert(store.get(), root.get());
  const Stack untrusted(sk_X509_new_null());
  for (const std::string& der : question.intermediates)
    if (Certificate one = parse(der)) sk_X509_push(untrusted.get(), one.release());
  const Context context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), untrusted.get()) != 1) return "no context";

  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_STORE_CTX_set_default(context.get(), question.server ? "ssl_server" : "ssl_client");
  X509_VERIFY_PARAM_set_auth_level(parameters, kSecurityLevel);
  X509_VERIFY_PARAM_set_time(parameters, question.time);
  if (strict) X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_hostflags(parameters,
                                  X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (!question.name.empty()) {
    const bool set = is_address(question.name)
                         ? X509_VERIFY_PARAM_set1_ip_asc(parameters, question.name.c_str()) == 1
                         : X509_VERIFY_PARAM_set1_host(parameters, question.name.data(), question.name.size()) == 1;
    if (!set) return "the name is not one";
  }
  ERR_clear_error();
  if (X509_verify_cert(context.get()) == 1) return {};
  const int error = X509_STORE_CTX_get_error(context.get());
  return std::string(X509_verify_cert_error_string(error)) + " at depth " +
         std::to_string(X509_STORE_CTX_get_error_depth(context.get()));
}

}  // namespace

int main(int argc, char** argv) {
  const bool strict = argc > 1 && std::string_view(argv[1]) == "--strict";
  std::cout << OpenSSL_version(OPENSSL_VERSION) << (strict ? ", X509_STRICT" : "") << std::endl;
  for (differential::Question question; differential::next_question(question);)
    differential::answer(judge(question, strict));
}
