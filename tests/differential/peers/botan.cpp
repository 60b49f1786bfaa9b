// Botan's opinion of chains (see line.h), 2.19 or 3: the one place where Botan's X.509 is used.
#include <botan/build.h>
#include <botan/certstor.h>
#include <botan/data_src.h>
#include <botan/version.h>
#include <botan/x509cert.h>
#include <botan/x509path.h>

#include <chrono>
#include <exception>

#include "line.h"

namespace {

constexpr std::size_t kMinimumStrength = 110;  // RSA of 2048 bits or better, as Botan counts strength

Botan::X509_Certificate parse(const std::string& der) {
  Botan::DataSource_Memory source(reinterpret_cast<const std::uint8_t*>(der.data()), der.size());
  return Botan::X509_Certificate(source);
}

std::string judge(const differential::Question& question) {
  std::vector<Botan::X509_Certificate> chain = {parse(question.leaf)};
  for (const std::string& der : question.intermediates) try {
      chain.push_back(parse(der));
    } catch (const std::exception&) {  // left out
    }
  Botan::Certificate_Store_In_Memory roots;
  for (const std::string& der : question.roots) try {
      roots.add_certificate(parse(der));
    } catch (const std::exception&) {  // left out
    }
  const Botan::Path_Validation_Restrictions restrictions(false, kMinimumStrength);
  const auto usage = question.server ? Botan::Usage_Type::TLS_SERVER_AUTH : Botan::Usage_Type::TLS_CLIENT_AUTH;
  const std::chrono::system_clock::time_point now{std::chrono::seconds(question.time)};
  const auto result = Botan::x509_path_validate(chain, restrictions, roots, question.name, usage, now);
  return result.successful_validation() ? std::string() : result.result_string();
}

}  // namespace

int main() {
  std::cout << "Botan " << Botan::version_major() << '.' << Botan::version_minor() << '.' << Botan::version_patch()
            << std::endl;
  for (differential::Question question; differential::next_question(question);) {
    std::string reason;
    try {
      reason = judge(question);
    } catch (const std::exception& e) {
      reason = std::string("exception: ") + e.what();
    }
    differential::answer(std::move(reason));
  }
}
