#include "support/places.h"

#include <cstdlib>

namespace tls::test {

std::filesystem::path source_dir() { return SALLYPORT_SOURCE_DIR; }

std::filesystem::path reference_dir() {
  const char* chosen = std::getenv("SALLYPORT_REFERENCE");
  return chosen != nullptr ? std::filesystem::path(chosen) : source_dir() / ".." / "shared" / "reference";
}

}  // namespace tls::test
