// What files hold and where they lie: keys and their places, staples, CRLs, and what cannot be read.
#include "cli/check/files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "base/limits.h"
#include "cli/check/crls.h"
#include "cli/check/key.h"
#include "cli/check/place.h"
#include "cli/check/staple.h"
#include "support/places.h"
#include "tools/check.h"
#include "tools/place.h"

using namespace tls;
using namespace tls::test;
using namespace sallyport;
using check::Holdings;

namespace {

/// Texts as files, read and judged together.
struct Texts : Judging {
  mutable Findings found;
  PasswordSource password;  ///< none

  [[nodiscard]] Holdings read(std::string_view text, const std::string& name = "file") const {
    return check::read_holdings(text, name, password, found);
  }
  /// `texts` are the files 0, 1, ...
  [[nodiscard]] Findings judge_all(const std::vector<std::string>& texts) const {
    found = {};
    std::vector<Holdings> files;
    for (const std::string& text : texts) files.push_back(read(text, std::to_string(files.size())));
    const check::FilesCase how{.now = kNow, .trust = {.anchors = &anchors, .named = true}};
    check::check_files(files, how, found);
    return found;
  }
  [[nodiscard]] Findings judge_crls(const CrlSet& crls, const std::vector<Holdings>& files, bool any_host = false,
                                    const pki::Anchors* known = nullptr) const {
    const std::string name = "crl.pem";
    Findings out;
    check::check_crls({crls, name, files, known, any_host, kNow}, out);
    return out;
  }
  [[nodiscard]] Findings after_reading(std::string_view text) const {
    found = {};
    (void)read(text);
    return found;
  }
};

std::string text_of(const der::Der& der) { return std::string(as_text(der)); }
std::string key_file(const std::string& name) { return slurp((source_dir() / "tests/pki/keys" / name).string()); }

check::PlaceFacts place(mode_t mode, uid_t owner = 0) {
  return {.path = "key.pem", .mode = mode, .owner = owner, .folders = {{"/", 0755, 0}}};
}
Findings judge_place(const check::PlaceFacts& facts, uid_t me = 0) {
  Findings out;
  check::check_place(facts, me, "the private key", out);
  return out;
}

}  // namespace

TEST_CASE_FIXTURE(Texts, "what a file holds is told by its content, PEM or DER") {
  const Issued one = leaf(good_leaf());
  const std::string both = one.key_pem() + one.pem() + intermediate.pem();
  const Findings pem = after_reading(both);
  MAKES(pem, file_read);
  CHECK(words(pem, Id::file_read) == "the file holds 2 certificates, 1 private key");
  for (const der::Der& der : {one.certificate, one.key->pkcs8(), one.key->traditional(),
                              ocsp_response(intermediate, intermediate, one, OcspStatus::good, kNow, kNow + kDay),
                              crl({.issuer = &intermediate, .this_update = kNow, .next_update = kNow + kDay})}) {
    const Findings found_in_der = after_reading(text_of(der));
    MAKES(found_in_der, file_read);
    CHECK(found_in_der.list().size() == 1);
  }
  SPARES(after_reading("nothing of the kind"), file_read);
}

TEST_CASE_FIXTURE(Texts, "what cannot be read names its block and its line") {
  const Issued one = leaf(good_leaf());
  const Findings cut = after_reading(one.pem() + "-----BEGIN CERTIFICATE-----\nMII!\n-----END CERTIFICATE-----\n");
  MAKES(cut, file_malformed);
  CHECK(words(cut, Id::file_malformed).starts_with("block 2 ('CERTIFICATE', line "));
  MAKES(cut, file_read);  // the other one counts
  SPARES(after_reading(one.pem()), file_malformed);
  MAKES(after_reading(to_pem("CERTIFICATE", {0x30, 0x03, 0x02, 0x01, 0x00})), file_malformed);
  MAKES(after_reading(to_pem("PRIVATE KEY", {0x30, 0x03, 0x02, 0x01, 0x00})), file_read);  // told when it is used
  MAKES(after_reading(to_pem("X509 CRL", {0x30, 0x03, 0x02, 0x01, 0x00})), file_malformed);
  MAKES(after_reading("no PEM"), file_unknown);
  MAKES(after_reading(text_of({0x30, 0x02, 0x05, 0x00})), file_unknown);
  MAKES(after_reading(""), file_unknown);
  SPARES(after_reading(one.pem()), file_unknown);
  MAKES(after_reading(one.pem() + to_pem("DH PARAMETERS", {0x30, 0x00})), block_ignored);
  SPARES(after_reading(one.pem()), block_ignored);
}

TEST_CASE_FIXTURE(Texts, "thousands of blocks that cannot be read, or are of no use, hide nothing") {
  std::string text = leaf(good_leaf()).pem();
  const auto blocks = [&](const char* label, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += to_pem(label, {0x30, 0x00});
    return out;
  };
  const auto malformed = [](const Findings& findings) {
    return std::ranges::count(findings.list(), Id::file_malformed, &check::Finding::id);
  };
  CHECK(malformed(after_reading(text + blocks("CERTIFICATE", 16))) == 16);
  const Findings flood = after_reading(text + blocks("CERTIFICATE", 3000) + blocks("DH PARAMETERS", 3000));
  CHECK(malformed(flood) == 17);
  MAKES(flood, file_read);
  CHECK(words(flood, Id::block_ignored).ends_with(" and 2999 others are passed over"));
}

TEST_CASE_FIXTURE(Texts, "files with any bit changed are judged to their end, in findings of bounded number") {
  const Issued one = leaf(good_leaf());
  const std::string texts[] = {
      one.key_pem() + one.pem() + intermediate.pem(),
      text_of(one.certificate),
      text_of(one.key->pkcs8()),
      text_of(ocsp_response(intermediate, intermediate, one, OcspStatus::good, kNow - kDay, kNow + kDay)),
      text_of(crl({.issuer = &intermediate, .this_update = kNow, .next_update = kNow + kDay})),
      key_file("plain.p12")};
  std::mt19937 random(20261201);
  for (int i = 0; i < 150; ++i) {
    std::vector<std::string> changed_texts;
    for (std::string text : texts) {
      text[random() % text.size()] ^= static_cast<char>(1u << random() % 8);
      if (random() % 4 == 0) text.resize(random() % text.size());
      changed_texts.push_back(std::move(text));
    }
    const Findings all = judge_all(changed_texts);
    CHECK(all.list().size() < 100);
    for (const check::Finding& finding : all.list()) CHECK(check::shown(finding.words) == finding.words);
  }
}

TEST_CASE_FIXTURE(Texts, "a file that is not there, a folder, and a file that is too large for a key") {
  const TemporaryFolder folder;
  const auto of = [&](const std::string& path) {
    found = {};
    (void)check::read_holdings_of(path, password, found);
    return found;
  };
  MAKES(of(folder.path("none.pem")), file_unreadable);
  MAKES(of(folder.path()), file_unreadable);
  SPARES(of(folder.file("empty.pem", "")), file_unreadable);
  // Beyond a megabyte a file is read all the same, as CRLs may be.
  const std::string large = std::string(std::size_t{1} << 20, '#') + "\n" + leaf(good_leaf()).pem();
  MAKES(of(folder.file("large.pem", large)), file_read);
}

TEST_CASE_FIXTURE(Texts, "keys in all forms belong to their leaf, and to no other") {
  for (const KeyType type : {KeyType::ecdsa_p256, KeyType::ecdsa_p384, KeyType::ecdsa_p521, KeyType::ed25519,
                             KeyType::rsa_2048, KeyType::rsa_pss_2048}) {
    CAPTURE(static_cast<int>(type));
    const Issued one = issue(intermediate, good_leaf(), key(type));
    const std::string chain = one.pem() + intermediate.pem();
    const Findings good = judge_all({chain, one.key_pem()});
    MAKES(good, key_match);
    SPARES(good, key_mismatch);
    const Findings bad = judge_all({chain, leaf(good_leaf()).key->type() == type
                                               ? issue(intermediate, good_leaf(), key(type, 9)).key_pem()
                                               : leaf(good_leaf()).key_pem()});
    MAKES(bad, key_mismatch);
    SPARES(bad, key_match);
  }
  // SEC1 keys without parameters are on the curve of the leaf.
  const Issued one = leaf(good_leaf());
  MAKES(judge_all({to_pem("EC PRIVATE KEY", one.key->traditional()), one.pem() + intermediate.pem()}), key_match);
}

TEST_CASE_FIXTURE(Texts, "the certificate of a key that was given is the leaf, wherever it stands") {
  const Issued one = leaf(good_leaf()), other = leaf(changed([](auto& s) { s.dns_names = {"b.example"}; }));
  const Issued second = issue(intermediate, good_leaf(), key(KeyType::ecdsa_p256, 9));
  const Findings judged = judge_all({other.pem() + second.pem() + intermediate.pem(), second.key_pem()});
  MAKES(judged, key_match);
  MAKES(judged, chain_order);
  CHECK(words(judged, Id::chain_extra).find("CN=leaf") != std::string::npos);
}

TEST_CASE_FIXTURE(Texts, "files of authorities alone: their dates and keys, but for one that is used as a leaf") {
  const Findings roots = judge_all({root.pem() + intermediate.pem()});
  MAKES(roots, days_left);
  SPARES(roots, leaf_is_authority);
  SPARES(roots, wrong_purpose);
  SPARES(roots, chain_gap);
  SPARES(judge_all({intermediate.pem()}), chain_gap);
  CertificateSpec weak = authority("Weak");
  weak.not_after = kNow - 1;
  MAKES(judge_all({issue(root, weak, key()).pem() + root.pem()}), expired);
  MAKES(judge_all({root.pem() + issue(root, weak, key()).pem()}), expired);
  // What `openssl req -x509` makes, with its key or with a name.
  const Issued own = self_signed(authority("localhost"), key());
  MAKES(judge_all({own.pem(), own.key_pem()}), leaf_is_authority);
  CertificateSpec named = authority("localhost");
  named.dns_names = {"localhost"};
  MAKES(judge_all({self_signed(named, key()).pem()}), leaf_is_authority);
}

TEST_CASE_FIXTURE(Texts,
                  "files of authorities beside a leaf: their dates and keys, and whether one is used as a leaf") {
  const std::string chain = leaf(good_leaf()).pem() + intermediate.pem();
  CertificateSpec named = authority("localhost");
  named.dns_names = {"localhost"};
  CertificateSpec over = named;
  over.not_after = kNow - 1;
  const Findings fine = judge_all({chain, self_signed(authority("Other"), key()).pem()});
  SPARES(fine, leaf_is_authority);
  SPARES(fine, expired);
  MAKES(judge_all({chain, self_signed(named, key()).pem()}), leaf_is_authority);
  SPARES(judge_all({chain, self_signed(named, key()).pem()}), expired);
  MAKES(judge_all({chain, self_signed(over, key()).pem()}), expired);
  over.dns_names.clear();
  const Findings old = judge_all({chain, self_signed(over, key()).pem()});
  MAKES(old, expired);
  SPARES(old, leaf_is_authority);
  // An authority with a name that issued the leaf is none.
  const Issued above = issue(root, named, key(KeyType::ecdsa_p256, 4));
  SPARES(judge_all({issue(above, good_leaf(), key()).pem(), above.pem()}), leaf_is_authority);
  // A list of roots may be long.
  std::string bundle;
  for (std::size_t i = 0; i <= limits::kMaxCertificates; ++i) bundle += root.pem();
  SPARES(judge_all({chain, bundle}), chain_too_long);
  for (int i = 0; i < 40; ++i) bundle += self_signed(over, key()).pem();
  const Findings long_list = judge_all({chain, bundle});
  CHECK(std::ranges::count(long_list.list(), Id::expired, &check::Finding::id) == 17);
  CHECK(told(long_list).find("expired 1: so it is with 24 more of the file") != std::string::npos);
}

TEST_CASE_FIXTURE(Texts, "keys alone, several keys, keys that nobody can sign with") {
  const Issued one = leaf(good_leaf());
  MAKES(judge_all({one.key_pem()}), key_alone);
  SPARES(judge_all({one.key_pem(), one.pem() + intermediate.pem()}), key_alone);
  MAKES(after_reading(one.key_pem() + intermediate.key_pem()), keys_several);
  SPARES(after_reading(one.key_pem()), keys_several);
  MAKES(judge_all({key(KeyType::rsa_1024) ? to_pem("PRIVATE KEY", key(KeyType::rsa_1024)->pkcs8()) : ""}), weak_key);
}

TEST_CASE_FIXTURE(Texts, "an encrypted key is opened with its password, and is a warning without") {
  for (const char* name : {"aes_128_cbc.p8", "openssl.p12", "gnutls.pem"}) {
    CAPTURE(name);
    password = {};
    MAKES(after_reading(key_file(name)), key_locked);
    password = fixed_password(SecretBytes(as_bytes("wrong")));
    MAKES(after_reading(key_file(name)), key_locked);
    password = fixed_password(SecretBytes(as_bytes("password")));
    SPARES(after_reading(key_file(name)), key_locked);
    MAKES(after_reading(key_file(name)), file_read);
  }
  SPARES(after_reading(leaf(good_leaf()).key_pem()), key_locked);
  password = {};
}

TEST_CASE_FIXTURE(Texts, "no finding shows anything of a key") {
  const Issued one = leaf(good_leaf());
  const std::string pem = one.key_pem();
  const std::string body = pem.substr(pem.find('\n') + 1, 40);
  CHECK(told(judge_all(
                 {pem, intermediate.pem(), "-----BEGIN PRIVATE KEY-----\n" + body + "!\n-----END PRIVATE KEY-----\n"}))
            .find(body.substr(0, 12)) == std::string::npos);
}

TEST_CASE("who may read, write and replace a key") {
  MAKES(judge_place(place(0600)), key_private);
  MAKES(judge_place(place(0400)), key_private);
  MAKES(judge_place(place(0644)), key_readable_by_all);
  MAKES(judge_place(place(0604)), key_readable_by_all);
  SPARES(judge_place(place(0640)), key_readable_by_all);
  MAKES(judge_place(place(0640)), key_readable_by_group);
  SPARES(judge_place(place(0600)), key_readable_by_group);
  MAKES(judge_place(place(0620)), key_writable);
  MAKES(judge_place(place(0602)), key_writable);
  SPARES(judge_place(place(0600)), key_writable);
  SPARES(judge_place(place(0644)), key_private);
  for (const mode_t mode : {0775u, 0757u}) {
    check::PlaceFacts facts = place(0600);
    facts.folders.push_back({"/open", static_cast<mode_t>(mode), 0});
    MAKES(judge_place(facts), key_folder);
    facts.folders.back().mode |= S_ISVTX;  // as /tmp is: nobody moves what is another's
    SPARES(judge_place(facts), key_folder);
  }
  const auto below = [](uid_t owner, mode_t mode) {
    check::PlaceFacts one = place(0600);
    one.folders.push_back({"/keys", mode, owner});
    return one;
  };
  for (const mode_t mode : {mode_t{0755}, mode_t{01777}}) MAKES(judge_place(below(1000, mode), 0), key_folder);
  SPARES(judge_place(below(1000, 0755), 1000), key_folder);
  SPARES(judge_place(below(0, 0755), 1000), key_folder);
  MAKES(judge_place(place(0600, 1000), 0), key_owner);
  MAKES(judge_place(place(0600, 1000), 1001), key_owner);
  SPARES(judge_place(place(0600, 1000), 1000), key_owner);
  SPARES(judge_place(place(0600, 0), 1000), key_owner);
  // In a folder like /tmp whoever owns a link leads it where he likes.
  const auto linked = [](uid_t owner, mode_t folder) {
    check::PlaceFacts one = place(0600);
    one.links.push_back({"/tmp/key.pem", owner, folder});
    return one;
  };
  MAKES(judge_place(linked(1000, 01777), 0), key_folder);
  SPARES(judge_place(linked(1000, 01777), 1000), key_folder);
  SPARES(judge_place(linked(0, 01777), 1000), key_folder);
  for (const mode_t mode : {mode_t{0755}, mode_t{01755}}) SPARES(judge_place(linked(1000, mode), 0), key_folder);
  check::PlaceFacts pipe = place(0644);
  pipe.regular = false;
  CHECK(judge_place(pipe).list().empty());
}

TEST_CASE("the file system is looked at through links, from both ends") {
  const TemporaryFolder folder;
  const std::string file = folder.file("key.pem", "x");
  REQUIRE(::chmod(file.c_str(), 0640) == 0);
  std::filesystem::create_directory(folder.path("live"));
  REQUIRE(::chmod(folder.path("live").c_str(), 0777) == 0);
  std::filesystem::create_symlink("../key.pem", folder.path("live/key.pem"));
  const auto plain = check::look_at_place(file), linked = check::look_at_place(folder.path("live/key.pem"));
  REQUIRE(plain);
  REQUIRE(linked);
  SPARES(judge_place(*plain, ::geteuid()), key_link);
  SPARES(judge_place(*plain, ::geteuid()), key_folder);
  MAKES(judge_place(*linked, ::geteuid()), key_link);
  MAKES(judge_place(*linked, ::geteuid()), key_folder);
  MAKES(judge_place(*linked, ::geteuid()), key_readable_by_group);
  CHECK_FALSE(check::look_at_place(folder.path("none")));
}

TEST_CASE("links are followed one by one: whoever may change one on the way decides where it leads") {
  const TemporaryFolder folder;
  for (const char* name : {"safe", "open", "deep", "deep/down"}) std::filesystem::create_directory(folder.path(name));
  const auto mode = [&](const char* name, mode_t bits) { REQUIRE(::chmod(folder.path(name).c_str(), bits) == 0); };
  for (const char* name : {"safe", "open", "deep", "deep/down"}) mode(name, 0755);
  for (const char* name : {"key.pem", "deep/key.pem"}) {
    (void)folder.file(name, "x");
    mode(name, 0600);
  }
  std::filesystem::create_symlink("../open/mid", folder.path("safe/key.pem"));
  std::filesystem::create_symlink(folder.path("key.pem"), folder.path("open/mid"));
  const auto judged = [&](const char* name) {
    const auto facts = check::look_at_place(folder.path(name));
    REQUIRE(facts);
    return judge_place(*facts, ::geteuid());
  };
  SPARES(judged("safe/key.pem"), key_folder);
  MAKES(judged("safe/key.pem"), key_link);
  const auto facts = check::look_at_place(folder.path("safe/key.pem"));
  REQUIRE(facts);
  CHECK(facts->links.size() == 2);
  CHECK(facts->target == std::filesystem::canonical(folder.path("key.pem")).string());
  mode("open", 0777);
  MAKES(judged("safe/key.pem"), key_folder);
  // ".." goes up from where a link leads.
  std::filesystem::create_directory_symlink("deep/down", folder.path("there"));
  SPARES(judged("there/../key.pem"), key_folder);
  mode("deep", 0777);
  MAKES(judged("there/../key.pem"), key_folder);
  SPARES(judged("key.pem"), key_folder);
}

TEST_CASE_FIXTURE(Texts, "staples: for which leaf, whether they count, and for how long") {
  const Issued one = leaf(good_leaf()), other = leaf(changed([](auto& s) { s.dns_names = {"b.example"}; }));
  const std::string chain = one.pem() + intermediate.pem(), second = other.pem() + intermediate.pem();
  const auto response = [&](const Issued& of, OcspStatus status, std::int64_t until) {
    return text_of(ocsp_response(intermediate, intermediate, of, status, until - 4 * kDay, until));
  };
  const std::string good = response(one, OcspStatus::good, kNow + 2 * kDay);
  MAKES(judge_all({chain, good}), staple_good);
  MAKES(judge_all({second, chain, good}), staple_good);
  MAKES(judge_all({good}), staple_alone);
  MAKES(judge_all({one.pem(), good}), staple_alone);
  SPARES(judge_all({chain, good}), staple_alone);
  MAKES(judge_all({second, good}), staple_refused);
  SPARES(judge_all({second, good}), staple_good);
  SPARES(judge_all({chain, good}), staple_refused);
  MAKES(judge_all({chain, response(one, OcspStatus::revoked, kNow + kDay)}), revoked);
  SPARES(judge_all({chain, good}), revoked);
  SPARES(judge_all({chain, response(one, OcspStatus::good, kNow + kDay)}), staple_ends_soon);
  MAKES(judge_all({chain, response(one, OcspStatus::good, kNow + kDay - 1)}), staple_ends_soon);
  const Issued delegate =
      issue(intermediate, changed([](auto& s) { s.extended_key_usage = {kOcspSigning}; }), key(KeyType::ecdsa_p256, 5));
  const auto signed_by = [&](const Issued& who) {
    return text_of(ocsp_response(intermediate, who, one, OcspStatus::good, kNow - kDay, kNow + 3 * kDay));
  };
  MAKES(judge_all({chain, signed_by(delegate)}), staple_unchecked);
  SPARES(judge_all({chain, signed_by(intermediate)}), staple_unchecked);
}

TEST_CASE_FIXTURE(Texts, "must-staple without a staple, and chains over several files") {
  const Issued one = leaf(changed([](auto& s) { s.extra.push_back(must_staple_extension()); }));
  const std::string chain = one.pem() + intermediate.pem();
  MAKES(judge_all({chain}), must_staple);
  SPARES(judge_all({leaf(good_leaf()).pem() + intermediate.pem()}), must_staple);
  const auto good = ocsp_response(intermediate, intermediate, one, OcspStatus::good, kNow - kDay, kNow + 3 * kDay);
  SPARES(judge_all({chain, text_of(good)}), must_staple);
  const Findings apart = judge_all({one.pem(), intermediate.pem()});
  MAKES(apart, chain_complete);
  SPARES(apart, chain_gap);
  MAKES(judge_all({one.pem()}), chain_gap);
}

TEST_CASE_FIXTURE(Texts, "CRLs that are over, or of nobody whom the files know") {
  const std::vector<std::string> texts{leaf(good_leaf()).pem() + intermediate.pem()};
  std::vector<Holdings> files;
  files.push_back(read(texts[0]));
  const auto with = [&](std::int64_t from, std::int64_t until, const Issued& issuer, bool any_host = false) {
    tls::CrlSet::Builder builder;
    REQUIRE(builder.add(as_text(crl({.issuer = &issuer, .this_update = from, .next_update = until}))));
    return judge_crls(builder.build(), files, any_host);
  };
  MAKES(with(kNow - 2 * kDay, kNow - 1, intermediate), crl_outdated);
  SPARES(with(kNow - 2 * kDay, kNow, intermediate), crl_outdated);
  MAKES(with(kNow + 1, kNow + kDay, intermediate), crl_outdated);
  SPARES(with(kNow, kNow + kDay, intermediate), crl_outdated);
  const Issued stranger = self_signed(authority("Stranger"), key(KeyType::ecdsa_p256, 7));
  MAKES(with(kNow, kNow + kDay, stranger), crl_other);
  SPARES(with(kNow, kNow + kDay, stranger, true), crl_other);
  SPARES(with(kNow, kNow + kDay, intermediate), crl_other);
}

TEST_CASE_FIXTURE(Texts, "a CRL that was not signed by the authority of its name") {
  std::vector<Holdings> files, leaf_alone;
  files.push_back(read(leaf(good_leaf()).pem() + intermediate.pem()));
  leaf_alone.push_back(read(leaf(good_leaf()).pem()));
  const Issued impostor = issue(root, authority("Test Intermediate"), key(KeyType::ecdsa_p256, 8));
  const auto text = [&](const Issued& of, const Issued& signer, std::int64_t from, std::int64_t until) {
    return to_pem("X509 CRL", crl({.issuer = &of, .this_update = from, .next_update = until, .signer = &signer}));
  };
  const auto with = [&](const std::string& texts, const std::vector<Holdings>& held,
                        const pki::Anchors* known = nullptr) {
    tls::CrlSet::Builder builder;
    REQUIRE(builder.add(texts));
    return judge_crls(builder.build(), held, false, known);
  };
  const std::string forged = text(intermediate, impostor, kNow - 1, kNow + kDay);
  MAKES(with(forged, files), crl_refused);
  SPARES(with(text(intermediate, intermediate, kNow - 1, kNow + kDay), files), crl_refused);
  SPARES(with(forged, leaf_alone), crl_refused);  // no key is at hand that could tell
  // Nor does it hide that the authority's own is over.
  const Findings both = with(forged + text(intermediate, intermediate, kNow - 2 * kDay, kNow - 1), files);
  MAKES(both, crl_refused);
  MAKES(both, crl_outdated);
  SPARES(with(forged + text(intermediate, intermediate, kNow - 2 * kDay, kNow), files), crl_outdated);
  // That of a root is asked of the roots that are trusted.
  MAKES(with(text(root, impostor, kNow, kNow + kDay), files, &anchors), crl_refused);
  SPARES(with(text(root, root, kNow, kNow + kDay), files, &anchors), crl_refused);
  SPARES(with(text(root, impostor, kNow, kNow + kDay), files), crl_refused);
  // One of two authorities of the name has signed it.
  files.push_back(read(impostor.pem()));
  SPARES(with(forged, files), crl_refused);
  // A key that may not sign CRLs.
  CertificateSpec silent = authority("Silent");
  silent.key_usage = KeyUsageBits{.key_cert_sign = true};
  const Issued mute = issue(root, silent, key(KeyType::ecdsa_p256, 6));
  files.push_back(read(mute.pem()));
  MAKES(with(text(mute, mute, kNow, kNow + kDay), files), crl_refused);
}

TEST_CASE_FIXTURE(Texts, "of a file with CRLs and a key the CRLs alone are kept in the clear") {
  const std::string one =
      to_pem("X509 CRL", crl({.issuer = &intermediate, .this_update = kNow, .next_update = kNow + kDay}));
  const Holdings held_text = read(leaf(good_leaf()).key_pem() + one);
  REQUIRE(held_text.key);
  REQUIRE(held_text.crls.size() == 1);
  CHECK(held_text.crls[0] == one);
}

TEST_CASE_FIXTURE(Texts, "a key signs once, each public key is asked about once, and of many certificates the first") {
  const Issued mine = leaf(good_leaf());
  std::string others;
  for (int number = 10; number < 13; ++number)
    for (int twice = 0; twice < 2; ++twice)
      others += issue(intermediate, good_leaf(), key(KeyType::ecdsa_p256, number)).pem();
  others += issue(intermediate, good_leaf(), key(KeyType::rsa_2048)).pem();
  const Holdings file = read(others), key_holdings = read(mine.key_pem());
  REQUIRE(file.certificates.size() == 7);
  REQUIRE(key_holdings.key);
  check::KeyProof proof(*key_holdings.key);
  for (int twice = 0; twice < 2; ++twice) CHECK_FALSE(proof.leaf_among(file.certificates));
  CHECK(proof.signatures() == 1);
  CHECK(proof.verifications() == 3);  // another kind of key needs none
  std::vector<Issued> many(limits::kMaxCertificates - 1, intermediate);
  many.push_back(mine);
  CHECK(proof.leaf_among(held(many)) == limits::kMaxCertificates - 1);
  CHECK(check::leaf_of(held(many)) == limits::kMaxCertificates - 1);
  many.insert(many.begin(), intermediate);
  CHECK_FALSE(proof.leaf_among(held(many)));
  CHECK(check::leaf_of(held(many)) == 0);
}
