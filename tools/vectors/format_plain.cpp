// Our own format, to be read and typed by people: docs/vectors.md.
#include "vectors/registry.h"

namespace tls::vectors {
namespace {

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

class PlainReader {
 public:
  explicit PlainReader(const Emit& emit) : emit_(emit) {}
  void line(std::string_view raw) {
    ++number_;
    const std::string_view text = trim(raw);
    if (text.starts_with('#')) return;
    if (text.empty()) return end_case();
    if (text.front() == '[') return section(text);
    if (raw.front() == ' ' || raw.front() == '\t') return go_on(text);
    const auto equals = text.find('=');
    if (equals == text.npos) throw BadVector(where() + "neither a section nor a value");
    end_value();
    if (name_.empty() && !started_) start_case();
    name_ = trim(text.substr(0, equals));
    value_ = trim(text.substr(equals + 1));
  }
  void end_case() {
    end_value();
    if (started_) emit_(case_);
    started_ = false;
  }

 private:
  std::string where() const { return "line " + std::to_string(number_) + ": "; }
  void section(std::string_view text) {
    end_case();
    const auto space = text.find(' ');
    if (text.back() != ']' || space == text.npos) throw BadVector(where() + "a section is [KIND ALGORITHM]");
    kind_ = text.substr(1, space - 1);
    algorithm_ = trim(text.substr(space, text.size() - 1 - space));
  }
  void start_case() {
    if (kind_.empty()) throw BadVector(where() + "a value before the first section");
    case_ = {};
    case_.kind = kind_;
    case_.algorithm = algorithm_;
    case_.id = "line " + std::to_string(number_);
    started_ = true;
  }
  void go_on(std::string_view text) {
    if (name_.empty()) throw BadVector(where() + "no value to go on with");
    (value_ += ' ') += text;
  }
  void end_value() {
    if (name_.empty()) return;
    if (name_ == "comment")
      case_.comment = value_;
    else if (name_ == "result")
      case_.expect = expectation();
    else if (case_.has(name_))
      throw BadVector(where() + "\"" + name_ + "\" twice");
    else
      case_.set(name_, value_);
    name_.clear();
  }
  Expect expectation() const {
    if (value_ == "valid") return Expect::valid;
    if (value_ == "invalid") return Expect::invalid;
    if (value_ == "acceptable") return Expect::acceptable;
    throw BadVector(where() + "a result is valid, invalid or acceptable");
  }

  const Emit& emit_;
  std::size_t number_ = 0;
  std::string kind_, algorithm_, name_, value_;
  Case case_;
  bool started_ = false;
};

bool accepts(const File& file) { return file.path.ends_with(".txt") && file.text.starts_with("# source:"); }

void read(const File& file, const Emit& emit) {
  PlainReader reader(emit);
  std::string_view rest = file.text;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    reader.line(rest.substr(0, end));
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
  }
  reader.end_case();
}

}  // namespace

constinit const Format kPlainFormat = {"plain", accepts, read};

}  // namespace tls::vectors
