// The public face: every call goes to the core.
#include "tls/connection.h"

#include "connection/core.h"

namespace tls {

Connection::Connection(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Step Connection::step(MutableBytes in, Output& out) { return core_->step(in, out); }
Step Connection::transport_closed() { return core_->transport_closed(); }
Result<void> Connection::send(Bytes plaintext, Output& out) { return core_->send(plaintext, out); }
bool Connection::may_send() const noexcept { return core_->may_send(); }
Result<void> Connection::close(Output& out) { return core_->close(out); }
void Connection::abort(Alert alert, Output& out) { core_->abort(alert, out); }
std::size_t ClientConnection::early_data_left() const noexcept { return core_->early_data_left(); }
Result<std::size_t> ClientConnection::send_early(Bytes data, Output& out) { return core_->send_early(data, out); }
const Operation* Connection::pending() const noexcept { return core_->pending(); }
Result<void> Connection::complete(OperationId id, OperationResult result, Output& out) {
  return core_->complete(id, std::move(result), out);
}
Result<void> Connection::update_keys(bool request_peer, Output& out) { return core_->update_keys(request_peer, out); }
Result<void> Connection::export_keying_material(std::string_view label, std::optional<Bytes> context,
                                                MutableBytes out) const {
  return core_->export_keying_material(label, context, out);
}
Result<void> Connection::export_early_keying_material(std::string_view label, Bytes context, MutableBytes out) const {
  return core_->export_early_keying_material(label, context, out);
}
const ConnectionInfo& Connection::info() const noexcept { return core_->info(); }
bool Connection::established() const noexcept { return core_->established(); }
std::uint64_t Connection::records_sent() const noexcept { return core_->records_sent(); }
std::uint64_t Connection::records_received() const noexcept { return core_->records_received(); }

}  // namespace tls
