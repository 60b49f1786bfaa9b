// Fuzz targets of `sallyport check`: what it reads of files and of servers.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is a file, whatever it holds.
void check_files(Bytes input);
/// The input is certificates in DER, one after the other, as a server sends them, and a staple behind them.
void check_server(Bytes input);
/// The input is what a server answers to a ClientHello of an old version.
void old_answer(Bytes input);

inline constexpr auto kCheckTargets = std::to_array<Target>({
    {"check_files", check_files},
    {"check_server", check_server},
    {"old_answer", old_answer},
});

}  // namespace tls::fuzz
