#include "pki/dns_name.h"

#include <cstdint>

namespace tls::pki {
namespace {

constexpr std::size_t kMaxLabel = 63;  // RFC 1035 §2.3.4

/// The character of a normal form for each byte of a label; 0: it may not stand in one.
constexpr std::array<char, 256> kLabelCharacters = [] {
  std::array<char, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const char lowered = lower(static_cast<char>(c));
    if ((lowered >= 'a' && lowered <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_') table[c] = lowered;
  }
  return table;
}();

}  // namespace

bool DnsName::assign(std::string_view text, Wildcard wildcard) noexcept {
  size_ = 0;
  if (text.empty() || text.size() > text_.size()) return false;
  std::size_t i = 0;
  if (wildcard == Wildcard::allowed && text.starts_with("*.")) {
    text_[0] = '*', text_[1] = '.';
    i = 2;
  }
  std::size_t label = 0;
  for (; i < text.size(); ++i) {
    const char c = kLabelCharacters[static_cast<std::uint8_t>(text[i])];
    if (c != 0) {
      if (++label > kMaxLabel) return false;
      text_[i] = c;
    } else {
      if (text[i] != '.' || label == 0) return false;
      text_[i] = '.';
      label = 0;
    }
  }
  if (label == 0) return false;
  size_ = text.size();
  return true;
}

std::string_view DnsName::parent() const noexcept {
  const std::size_t dot = text().find('.');
  return dot == std::string_view::npos ? std::string_view{} : text().substr(dot + 1);
}

bool matches_host(const DnsName& presented, std::string_view host) noexcept {
  if (!presented.is_wildcard()) return !presented.text().empty() && presented.text() == host;
  const std::string_view parent = presented.parent();
  if (parent.find('.') == std::string_view::npos) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string_view::npos && dot != 0 && host.substr(dot + 1) == parent;
}

bool dns_within(std::string_view name, std::string_view base) noexcept {
  if (base.empty()) return true;
  if (name.size() < base.size() || !name.ends_with(base)) return false;
  const std::size_t left = name.size() - base.size();
  return base[0] == '.' ? left != 0 : left == 0 || name[left - 1] == '.';
}

bool wildcard_reaches(const DnsName& name, std::string_view base) noexcept {
  if (!name.is_wildcard()) return false;
  const std::size_t dot = base.find('.');  // 0 in a base with a leading dot, which no single label gets below
  return dot != std::string_view::npos && dot != 0 && base.substr(dot + 1) == name.parent();
}

}  // namespace tls::pki
