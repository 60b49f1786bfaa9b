// Fuzz targets of the record layer and of the connection: what comes out does not depend on how the transport cuts what
// comes in, and nothing comes out that was not sent.
#pragma once

#include <array>

#include "fuzz/target.h"

namespace tls::fuzz {

/// The input is a byte that chooses the keys, a byte that chooses the cuts, and any bytes: a stream for the deframer.
void record_stream(Bytes input);
/// The input is a byte that chooses the keys, a byte that chooses the cuts, and commands, three bytes each (content
/// type, length, padding block or, in a record of type 0, which byte of the last record to spoil): what is sealed is
/// opened.
void record_sealed(Bytes input);

inline constexpr auto kRecordTargets = std::to_array<Target>({
    {"record_stream", record_stream},
    {"record_sealed", record_sealed},
});

}  // namespace tls::fuzz
