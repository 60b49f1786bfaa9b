// Fuzz targets of the machines: a connection with fixed randomness and time, and a peer that the input writes.
#pragma once

#include <array>
#include <vector>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is a byte that chooses a shape of handshake (Shape in machine_targets.cpp), a byte that says in pieces
/// of how many bytes records arrive (0: whole), then the peer's records: content type, length (2 bytes), content.
/// They are sealed under the keys that the peer would have by then, so that what stands inside the encryption is
/// reached; a content type with its highest bit set stands for bytes that go out as they are: in TLS 1.2 all that the
/// peer protects. Resumed shapes of TLS 1.3 have a fixed session: of what a client says only the bytes of our own
/// ClientHello reach beyond its binder, so the seeds matter.
void client13(Bytes input);
void server13(Bytes input);
void client12(Bytes input);
void server12(Bytes input);

inline constexpr auto kMachineTargets = std::to_array<Target>(
    {{"client13", client13}, {"server13", server13}, {"client12", client12}, {"server12", server12}});

/// Inputs that are whole handshakes, one for each shape: what a peer of our own writes.
[[nodiscard]] std::vector<std::vector<std::uint8_t>> client13_seeds();
[[nodiscard]] std::vector<std::vector<std::uint8_t>> server13_seeds();
[[nodiscard]] std::vector<std::vector<std::uint8_t>> client12_seeds();
[[nodiscard]] std::vector<std::vector<std::uint8_t>> server12_seeds();

}  // namespace tls::fuzz
