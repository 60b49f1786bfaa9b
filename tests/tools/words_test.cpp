// Words for people: what was probably meant, and lines that fit.
#include "cli/words.h"

#include <doctest/doctest.h>

using namespace sallyport::cli;

TEST_CASE("the name that was meant has a letter changed, added, left out or swapped") {
  const std::vector<std::string> known = {"server", "client", "states", "pki"};
  for (const char* word : {"server", "sarver", "serverr", "serer", "esrver"}) CHECK(nearest(word, known) == "server");
  CHECK(nearest("state", known) == "states");
  CHECK(nearest("pkl", known) == "pki");
  for (const char* word : {"", "x", "frobnicate", "serpentine"}) CHECK(nearest(word, known).empty());
  CHECK(nearest("server", {}).empty());
}

TEST_CASE("lines are as long as they may be and no longer, and no word is lost") {
  CHECK(wrapped("", 10).empty());
  CHECK(wrapped("one two", 7) == "one two");
  CHECK(wrapped("one two", 6) == "one\ntwo");
  CHECK(wrapped("one two three four", 9) == "one two\nthree\nfour");
  CHECK(wrapped("a-word-that-is-long and more", 8) == "a-word-that-is-long\nand more");
}
