#include "session/published.h"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

namespace tls::session {
namespace {

/// Knows how many of its kind are alive.
struct Counted {
  static inline std::atomic<int> alive{0};
  explicit Counted(int v) : value(std::make_unique<int>(v)) { ++alive; }
  Counted(Counted&& o) noexcept : value(std::move(o.value)) { ++alive; }
  Counted& operator=(Counted&&) = delete;
  ~Counted() { --alive; }
  std::unique_ptr<int> value;
};

TEST_CASE("a view keeps its value; what is replaced goes with its last view") {
  {
    Published<Counted> published(Counted(1));
    const auto held = published.writer();
    {
      const auto view = published.view();
      published.replace(Counted(2), held);
      CHECK_FALSE(published.tidy(held));
      CHECK(*view->value == 1);
      CHECK(*published.view()->value == 2);
      CHECK(Counted::alive == 2);
      CHECK(published.stale());
    }
    CHECK(published.tidy(held));
    CHECK_FALSE(published.stale());
    CHECK(Counted::alive == 1);
    CHECK(*published.current(held).value == 2);
  }
  CHECK(Counted::alive == 0);
}

TEST_CASE("readers see values in order, and none that is gone") {
  Published<Counted> published(Counted(0));
  constexpr int kLast = 3000;
  std::atomic<bool> wrong{false};
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t)
    readers.emplace_back([&] {
      for (int seen = 0; seen < kLast;) {
        const auto view = published.view();
        if (!view->value || *view->value < seen) wrong = true;
        if (view->value) seen = *view->value;
        std::this_thread::yield();
      }
    });
  for (int i = 1; i <= kLast; ++i) {
    const auto held = published.writer();
    published.replace(Counted(i), held);
    if (i % 3 == 0) published.tidy(held);
  }
  for (auto& r : readers) r.join();
  CHECK_FALSE(wrong);
  CHECK(published.tidy(published.writer()));
  CHECK(Counted::alive == 1);
}

}  // namespace
}  // namespace tls::session
