// Messages in which every field is set, with the memory that their views look into.
#pragma once

#include "wire/build.h"
#include "wire/client_hello.h"

namespace tls::wire::test {

/// A ClientHello with every field and extension that the struct has.
struct FullHello {
  ByteVector suites, groups, schemes, cert_schemes, versions, protocols, shares, identities, binders, authorities;
  ByteVector session_id = ByteVector(32, 0x11), share = ByteVector(32, 0x22), identity = ByteVector(48, 0x33),
             binder = ByteVector(32, 0x44), cookie = ByteVector(20, 0x55), name = unhex("300c"),
             ticket = ByteVector(16, 0x66), modes = {1, 0}, formats = {0};
  ClientHello hello;

  FullHello() {
    hello.random.fill(0xAB);
    hello.legacy_session_id = session_id;
    hello.cipher_suites = CipherSuiteList::write(
        suites, std::to_array({CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_CHACHA20_POLY1305_SHA256}));
    hello.server_name = "example.com";
    hello.status_request = true;
    hello.supported_groups = NamedGroupList::write(groups, std::to_array({NamedGroup::x25519, NamedGroup::secp256r1}));
    hello.ec_point_formats = formats;
    hello.signature_algorithms =
        SignatureSchemeList::write(schemes, std::to_array({SignatureScheme::ecdsa_secp256r1_sha256}));
    hello.signature_algorithms_cert =
        SignatureSchemeList::write(cert_schemes, std::to_array({SignatureScheme::rsa_pkcs1_sha256}));
    hello.alpn =
        ProtocolNameList::write(protocols, std::to_array<ProtocolName>({{as_bytes("h2")}, {as_bytes("http/1.1")}}));
    hello.signed_certificate_timestamp = true;
    hello.padding = 7;
    hello.extended_main_secret = true;
    hello.record_size_limit = 16385;
    hello.session_ticket = ticket;
    hello.pre_shared_key =
        OfferedPsks{PskIdentityList::write(identities, std::to_array<PskIdentity>({{identity, 0x01020304}})),
                    PskBinderList::write(binders, std::to_array<PskBinderEntry>({{binder}}))};
    hello.early_data = true;
    hello.supported_versions =
        ProtocolVersionList::write(versions, std::to_array({ProtocolVersion::tls13, ProtocolVersion::tls12}));
    hello.cookie = cookie;
    hello.psk_key_exchange_modes = modes;
    hello.certificate_authorities =
        DistinguishedNameList::write(authorities, std::to_array<DistinguishedName>({{name}}));
    hello.post_handshake_auth = true;
    hello.key_share = KeyShareList::write(shares, std::to_array<KeyShareEntry>({{NamedGroup::x25519, share}}));
    hello.ticket_request = TicketRequest{2, 1};
    hello.renegotiation_info = Opaque{};
    hello.grease = Extension{static_cast<ExtensionType>(0x1A1A), {}};
  }
};

}  // namespace tls::wire::test
