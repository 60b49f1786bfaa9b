#include "handshake/post13/post13.h"

#include <algorithm>
#include <array>

#include "base/exceptions.h"
#include "base/limits.h"
#include "base/writer.h"
#include "handshake/proof.h"
#include "handshake/running.h"
#include "wire/key_update.h"
#include "wire/message.h"
#include "wire/new_session_ticket.h"

namespace tls::handshake::post13 {
namespace {

constexpr std::string_view kStateNames[] = {"Connected"};

// A KeyUpdate must end its record: what follows is under the new key (RFC 9846 §5.1).
constexpr std::array<MachineTable::Transition, 2> kRows{{
    // from  on                      to            hash        edge
    {0, On::key_update, IdSet{1}, Hash::none, Edge::aligned},
    {0, On::new_session_ticket, IdSet{1}, Hash::none, Edge::any},  // clients only: RFC 9846 §4.7.1
}};
constexpr std::array<MachineTable::State, 1> kStates{{
    {kStateNames[0], {.write_data = true, .read_data = true}},
}};
/// All that a row may stand for; Post13 has one on() for each row (proven below the class).
template <class... M>
struct MessageList {};
constexpr MessageList<wire::KeyUpdate, wire::NewSessionTicket> kMessages;

class Post13 final : public PostHandshake {
 public:
  explicit Post13(Survivors survivors) : s_(std::move(survivors)) {}

  Result<std::size_t> max_message(std::uint8_t type) const override {
    const On event = static_cast<On>(type);
    // RFC 9846 §4: a type that no row expects is refused by its header alone.
    if (row_of(event) == nullptr) return fail(Code::unexpected_message, describe(type) + " after the handshake");
    return event == On::key_update ? limits::kMaxKeyUpdate : limits::kMaxHandshakeMessage;
  }

  Result<void> receive(Bytes message, bool ends_record, Sink& sink) override {
    const On event = static_cast<On>(message[0]);
    const MachineTable::Transition* row = row_of(event);
    if (row == nullptr) return fail(Code::unexpected_message, describe(message[0]) + " after the handshake");
    if (row->edge == Edge::aligned && !ends_record)
      return fail(Code::excess_handshake_data, std::string(name(event)) + " must end its record");
    return dispatch(kMessages, event, wire::message_body(message), sink);
  }

  Result<void> on(const wire::KeyUpdate& update, Sink& sink) {
    if (++updates_in_row_ > limits::kMaxKeyUpdatesInRow) return fail(Code::too_many_key_updates);
    s_.read = next_generation(*s_.suite.hash, s_.read);
    sink.install(Direction::read, Epoch::application, s_.suite, s_.read);
    awaiting_answer_ = false;
    if (update.request_update == wire::KeyUpdateRequest::update_not_requested) return {};
    // RFC 9846 §4.7.3: answered before our next application data, all that came while we were silent with a single
    // update: a peer that asks and reads no answer makes us queue nothing. When our updates are used up the request is
    // ignored.
    answer_due_ = updates_sent_ < limits::kMaxKeyUpdates;
    return {};
  }

  // A malformed one is an error even where nobody keeps sessions.
  Result<void> on(const wire::NewSessionTicket& ticket, Sink&) {
    // RFC 9846 §4.7.1: a lifetime of zero: discarded immediately. Of the rest we keep so many, whatever a server sends.
    if (!s_.tickets || ticket.ticket_lifetime == 0 || s_.tickets->kept >= limits::kMaxNewTickets) return {};
    if (ticket.ticket.size() > limits::kMaxTicket) return {};  // it would not fit our next ClientHello
    keep(*s_.tickets, ticket);
    return {};
  }

  void data_received() noexcept override { updates_in_row_ = 0; }
  /// RFC 9846 §6: the PSKs of a failed connection's tickets SHOULD be discarded. A server keeps none.
  void failed(const Error& error) noexcept override {
    if (s_.tickets && s_.tickets->kept != 0 && ended_by_alert(error))
      ignoring_exceptions([&] { s_.tickets->settings->sessions->remove(s_.tickets->key); });
  }

  Result<void> update_keys(bool request_peer, Sink& sink) override {
    // RFC 9846 §4.7.3: no second request before the peer has answered the first.
    const bool ask = request_peer && !awaiting_answer_;
    // RFC 9846 §4.7.3: the answer that is due MUST say update_not_requested; a wish of our own is a message of its own.
    if (answer_due_ && ask)
      if (auto answered = send_update(false, sink); !answered) return answered;
    return send_update(ask, sink);
  }

  bool update_due(std::uint64_t sealed) const noexcept override {
    return answer_due_ || (sealed >= s_.records_per_key && updates_sent_ < limits::kMaxKeyUpdates);
  }

  Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                      MutableBytes out) const override {
    return export_from(*s_.suite.hash, s_.exporter, label, context.value_or(Bytes{}), out);
  }

 private:
  const MachineTable::Transition* row_of(On event) const {
    for (const auto& row : kRows)
      if (row.on == event && (event != On::new_session_ticket || s_.is_client)) return &row;
    return nullptr;
  }

  Result<void> send_update(bool ask, Sink& sink) {
    // RFC 9846 §4.7.3: the number of our own updates MUST NOT exceed 2^48-1.
    if (updates_sent_ >= limits::kMaxKeyUpdates) return fail(Code::key_update_exhausted);
    using enum wire::KeyUpdateRequest;
    // Under the old key:
    sink.send(wire::handshake_message(wire::KeyUpdate{ask ? update_requested : update_not_requested}),
              Epoch::application);
    s_.write = next_generation(*s_.suite.hash, s_.write);
    sink.install(Direction::write, Epoch::application, s_.suite, s_.write);
    ++updates_sent_;
    answer_due_ = false;
    awaiting_answer_ |= ask;
    return {};
  }

  template <class... M>
  Result<void> dispatch(MessageList<M...>, On event, Bytes body, Sink& sink) {
    Result<void> done;
    const auto handle = [&]<class Message>(std::type_identity<Message>) {
      auto message = Message::parse(body);
      if (message)
        done = on(*message, sink);
      else
        done = std::unexpected(std::move(message.error()));
    };
    ((event == event_for<M>() ? handle(std::type_identity<M>{}) : void()), ...);
    return done;
  }

  void keep(TicketKeeper& keeper, const wire::NewSessionTicket& ticket) const {
    auto state = std::make_shared<session::ClientState>();
    const session::ClientState& like = keeper.like;
    state->version = like.version;
    state->suite = like.suite;
    state->extended_main_secret = like.extended_main_secret;
    const Psk psk = ticket_psk(*s_.suite.hash, keeper.secret, ticket.ticket_nonce);
    state->secret = session::ResumptionKey(psk.expose());
    state->received = keeper.settings->clock->wall();
    // RFC 9846 §4.7.1: MUST NOT be used for longer than seven days.
    state->lifetime = std::min(std::chrono::seconds(ticket.ticket_lifetime), limits::kMaxSessionLifetime);
    state->authenticated = like.authenticated;
    state->not_after = like.not_after;
    if (state->expires() <= state->received) return;
    state->ticket.assign(ticket.ticket.begin(), ticket.ticket.end());
    state->age_add = ticket.ticket_age_add;
    state->max_early_data = ticket.early_data.value_or(0);
    state->alpn = like.alpn;
    state->peer_certificates = like.peer_certificates;
    state->peer_certificate_sha256 = like.peer_certificate_sha256;
    state->ocsp_response = like.ocsp_response;
    state->signed_certificate_timestamps = like.signed_certificate_timestamps;
    keeper.settings->sessions->put(keeper.key, ClientSession(std::move(state)));
    ++keeper.kept;
  }

  Survivors s_;
  std::uint64_t updates_sent_ = 0;
  unsigned updates_in_row_ = 0;
  bool answer_due_ = false, awaiting_answer_ = false;
};

template <class Message>
concept Handled = requires(Post13& machine, const Message& message, Sink& sink) { machine.on(message, sink); };
template <Handled... M>
consteval auto handlers_of(MessageList<M...>) {
  return std::array{MachineTable::Handler{0, event_for<M>(), IdSet{1}}...};
}
constexpr auto kHandlers = handlers_of(kMessages);
constexpr MachineTable kTable{"post13", kRows, kStates, kHandlers};
static_assert(rows_are_unique(kTable) && rows_and_handlers_agree(kTable), "table and handlers disagree");

}  // namespace

std::unique_ptr<PostHandshake> make(Survivors survivors) { return std::make_unique<Post13>(std::move(survivors)); }
const MachineTable& table() { return kTable; }

}  // namespace tls::handshake::post13
