#include "token_bucket.h"

#include <doctest/doctest.h>

using namespace tls;
using std::chrono::milliseconds;

namespace {

int taken(TokenBucket& bucket, milliseconds now) {
  int n = 0;
  while (bucket.take(now)) ++n;
  return n;
}

}  // namespace

TEST_CASE("a bucket gives as many tokens at once as it gives in a second") {
  TokenBucket bucket(10, milliseconds(5000));
  CHECK(taken(bucket, milliseconds(5000)) == 10);
  CHECK(taken(bucket, milliseconds(5099)) == 0);
  CHECK(taken(bucket, milliseconds(5100)) == 1);
  CHECK(taken(bucket, milliseconds(5600)) == 5);
  CHECK(taken(bucket, milliseconds(6600)) == 10);
}

TEST_CASE("a bucket holds no more than a second's tokens, however long nobody takes any") {
  TokenBucket bucket(3, milliseconds(0));
  CHECK(taken(bucket, milliseconds(0)) == 3);
  CHECK(taken(bucket, std::chrono::hours(24 * 365 * 100)) == 3);
  // The times are the caller's: nothing runs over.
  TokenBucket most(TokenBucket::kMostRate, milliseconds(0));
  CHECK(taken(most, milliseconds(0)) == static_cast<int>(TokenBucket::kMostRate));
  CHECK(taken(most, std::chrono::hours(24 * 365 * 1000)) == static_cast<int>(TokenBucket::kMostRate));
}

TEST_CASE("a clock that goes back brings no tokens, and takes none") {
  TokenBucket bucket(2, milliseconds(1000));
  CHECK(bucket.take(milliseconds(1000)));
  CHECK(bucket.take(milliseconds(0)));
  CHECK_FALSE(bucket.take(milliseconds(0)));
  CHECK_FALSE(bucket.take(milliseconds(1499)));
  CHECK(bucket.take(milliseconds(1500)));
}

TEST_CASE("the rates of a bucket: one a second, and the most") {
  TokenBucket one(1, milliseconds(0)), most(TokenBucket::kMostRate, milliseconds(0));
  CHECK(taken(one, milliseconds(0)) == 1);
  CHECK_FALSE(one.take(milliseconds(999)));
  CHECK(one.take(milliseconds(1000)));
  CHECK(taken(most, milliseconds(0)) == static_cast<int>(TokenBucket::kMostRate));
  CHECK(taken(most, milliseconds(1)) == static_cast<int>(TokenBucket::kMostRate / 1000));
}
