#include "tls/config_source.h"

#include <utility>

namespace tls {
namespace {

class FunctionSource final : public ServerConfigSource {
 public:
  explicit FunctionSource(std::function<Answer<ServerConfig>(const ConfigRequest&)> choose)
      : choose_(std::move(choose)) {}
  Answer<ServerConfig> choose(const ConfigRequest& request) const override {
    if (!choose_) return fail(Code::misuse, "the source of configurations is an empty function");
    return choose_(request);
  }

 private:
  std::function<Answer<ServerConfig>(const ConfigRequest&)> choose_;
};

}  // namespace

std::shared_ptr<const ServerConfigSource> config_source(
    std::function<Answer<ServerConfig>(const ConfigRequest&)> choose) {
  return std::make_shared<const FunctionSource>(std::move(choose));
}

}  // namespace tls
