// Changes of what the leaf is called and of what is asked for.
#include "factory/chains/draft.h"
#include "factory/chains/names.h"

namespace sallyport::chains {
namespace {

using namespace der;

void leaf_note(Draft& draft, std::string label, Right right) { draft.note(std::move(label), right, true); }

void presented(Draft& draft, Choices& choices) {
  Node& leaf = draft.nodes[draft.leaf];
  const bool server = !draft.is_client();
  const auto only = [&](const char* label, std::string_view text, Right right) {
    leaf.san = {general::dns(text)};
    leaf_note(draft, std::string("san/") + label, server ? right : Right::open);
  };
  switch (choices.below(24)) {
    case 0:
      return only("upper-case", "WWW.Corp.EXAMPLE", Right::accept);
    case 1:
      return only("wildcard", "*.corp.example", Right::accept);
    case 2:
      return only("wildcard-too-high", "*.example", Right::refuse);
    case 3:
      return only("wildcard-alone", "*", Right::refuse);
    case 4:
      return only("wildcard-part", "w*.corp.example", Right::refuse);  // RFC 9525 §6.3
    case 5:
      return only("wildcard-inner", "www.*.example", Right::refuse);
    case 6:
      return only("wildcard-twice", "*.*.example", Right::refuse);
    case 7:
      return only("trailing-dot", "www.corp.example.", Right::open);
    case 8:
      return only("wildcard-trailing-dot", "*.corp.example.", Right::open);
    case 9:
      return only("leading-dot", ".corp.example", Right::refuse);
    case 10:
      return only("other", "mail.corp.example", Right::refuse);
    case 11:
      return only("suffix", "corp.example", Right::refuse);
    case 12:
      return only("prefix", "www.corp.example.org", Right::refuse);
    case 13:
      return only("nul", std::string_view("www.corp.example\0.evil.example", 30), Right::refuse);
    case 14:
      return only("empty", "", Right::refuse);
    case 15:
      return only("not-ascii", "www.c\xC3\xB6rp.example", Right::refuse);
    case 16:
      return only("space", "www.corp.example ", Right::refuse);
    case 17:
      return only("address-as-dns", "192.0.2.7", Right::refuse);
    case 18:
      leaf.san = {general::uri("https://www.corp.example/")};
      return leaf_note(draft, "san/uri-alone", server ? Right::refuse : Right::open);
    case 19:
      leaf.san.clear();
      leaf.subject = usual_name(kHost);
      return leaf_note(draft, "san/none-and-host-in-cn", server ? Right::refuse : Right::open);
    case 20:
      leaf.edit([](CertificateFields& f) { f.set("2.5.29.17", true, sequence({})); });
      return leaf_note(draft, "san/no-names", Right::open);
    case 21:
      leaf.subject = sequence({});
      if (choices.chance(50)) {
        leaf.edit([](CertificateFields& f) {
          if (ExtensionField* san = f.find("2.5.29.17")) san->critical = boolean(true);
        });
        return leaf_note(draft, "san/critical-and-no-subject", Right::accept);
      }
      return leaf_note(draft, "san/no-subject", Right::open);
    case 22:
      leaf.san.insert(leaf.san.begin(),
                      general::dns(choices.pick({"bad..name", "-x-", "a b", "\x01", "*.", "_x.corp.example"})));
      return leaf_note(draft, "san/one-is-malformed", Right::open);
    default: {
      const std::uint32_t many = choices.pick({100u, 1500u, 3000u});
      leaf.san.clear();
      for (std::uint32_t i = 0; i < many; ++i)
        leaf.san.push_back(general::dns("n" + std::to_string(i) + ".corp.example"));
      leaf.san.push_back(general::dns(kHost));
      return leaf_note(draft, many < 2000 ? "san/many" : "san/too-many", many < 2000 ? Right::accept : Right::open);
    }
  }
}

/// Every form of GeneralName beside the host name: none is in anybody's way.
void other_forms(Draft& draft, Choices& choices) {
  Node& leaf = draft.nodes[draft.leaf];
  const auto add = [&](const char* label, Der name, Right right) {
    leaf.san.push_back(std::move(name));
    leaf_note(draft, std::string("san-form/") + label, right);
  };
  switch (choices.below(16)) {
    case 0:
      return add("email", general::email("user@corp.example"), Right::accept);
    case 1:
      return add("email-malformed", general::email(choices.pick({"user", "@", "a@b@c", ""})), Right::open);
    case 2:
      return add("uri", general::uri("spiffe://corp.example/x"), Right::accept);
    case 3:
      return add("uri-malformed", general::uri(choices.pick({"not a uri", ":", "", "http://[::1", "http://a b/"})),
                 Right::open);
    case 4:
      return add("directory", general::directory(usual_name("x")), Right::accept);
    case 5:
      return add("upn", general::upn("user@corp.example"), Right::accept);
    case 6:
      return add("smtp-utf8", general::smtp_utf8("us\xC3\xA9r@corp.example"), Right::accept);
    case 7:
      return add("registered-id", general::registered_id(), Right::accept);
    case 8:
      return add("x400", general::x400(), Right::open);
    case 9:
      return add("edi", general::edi_party(), Right::open);
    case 10:
      return add("address-6", general::address(Der(16, 0x20)), Right::accept);
    case 11:
      return add("address-of-5-octets", general::address(Der(5, 1)), Right::open);
    case 12:
      return add("address-of-0-octets", general::address({}), Right::open);
    case 13:
      return add("unknown-form", element(0x89, Der{1}), Right::open);
    case 14:
      return add("universal-tag", utf8("www.corp.example"), Right::open);
    default:
      return add("dns-constructed", element(0xA2, tls::as_bytes("www.corp.example")), Right::open);
  }
}

void asked(Draft& draft, Choices& choices) {
  if (draft.is_client()) return;
  Node& leaf = draft.nodes[draft.leaf];
  const auto ask = [&](const char* label, const char* text, Right right) {
    draft.name = text;
    leaf_note(draft, std::string("asked/") + label, right);
  };
  switch (choices.below(13)) {
    case 0:
      return ask("upper-case", "WWW.CORP.EXAMPLE", Right::accept);
    case 1:
      return ask("other", "mail.corp.example", Right::refuse);
    case 2:
      return ask("trailing-dot", "www.corp.example.", Right::open);
    case 3:
      leaf.san.push_back(general::address({192, 0, 2, 7}));
      return ask("address", "192.0.2.7", Right::accept);
    case 4:
      leaf.san = {general::address({192, 0, 2, 8})};
      return ask("other-address", "192.0.2.7", Right::refuse);
    case 5:
      leaf.san = {general::dns("192.0.2.7")};
      return ask("address-written-as-dns", "192.0.2.7", Right::refuse);
    case 6: {
      Der address(16, 0);
      address[0] = 0x20, address[1] = 0x01, address[2] = 0x0D, address[3] = 0xB8, address[15] = 7;
      leaf.san = {general::address(address)};
      return ask("address-6", choices.pick({"2001:db8::7", "2001:DB8:0:0::7"}), Right::accept);
    }
    case 7:
      leaf.san = {general::address({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 7})};
      return ask("address-4-in-6", "192.0.2.7", Right::open);
    case 8:
      leaf.san = {general::dns("*.corp.example")};
      return ask("below-a-wildcard", "a.b.corp.example", Right::refuse);
    case 9:
      leaf.san = {general::dns("*.corp.example")};
      return ask("parent-of-a-wildcard", "corp.example", Right::refuse);
    case 10:
      leaf.san = {general::dns("*.corp.example")};
      return ask("wildcard-as-asked", "*.corp.example", Right::open);
    case 11:
      leaf.san = {general::dns("localhost")};
      return ask("single-label", "localhost", Right::accept);
    default:
      leaf.san = {general::dns("a_b.corp.example")};
      return ask("underscore", "a_b.corp.example", Right::open);
  }
}

constexpr Mutation kMutations[] = {{"san", 15, presented}, {"san-form", 10, other_forms}, {"asked", 8, asked}};

}  // namespace

std::span<const Mutation> name_mutations() { return kMutations; }

}  // namespace sallyport::chains
