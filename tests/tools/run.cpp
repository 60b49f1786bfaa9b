#include "tools/run.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/time_scale.h"

extern char** environ;

namespace tls::test {
namespace {

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Starts the tool with its three streams as files.
pid_t start(std::vector<std::string> words, const std::string& in, const std::string& out, const std::string& err) {
  words.insert(words.begin(), SALLYPORT_TOOL);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT, 0600);
  pid_t child = 0;
  const int failed = posix_spawn(&child, SALLYPORT_TOOL, &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("the tool cannot be started");
  return child;
}

int wait_for(pid_t child) {
  int state = 0;
  if (waitpid(child, &state, 0) != child) throw std::runtime_error("the tool cannot be waited for");
  return WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
}

}  // namespace

Ran run_tool(const std::vector<std::string>& arguments, const std::string& input) {
  const TemporaryFolder folder;
  const std::string in = folder.file("in", input), out = folder.path("out"), err = folder.path("err");
  const int status = wait_for(start(arguments, in, out, err));
  return {status, slurp(out), slurp(err)};
}

Ran run_tool_reading(const std::vector<std::string>& arguments, const std::string& input_path) {
  const TemporaryFolder folder;
  const std::string out = folder.path("out"), err = folder.path("err");
  const int status = wait_for(start(arguments, input_path, out, err));
  return {status, slurp(out), slurp(err)};
}

StartedTool::StartedTool(const std::vector<std::string>& arguments) {
  folder_ = (std::filesystem::temp_directory_path() / "sallyport-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
  child_ = start(arguments, "/dev/null", folder_ + "/out", folder_ + "/err");
}

StartedTool::~StartedTool() {
  if (child_ != 0) {
    ::kill(child_, SIGKILL);
    (void)wait_for(child_);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool StartedTool::says(const std::string& words) const {
  for (int i = 0; i < 500 * time_scale(); ++i) {  // 10 s
    if (slurp(folder_ + "/err").find(words) != std::string::npos) return true;
    ::usleep(20000);
  }
  return false;
}

int StartedTool::finish() {
  const int status = wait_for(child_);
  child_ = 0;
  return status;
}

RunningServer::RunningServer(const std::vector<std::string>& options) {
  folder_ = (std::filesystem::temp_directory_path() / "sallyport-XXXXXX").string();
  if (mkdtemp(folder_.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
  std::vector<std::string> words = {"server", "--listen", "127.0.0.1:0"};
  words.insert(words.end(), options.begin(), options.end());
  child_ = start(words, "/dev/null", folder_ + "/out", folder_ + "/err");
  const std::string said = "listening on 127.0.0.1:";
  for (int i = 0; i < 500 * time_scale(); ++i) {  // 10 s
    const std::string err = slurp(folder_ + "/err");
    const std::size_t at = err.find(said), end = err.find('\n', at);
    if (at != std::string::npos && end != std::string::npos) {
      port_ = err.substr(at + said.size(), end - at - said.size());
      return;
    }
    ::usleep(20000);
  }
  throw std::runtime_error("the server did not start: " + slurp(folder_ + "/err"));
}

RunningServer::~RunningServer() {
  if (child_ != 0) {
    ::kill(child_, SIGTERM);
    int state = 0;
    (void)::waitpid(child_, &state, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string RunningServer::errors() const { return slurp(folder_ + "/err"); }

Ran RunningServer::finish() {
  const int status = wait_for(child_);
  child_ = 0;
  return {status, slurp(folder_ + "/out"), slurp(folder_ + "/err")};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "sallyport-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder can be made");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::file(const std::string& name, const std::string& text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return path(name);
}

}  // namespace tls::test
