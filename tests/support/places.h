// Where the tests find what is not compiled into them.
#pragma once

#include <filesystem>

namespace tls::test {

/// The project's own folder. Only places.cpp is compiled with its path: other objects are the same in every checkout,
/// so a compiler cache serves them all.
[[nodiscard]] std::filesystem::path source_dir();
/// The reference data (vectors, captures, certificate sets), which is not part of the project and may not be there:
/// SALLYPORT_REFERENCE, else ../shared/reference beside the project.
[[nodiscard]] std::filesystem::path reference_dir();

}  // namespace tls::test
