#include "redis_protocol.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "tls/secret.h"

namespace tls::redis {
namespace {

/// All of `text`, as a number; a minus sign alone may stand before the digits.
bool number(std::string_view text, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void wipe_text(std::string& text) noexcept {
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  text.clear();
}

void wipe_text(Reply& reply) noexcept {
  wipe_text(reply.text);
  for (Reply& part : reply.list) wipe_text(part);
}

SecretBytes encoded(const std::vector<Command>& commands) {
  constexpr std::size_t kHeader = 24;  // bytes, at most: a mark, a number of 64 bits, CRLF
  std::size_t size = 0;
  for (const Command& command : commands) {
    size += kHeader;
    for (const std::string& word : command) size += kHeader + word.size() + 2;
  }
  SecretBytes out;
  out.reserve(size);
  const auto put = [&out](std::string_view text) { out.append(as_bytes(text)); };
  const auto header = [&](std::string_view mark, std::size_t count) {
    put(mark);
    put(std::to_string(count));
    put("\r\n");
  };
  for (const Command& command : commands) {
    header("*", command.size());
    for (const std::string& word : command) {
      header("$", word.size());
      put(word);
      put("\r\n");
    }
  }
  return out;
}

void ReplyReader::reset() noexcept {
  for (Open& o : open_) wipe_text(o.list);
  open_.clear();
  wipe_text(text_);
  wipe_text(whole_);
  wipe_text(line_);
  mark_ = 0;
  text_left_ = end_left_ = 0;
  in_text_ = false;
  texts_ = parts_ = 0;
  trouble_ = {};
}

ReplyReader::Status ReplyReader::broken(std::string_view why) {
  reset();
  trouble_ = why;
  return Status::broken;
}

ReplyReader::Status ReplyReader::read(Bytes& in) {
  if (!trouble_.empty()) return Status::broken;
  while (!in.empty()) {
    Status status = Status::more;
    if (text_left_ > 0) {
      const std::size_t n = std::min(in.size(), text_left_);
      text_.text.append(as_text(in.first(n)));
      text_left_ -= n;
      in = in.subspan(n);
      continue;
    }
    const char c = static_cast<char>(in.front());
    in = in.subspan(1);
    if (in_text_) {
      if (c != (end_left_ == 2 ? '\r' : '\n')) return broken("a text is longer than it says");
      if (--end_left_ > 0) continue;
      in_text_ = false;
      status = done(std::exchange(text_, {}));
    } else if (mark_ == 0) {
      if (std::string_view("+-:$*").find(c) == std::string_view::npos) return broken("an answer of an unknown kind");
      mark_ = c;
    } else if (c != '\n') {
      if (line_.size() == kLongestLine) return broken("a line is too long");
      line_ += c;
    } else {
      if (!line_.ends_with('\r')) return broken("a line without its end");
      line_.pop_back();
      status = line();
    }
    if (status != Status::more) return status;
  }
  return Status::more;
}

// A whole line has come.
ReplyReader::Status ReplyReader::line() {
  const char mark = std::exchange(mark_, '\0');
  std::string text = std::exchange(line_, {});
  Reply reply;
  if (mark == '+' || mark == '-') {
    if (text.size() > kMostText - texts_) return broken("an answer is too large");
    texts_ += text.size();
    reply.kind = mark == '+' ? Reply::Kind::status : Reply::Kind::error;
    reply.text = std::move(text);
    return done(std::move(reply));
  }
  std::int64_t value = 0;
  if (!number(text, value)) return broken("no number where one should be");
  if (mark == ':') {
    reply.kind = Reply::Kind::number;
    reply.number = value;
    return done(std::move(reply));
  }
  if (value == -1) {
    reply.kind = Reply::Kind::nil;
    return done(std::move(reply));
  }
  if (value < 0) return broken("a length below zero");
  return mark == '$' ? begin_text(value) : begin_list(value);
}

ReplyReader::Status ReplyReader::begin_text(std::int64_t size) {
  if (static_cast<std::uint64_t>(size) > kMostText - texts_) return broken("an answer is too large");
  text_left_ = static_cast<std::size_t>(size);
  texts_ += text_left_;
  text_.kind = Reply::Kind::text;
  text_.text.reserve(text_left_);  // once: no copy of a secret is left behind
  in_text_ = true;
  end_left_ = 2;
  return Status::more;
}

ReplyReader::Status ReplyReader::begin_list(std::int64_t size) {
  if (static_cast<std::uint64_t>(size) > kMostParts - parts_) return broken("a list is too long");
  if (open_.size() == kMaxDepth) return broken("lists in lists in lists");
  Reply list;
  list.kind = Reply::Kind::list;
  if (size == 0) return done(std::move(list));
  parts_ += static_cast<std::size_t>(size);
  list.list.reserve(static_cast<std::size_t>(size));  // a part that has come is not lost for want of memory, unwiped
  open_.push_back({std::move(list), static_cast<std::size_t>(size)});
  return Status::more;
}

// A value is complete, and so perhaps the lists around it.
ReplyReader::Status ReplyReader::done(Reply reply) {
  while (!open_.empty()) {
    open_.back().list.list.push_back(std::move(reply));
    if (--open_.back().left > 0) return Status::more;
    reply = std::move(open_.back().list);
    open_.pop_back();
  }
  texts_ = parts_ = 0;
  whole_ = std::move(reply);
  return Status::reply;
}

}  // namespace tls::redis
