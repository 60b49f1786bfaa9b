// The options of cli/staple.h.
#include <CLI/CLI.hpp>

#include "cli/staple.h"

namespace sallyport::cli {

void define_staple_options(CLI::App& app, StapleOptions& options) {
  app.add_option("--staple", options.files,
                 "DER: the OCSP response for the --cert of the same place, for clients that ask (repeatable). It must "
                 "be of that certificate and in date, and is dropped at its end; default: none")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_flag(
      "--staple-fetch", options.fetch,
      "Fetches OCSP responses from the responders that the certificates name (authorityInfoAccess), over plain "
      "HTTP, and renews them at half of their validity, but within a day; default: off");
  app.add_option("--staple-cache", options.folder,
                 "A folder in which OCSP responses outlive the program; made where its parent exists; default: none")
      ->type_name("DIR");
  app.add_flag("--staple-allow-private", options.allow_private,
               "Asks responders at loopback, private and link-local addresses, too; default: off");
}

}  // namespace sallyport::cli
