#include "cli/http.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/facts.h"
#include "cli/files.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kMaxHead = 16 << 10;  // bytes of one request's head

struct Request {
  std::string method, target;
  bool keep_alive = true;
};

struct Response {
  std::string status = "200 OK", type = "text/html; charset=utf-8", body;
};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// Method, target and what matters of the fields. No method: not a request that we understand.
Request parse(const std::string& head) {
  Request request;
  const std::size_t line_end = head.find("\r\n"), first = head.find(' ');
  const std::size_t second = first == std::string::npos ? first : head.find(' ', first + 1);
  if (second == std::string::npos || second > line_end) return request;
  request.method = head.substr(0, first);
  request.target = head.substr(first + 1, second - first - 1);
  request.target.resize(std::min(request.target.find('?'), request.target.size()));
  const std::string version = head.substr(second + 1, line_end - second - 1), fields = lower(head.substr(line_end));
  request.keep_alive = version == "HTTP/1.1" && fields.find("\r\nconnection: close") == std::string::npos;
  // Bodies are not read: what follows one could be taken for a request.
  const bool body = fields.find("\r\ncontent-length:") != std::string::npos ||
                    fields.find("\r\ntransfer-encoding:") != std::string::npos;
  if (body) request.keep_alive = false;
  return request;
}

std::string escape(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
  return out;
}

Response page(const Channel& channel, const std::string& target) {
  const nlohmann::ordered_json all = facts(channel.info(), channel.traffic());
  if (target == "/json") return {.type = "application/json", .body = all.dump() + "\n"};
  if (target != "/") return {.status = "404 Not Found", .body = "<p>There are / and /json.</p>\n"};
  std::string rows;
  for (const auto& [key, value] : all.items())
    rows += "<tr><th>" + key + "<td>" + escape(value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
  return {.body = "<!doctype html><title>Sallyport</title><h1>Sallyport</h1><table>\n" + rows + "</table>\n"};
}

const char* type_of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".html") return "text/html; charset=utf-8";
  if (extension == ".txt") return "text/plain; charset=utf-8";
  if (extension == ".json") return "application/json";
  return "application/octet-stream";
}

/// A regular file below `root`, whatever dots and links the target is made of.
Response file(const std::string& root, const std::string& target) {
  namespace fs = std::filesystem;
  const Response missing{.status = "404 Not Found", .body = "<p>There is no such file.</p>\n"};
  std::error_code error;
  const fs::path base = fs::canonical(root, error);
  if (error) return missing;
  fs::path wanted = fs::canonical(base / fs::path(target).relative_path(), error);
  if (error) return missing;
  const auto [end, unused] = std::mismatch(base.begin(), base.end(), wanted.begin(), wanted.end());
  if (end != base.end()) return missing;
  if (fs::is_directory(wanted)) wanted /= "index.html";
  if (!fs::is_regular_file(fs::symlink_status(wanted, error))) return missing;
  return {.type = type_of(wanted), .body = read_file(wanted.string())};
}

Response answer(const Channel& channel, const Request& request, const std::string& root) {
  if (request.method.empty()) return {.status = "400 Bad Request", .body = "<p>That is not HTTP/1.1.</p>\n"};
  if (request.method != "GET" && request.method != "HEAD")
    return {.status = "405 Method Not Allowed", .body = "<p>There are GET and HEAD.</p>\n"};
  try {
    return root.empty() ? page(channel, request.target) : file(root, request.target);
  } catch (const Failure&) {
    return {.status = "404 Not Found", .body = "<p>The file cannot be read.</p>\n"};
  }
}

tls::Result<void> send(Channel& channel, const Request& request, const Response& response) {
  std::string out = "HTTP/1.1 " + response.status + "\r\nContent-Type: " + response.type +
                    "\r\nContent-Length: " + std::to_string(response.body.size()) +
                    "\r\nConnection: " + (request.keep_alive ? "keep-alive" : "close") + "\r\n\r\n";
  if (request.method != "HEAD") out += response.body;
  return channel.write(tls::as_bytes(out));
}

}  // namespace

// RFC 8470 §4: a request of which a part came early is an early one: its head must be whole to be answered early.
tls::Result<void> HttpServer::answer_waiting(bool early) {
  while (!closing_) {
    const std::size_t end = waiting_.find("\r\n\r\n");
    if (end == std::string::npos && waiting_.size() <= kMaxHead) return {};
    Request request = end == std::string::npos ? Request{} : parse(waiting_.substr(0, end + 2));
    if (request.method.empty()) request.keep_alive = false;
    waiting_.erase(0, end == std::string::npos ? end : end + 4);
    Response response = answer(channel_, request, root_);
    if (early && request.method != "GET" && request.method != "HEAD")
      response = {.status = "425 Too Early", .body = "<p>Send it again when the handshake is done.</p>\n"};
    if (auto sent = send(channel_, request, response); !sent) return sent;
    closing_ = !request.keep_alive;
  }
  return {};
}

tls::Result<void> HttpServer::take_early(tls::Bytes data) {
  waiting_ += tls::as_text(data);
  return answer_waiting(true);
}

tls::Result<void> HttpServer::run() {
  while (true) {
    if (auto answered = answer_waiting(false); !answered) return answered;
    if (closing_) return channel_.close();
    auto data = channel_.read();
    if (!data) return std::unexpected(std::move(data).error());
    if (data->empty()) return channel_.close();
    waiting_ += tls::as_text(*data);
  }
}

}  // namespace sallyport::cli
