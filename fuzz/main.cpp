// The program fuzz_NAME: libFuzzer around one target, tls::fuzz::NAME.
#include "fuzz/target.h"

namespace tls::fuzz {
void SALLYPORT_FUZZ_TARGET(Bytes input);
}

// NOLINTNEXTLINE: the names are libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tls::fuzz::SALLYPORT_FUZZ_TARGET({data, size});
  return 0;
}
