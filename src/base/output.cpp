#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "tls/bytes.h"

namespace tls {
namespace {
constexpr std::size_t kFirstCapacity = 4096;
}

void Output::Free::operator()(std::uint8_t* p) const noexcept { ::operator delete[](p); }

void Output::consume(std::size_t n) noexcept {
  begin_ += std::min(n, size());
  if (begin_ == end_) begin_ = end_ = 0;
}

void Output::release() noexcept {
  data_.reset();
  begin_ = end_ = capacity_ = 0;
}

MutableBytes Output::prepare(std::size_t n) {
  if (capacity_ - end_ >= n) return {data_.get() + end_, capacity_ - end_};
  const std::size_t queued = size();
  if (capacity_ - queued >= n && begin_ >= queued) {  // room in front, and moving costs no more than it frees
    if (queued != 0) std::memcpy(data_.get(), data_.get() + begin_, queued);
  } else {
    const std::size_t capacity = std::max({kFirstCapacity, capacity_ * 2, queued + n});
    std::unique_ptr<std::uint8_t[], Free> grown(static_cast<std::uint8_t*>(::operator new[](capacity)));
    if (queued != 0) std::memcpy(grown.get(), data_.get() + begin_, queued);
    data_ = std::move(grown);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = queued;
  return {data_.get() + end_, capacity_ - end_};
}

void Output::commit(std::size_t n) noexcept {
  if (n > capacity_ - end_) std::abort();
  end_ += n;
}

void Output::append(Bytes b) {
  if (b.empty()) return;
  std::memcpy(prepare(b.size()).data(), b.data(), b.size());
  commit(b.size());
}

}  // namespace tls
