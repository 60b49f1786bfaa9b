#include "pki/password_asker.h"

#include "base/exceptions.h"

namespace tls::pki {
namespace {

std::unexpected<Error> too_much(std::string_view what, std::uint64_t most) {
  return fail(Code::bad_key_file, "its password is stretched by " + std::string(what) + " than the limit of " +
                                      std::to_string(most) + " allows: encrypt it anew with less");
}

Result<SecretBytes> ask(const PasswordSource& source, const PasswordRequest& request) noexcept {
  try {
    return source(request);
  } catch (...) {
    return std::unexpected(caught(Code::provider_failed, "the source of passwords"));
  }
}

/// The product, or UINT64_MAX where it is larger.
std::uint64_t product(std::uint64_t a, std::uint64_t b) noexcept {
  return b != 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}
/// The sum, likewise.
std::uint64_t sum(std::uint64_t a, std::uint64_t b) noexcept { return a > UINT64_MAX - b ? UINT64_MAX : a + b; }

}  // namespace

std::string words_of(const Error& error) {
  return error.detail().empty() ? std::string(facts(error.code()).sentence) : error.detail();
}

Result<Bytes> PasswordAsker::password(const std::string& what) {
  if (asked_) return password_.expose();
  if (!source_)
    return fail(Code::bad_key_file,
                "it is encrypted, and no password was given: give one, or decrypt it first with 'openssl pkey -in FILE "
                "-out NEW' (PKCS#12: 'openssl pkcs12 -in FILE -nodes -out NEW')");
  auto given = ask(source_, {file_, what});
  if (!given) return std::unexpected(std::move(given).error());
  if (given->size() > limits::kMaxPassword)
    return fail(Code::bad_key_file,
                "the password has more than " + std::to_string(limits::kMaxPassword) + " bytes, the limit");
  password_ = std::move(*given);
  asked_ = true;
  return password_.expose();
}

Result<void> PasswordAsker::spend_iterations(std::uint64_t iterations) {
  if (iterations > left_.iterations) return too_much("more iterations", limits_.iterations);
  left_.iterations -= iterations;
  return {};
}

Result<void> PasswordAsker::spend_scrypt(std::uint64_t n, std::uint64_t r, std::uint64_t p) {
  const std::uint64_t block = product(r, 128);  // bytes; N and p are counts of such
  const std::uint64_t memory = product(block, sum(n, p));
  const std::uint64_t work = product(product(block, p), sum(n, limits::kScryptStretchWork));
  if (memory > limits_.scrypt_memory) return too_much("scrypt with more bytes of memory", limits_.scrypt_memory);
  if (work > left_.scrypt_work) return too_much("more work of scrypt, in bytes,", limits_.scrypt_work);
  left_.scrypt_work -= work;
  return {};
}

}  // namespace tls::pki
