// Runs the program `sallyport` and waits for its end.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tls::test {

struct Ran {
  int status = -1;  ///< exit status; 128 + number of the signal that ended it
  std::string out, err;
};

/// `input` becomes its standard input.
[[nodiscard]] Ran run_tool(const std::vector<std::string>& arguments, const std::string& input = {});

/// The same with a file or a named pipe as its standard input.
[[nodiscard]] Ran run_tool_reading(const std::vector<std::string>& arguments, const std::string& input_path);

/// The program, while it runs; it is killed when this goes.
class StartedTool {
 public:
  explicit StartedTool(const std::vector<std::string>& arguments);
  ~StartedTool();
  StartedTool(const StartedTool&) = delete;
  StartedTool& operator=(const StartedTool&) = delete;
  [[nodiscard]] int pid() const noexcept { return child_; }
  /// Waits until it has written `words` to the standard error; whether it did within 10 s.
  [[nodiscard]] bool says(const std::string& words) const;
  /// Waits for its end; as Ran::status.
  [[nodiscard]] int finish();

 private:
  std::string folder_;
  int child_ = 0;
};

/// `sallyport server` on a free port of 127.0.0.1 while this lives.
class RunningServer {
 public:
  explicit RunningServer(const std::vector<std::string>& options);
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  [[nodiscard]] const std::string& port() const noexcept { return port_; }
  [[nodiscard]] int pid() const noexcept { return child_; }
  /// What it wrote to the standard error so far.
  [[nodiscard]] std::string errors() const;
  /// Waits for its end and gives what it printed; with --accept.
  [[nodiscard]] Ran finish();

 private:
  std::string folder_, port_;
  int child_ = 0;
};

/// A folder that goes when this goes.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string path(const std::string& name = {}) const { return (path_ / name).string(); }
  /// Writes a file and gives its path.
  [[nodiscard]] std::string file(const std::string& name, const std::string& text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace tls::test
