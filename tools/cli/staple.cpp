#include "cli/staple.h"

#include <chrono>
#include <iostream>

#include "cli/command.h"
#include "cli/files.h"
#include "cli/times.h"
#include "crypto/der.h"
#include "tls/ocsp.h"

namespace sallyport::cli {
namespace {

using Kind = tls::StapleEvent::Kind;

/// OCSPResponse (RFC 6960 §4.2.1): responseStatus is successful, and responseBytes follow.
bool is_ocsp_response(tls::Bytes der) {
  using namespace tls::crypto;
  DerReader outer(der);
  DerReader response(outer.take(der::kSequence).value);
  const tls::Bytes status = response.take(der::kEnumerated).value;
  (void)response.take(der::context_constructed(0));
  return outer.done() && response.done() && status.size() == 1 && status[0] == 0;
}

std::int64_t in_seconds(tls::Clock::Milliseconds time) {
  return std::chrono::floor<std::chrono::seconds>(time).count();
}

std::int64_t now() { return in_seconds(tls::system_clock().wall()); }

/// The credential with the staple in a file; `judge`: which must fit and be in date.
tls::CredentialPtr with_file(const tls::Credential& credential, const std::string& path, bool judge) {
  const std::string der = read_file(path);
  if (!is_ocsp_response(tls::as_bytes(der)))
    throw Failure(kIo, "--staple '" + path + "' is not a successful OCSP response in DER; " +
                           "`openssl ocsp -respin FILE -text` shows what it is");
  if (judge)
    if (auto answer = tls::read_ocsp_answer(credential, tls::as_bytes(der), tls::system_clock().wall()); !answer)
      throw Failure(kIo, "--staple '" + path + "': " + answer.error().detail());
  return with_staple(credential, {der.begin(), der.end()});
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::taken:
      return "good";
    case Kind::revoked:
      return "REVOKED";
    case Kind::failed:
      return "not renewed";
    case Kind::ending:
      return "ends soon";
    case Kind::expired:
      return "has ended";
    case Kind::missing:
      return "missing";
    case Kind::cache:
      return "folder";
  }
  return "?";
}

}  // namespace

std::string line_of(const tls::StapleEvent& event, std::int64_t seconds) {
  std::string line =
      rfc3339(seconds) + " staple of '" + event.subject + "': " + std::string(name_of(event.kind)) + ": " + event.words;
  if (event.words.find("allow_private") != std::string::npos) line += " (allow_private is --staple-allow-private)";
  if (event.until) line += "; stapled until " + rfc3339(in_seconds(*event.until));
  if (event.next && in_seconds(*event.next) <= seconds)
    line += "; its responder is asked now";
  else if (event.next)
    line += "; its responder is asked at " + rfc3339(in_seconds(*event.next));
  return line;
}

Staples::Staples(const StapleOptions& options) : options_(options) {
  if (options.allow_private && !options.fetch) throw Failure(kUsage, "--staple-allow-private needs --staple-fetch");
  tls::StapleOptions keep;
  keep.fetch = options.fetch;
  keep.cache_dir = options.folder;
  keep.allow_private = options.allow_private;
  // With nothing to renew or to drop there is nothing to do.
  keep.own_thread = options.fetch || !options.folder.empty() || !options.files.empty();
  keep.listener = [](const tls::StapleEvent& event) {
    // One write: the lines of other threads do not come in between.
    std::cerr << "sallyport server: " + line_of(event, now()) + "\n" << std::flush;
  };
  auto keeper = tls::StapleKeeper::start(std::move(keep));
  if (!keeper) throw Failure(kIo, keeper.error().message());
  keeper_ = std::move(*keeper);
}

std::shared_ptr<const tls::CredentialSource> Staples::source(std::vector<tls::CredentialPtr> credentials) {
  const std::vector<std::string>& files = options_.files;
  if (files.size() > credentials.size())
    throw Failure(kUsage, "every --staple is for the --cert of its place: there are " + std::to_string(files.size()) +
                              " and " + std::to_string(credentials.size()));
  for (std::size_t i = 0; i < files.size(); ++i) credentials[i] = with_file(*credentials[i], files[i], !options_.fetch);
  auto source = keeper_->source(std::move(credentials));
  if (!source) throw Failure(kIo, source.error().message());
  return std::move(*source);
}

}  // namespace sallyport::cli
