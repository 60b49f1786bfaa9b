// The public face: every call goes to the core, where there is one.
#include "tls/connection.h"

#include "connection/core.h"

namespace tls {

Connection::Connection(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Connection::Connection(Code failure) noexcept : without_core_(failure) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Step Connection::step(MutableBytes in, Output& out) {
  return core_ ? core_->step(in, out) : Step{Failed{Error(without_core_)}, in.size()};
}
Step Connection::transport_closed() {
  return core_ ? core_->transport_closed() : Step{Failed{Error(without_core_)}, 0};
}
Result<void> Connection::send(Bytes plaintext, Output& out) {
  return core_ ? core_->send(plaintext, out) : fail(without_core_);
}
bool Connection::may_send() const noexcept { return core_ && core_->may_send(); }
Result<void> Connection::close(Output& out) { return core_ ? core_->close(out) : fail(without_core_); }
void Connection::abort(Alert alert, Output& out) {
  if (core_) core_->abort(alert, out);
}
std::size_t ClientConnection::early_data_left() const noexcept { return core_ ? core_->early_data_left() : 0; }
Result<std::size_t> ClientConnection::send_early(Bytes data, Output& out) {
  return core_ ? core_->send_early(data, out) : fail(without_core_);
}
const Operation* Connection::pending() const noexcept { return core_ ? core_->pending() : nullptr; }
std::shared_ptr<const Operation> Connection::share_pending() const noexcept {
  return core_ ? core_->share_pending() : nullptr;
}
Result<void> Connection::complete(OperationId id, OperationResult result, Output& out) {
  return core_ ? core_->complete(id, std::move(result), out) : fail(without_core_);
}
Result<void> Connection::update_keys(bool request_peer, Output& out) {
  return core_ ? core_->update_keys(request_peer, out) : fail(without_core_);
}
Result<void> Connection::export_keying_material(std::string_view label, std::optional<Bytes> context,
                                                MutableBytes out) const {
  return core_ ? core_->export_keying_material(label, context, out) : fail(without_core_);
}
Result<void> Connection::export_early_keying_material(std::string_view label, Bytes context, MutableBytes out) const {
  return core_ ? core_->export_early_keying_material(label, context, out) : fail(without_core_);
}
const ConnectionInfo& Connection::info() const noexcept {
  static const ConnectionInfo nothing;
  return core_ ? core_->info() : nothing;
}
bool Connection::established() const noexcept { return core_ && core_->established(); }
std::uint64_t Connection::records_sent() const noexcept { return core_ ? core_->records_sent() : 0; }
std::uint64_t Connection::records_received() const noexcept { return core_ ? core_->records_received() : 0; }

}  // namespace tls
