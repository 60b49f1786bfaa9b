// sallyport vectors: runs test vectors.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "vectors/runner.h"

namespace sallyport::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool list = false, json = false;
};

/// The project's own: in the current folder, else where this program was built.
std::string own_vectors() {
  return std::filesystem::is_directory("vectors") ? "vectors" : SALLYPORT_SOURCE_DIR "/vectors";
}

Action define(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("PATH", options->paths, "Files and folders of vectors; default: the project's own, in vectors/");
  app.add_flag("--list", options->list, "Lists what the files hold and checks nothing");
  app.add_flag("--json", options->json, "JSON on the standard output");
  return [options] {
    if (options->paths.empty()) options->paths = {own_vectors()};
    return tls::vectors::run_vectors(options->paths, options->json, options->list, std::cout, std::cerr);
  };
}

}  // namespace

const Command kVectors = {"vectors", "Runs test vectors: our own, Wycheproof's, NIST's, RFC 8448's, x509-limbo's",
                          define};

}  // namespace sallyport::cli
