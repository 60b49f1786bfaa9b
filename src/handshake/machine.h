// Machine<Spec>: typed states that follow a table. The compiler proves that
// - a handler exists for exactly the rows of the table, and its return type names exactly the row's successors;
// - no two rows share state and event, and each state is reachable;
// - each state has its permissions.
// At run time, the table comes first: an event without a row is rejected before its body is parsed.
//
// Spec provides: State (a variant; each alternative owns exactly its data), Id (an enumeration in the same order),
// Messages (a tuple of all events of the machine), kName, kTable, kStates, Context (with max_message(event),
// parse<Message>(body), and failed() if a failure has consequences) and finish(last state, context), which returns the
// part that outlives the machine. Handlers are found by their arguments:
//   Result<Next<Successors...>> on(StateX&&, const Message&, Context&);
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/limits.h"
#include "handshake/proof.h"
#include "handshake/running.h"
#include "wire/message.h"

namespace tls::handshake {

/// The successors of a handler.
template <class... States>
using Next = std::variant<States...>;

namespace detail {

template <class S, class Variant, std::size_t I = 0>
consteval std::size_t index_of() {
  if constexpr (std::is_same_v<S, std::variant_alternative_t<I, Variant>>)
    return I;
  else
    return index_of<S, Variant, I + 1>();
}

template <class S, class M, class C>
concept Handles = requires(S&& state, const M& message, C& context) { on(std::move(state), message, context); };

template <class Variant, class T>
struct Successors;
template <class Variant, class... S>
struct Successors<Variant, Result<Next<S...>>> {
  static constexpr IdSet set = ((IdSet{1} << index_of<S, Variant>()) | ...);
};

template <class M>
concept IsAnswer = requires { typename M::Value; };

}  // namespace detail

/// The tables of a Spec without their types, and the handlers as their types declare them.
template <class Spec>
struct Tables {
  using State = typename Spec::State;
  using Messages = typename Spec::Messages;
  static constexpr std::size_t kStateCount = std::variant_size_v<State>;
  static constexpr std::size_t kMessageCount = std::tuple_size_v<Messages>;

  /// Returns the handler of state S and message M. Its set of successors is empty if there is no handler.
  template <std::size_t S, std::size_t M>
  static consteval MachineTable::Handler handler() {
    using StateType = std::variant_alternative_t<S, State>;
    using Message = std::tuple_element_t<M, Messages>;
    MachineTable::Handler h{S, event_for<Message>(), 0};
    if constexpr (detail::Handles<StateType, Message, typename Spec::Context>)
      h.to = detail::Successors<State, decltype(on(std::declval<StateType>(), std::declval<const Message&>(),
                                                   std::declval<typename Spec::Context&>()))>::set;
    return h;
  }
  template <std::size_t... I>
  static consteval auto all_handlers(std::index_sequence<I...>) {
    return std::array{handler<I / kMessageCount, I % kMessageCount>()...};
  }
  static constexpr auto kHandlers = [] {
    constexpr auto all = all_handlers(std::make_index_sequence<kStateCount * kMessageCount>{});
    constexpr auto exists = [](const MachineTable::Handler& h) { return h.to != 0; };
    std::array<MachineTable::Handler, static_cast<std::size_t>(std::ranges::count_if(all, exists))> handlers{};
    std::ranges::copy_if(all, handlers.begin(), exists);
    return handlers;
  }();
  static constexpr auto kRows = [] {
    std::array<MachineTable::Transition, std::size(Spec::kTable)> rows{};
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& r = Spec::kTable[i];
      rows[i] = {static_cast<unsigned>(r.from), r.on, r.to, r.hash, r.edge};
    }
    return rows;
  }();
  static constexpr auto kStates = [] {
    std::array<MachineTable::State, std::size(Spec::kStates)> states{};
    for (std::size_t i = 0; i < states.size(); ++i) states[i] = {Spec::kStates[i].name, Spec::kStates[i].may};
    return states;
  }();
  static constexpr MachineTable kTable{Spec::kName, kRows, kStates, kHandlers};
};

/// The compile-time proofs that the top of this file lists.
template <class Spec>
struct Proof {
  static consteval bool states_are_in_order() {
    for (std::size_t i = 0; i < std::size(Spec::kStates); ++i)
      if (static_cast<std::size_t>(Spec::kStates[i].id) != i) return false;
    return std::size(Spec::kStates) == Tables<Spec>::kStateCount;
  }
  static_assert(Tables<Spec>::kStateCount <= 32, "a set of states is 32 bits");
  static_assert(rows_are_unique(Tables<Spec>::kTable), "two rows of the table share state and event");
  static_assert(rows_and_handlers_agree(Tables<Spec>::kTable), "table and handlers disagree");
  static_assert(all_states_are_reachable(Tables<Spec>::kTable), "a state cannot be reached");
  static_assert(states_are_in_order(), "the table of states is not in the order of the states");
  static constexpr bool holds = true;
};

template <class Spec>
class Machine final : public Running {
  static_assert(Proof<Spec>::holds);
  // This keeps the machine in a valid state when an exception is thrown.
  static_assert(std::is_nothrow_move_constructible_v<typename Spec::State> &&
                std::is_nothrow_move_assignable_v<typename Spec::State>);
  using State = typename Spec::State;
  using ContextType = typename Spec::Context;
  using Id = typename Spec::Id;
  static constexpr std::size_t kRows = std::size(Spec::kTable);

 public:
  template <class First>
  Machine(ContextType context, First&& first) : context_(std::move(context)), state_(std::forward<First>(first)) {}

  Result<std::size_t> max_message(std::uint8_t type) const override {
    // RFC 9846 §4: a type that no row expects is rejected by its header alone. A HelloRetryRequest is a server_hello.
    if (row_of(static_cast<On>(type)) == nullptr &&
        !(static_cast<On>(type) == On::server_hello && row_of(On::hello_retry_request) != nullptr))
      return unexpected(describe(type));
    return context_.max_message(static_cast<On>(type));
  }

  Result<void> receive(On event, Bytes message, bool ends_record, Sink& sink) override {
    const auto* row = row_of(event);
    if (row == nullptr) return unexpected(std::string(name(event)));
    if (row->edge == Edge::aligned && !ends_record)
      return fail(Code::excess_handshake_data, std::string(name(event)) + " must end its record");
    context_.sink = &sink;
    context_.message = message;
    if (row->hash == Hash::before) context_.transcript.add(message);
    const auto index = static_cast<std::size_t>(row - Spec::kTable);
    if (auto moved = kThunks[index](*this, message, nullptr); !moved) return moved;
    if (row->hash == Hash::after) context_.transcript.add(message);
    return settle();
  }

  Result<void> answer(OperationResult result, Sink& sink) override {
    context_.sink = &sink;
    context_.message = {};
    context_.answer = std::move(result);
    return settle();
  }

  Permissions permissions() const noexcept override {
    Permissions may = Spec::kStates[state_.index()].may;
    may.write_early_data &= context_.early_data_open;
    may.skip_early_data &= context_.early_data_refused;  // a client that offered no early data sends none to skip
    return may;
  }
  const ConnectionInfo& info() const noexcept override { return context_.info; }
  ConnectionInfo take_info() noexcept override { return std::move(context_.info); }
  bool done() const noexcept override { return state_.index() + 1 == std::variant_size_v<State>; }
  void failed() noexcept override {
    if constexpr (requires { context_.failed(); }) context_.failed();
  }
  std::size_t max_early_data() const noexcept override { return context_.max_early_data; }
  Handshake::Outcome take() override {
    using Last = std::variant_alternative_t<std::variant_size_v<State> - 1, State>;
    auto post = Spec::finish(std::move(std::get<Last>(state_)), context_);
    return {std::move(context_.info), std::move(post)};
  }

  // Works in states that may write data and that own the keys for it.
  Result<void> export_keying_material(std::string_view label, std::optional<Bytes> context,
                                      MutableBytes out) const override {
    return std::visit(
        [&]([[maybe_unused]] const auto& state) -> Result<void> {
          if constexpr (requires { export_with(state.keys, label, context, out); })
            if (permissions().write_data) return export_with(state.keys, label, context, out);
          return no_exporter_yet();
        },
        state_);
  }
  Result<void> export_early_keying_material(std::string_view label, Bytes context, MutableBytes out) const override {
    if constexpr (requires { context_.export_early(label, context, out); })
      return context_.export_early(label, context, out);
    else
      return no_early_exporter();
  }

  /// For tests: returns the index of the present state. Tests can start a machine in any state.
  [[nodiscard]] std::size_t state() const noexcept { return state_.index(); }

 private:
  using RowType = std::remove_cvref_t<decltype(Spec::kTable[0])>;
  using Thunk = Result<void> (*)(Machine&, Bytes message, OperationResult* answer);

  const RowType* row_of(On event) const {
    for (const auto& row : Spec::kTable)
      if (static_cast<std::size_t>(row.from) == state_.index() && row.on == event) return &row;
    return nullptr;
  }
  std::unexpected<Error> unexpected(std::string what) const {
    return fail(Code::unexpected_message,
                what + " in state " + std::string(Spec::kName) + "." + std::string(Spec::kStates[state_.index()].name));
  }

  /// Delivers answers that providers gave at once, until the machine waits or has no answer left.
  Result<void> settle() {
    while (context_.answer) {
      OperationResult result = *std::exchange(context_.answer, std::nullopt);
      const auto* row = row_of(event_of(result));
      if (row == nullptr)
        return fail(Code::operation_failed, std::string(name(event_of(result))) + " was not asked for in state " +
                                                std::string(Spec::kStates[state_.index()].name));
      if (auto moved = kThunks[static_cast<std::size_t>(row - Spec::kTable)](*this, {}, &result); !moved) return moved;
    }
    return {};
  }

  template <class M>
  Result<M> decode(Bytes message, OperationResult* answer) {
    if constexpr (detail::IsAnswer<M>) {
      auto& given = std::get<Result<typename M::Value>>(*answer);
      if constexpr (requires { InsteadOfError<typename M::Value>::value(); }) {
        if (!given) return M{InsteadOfError<typename M::Value>::value()};
      }
      if constexpr (requires { M::instead_of_error(); }) {
        if (!given) return M::instead_of_error();
      }
      if (!given) return std::unexpected(std::move(given.error()));
      if constexpr (std::is_same_v<M, CredentialChosen>)
        if (auto ok = check_credential(*given); !ok) return std::unexpected(std::move(ok.error()));
      return M{std::move(*given)};
    } else if constexpr (std::is_same_v<M, ChangeCipherSpec>) {
      return M{};
    } else {
      return context_.template parse<M>(wire::message_body(message));
    }
  }
  template <class S, class M>
  static Result<void> invoke(Machine& m, Bytes message, OperationResult* answer) {
    auto decoded = m.template decode<M>(message, answer);
    if (!decoded) return std::unexpected(std::move(decoded.error()));
    auto next = on(std::move(std::get<S>(m.state_)), *decoded, m.context_);
    if (!next) return std::unexpected(std::move(next.error()));
    std::visit([&](auto&& state) { m.state_ = std::move(state); }, std::move(*next));
    return {};
  }
  template <class S, std::size_t... J>
  static constexpr Thunk pick(On event, std::index_sequence<J...>) {
    Thunk thunk = nullptr;
    (
        [&] {
          using M = std::tuple_element_t<J, typename Spec::Messages>;
          if constexpr (detail::Handles<S, M, ContextType>)
            if (event_for<M>() == event) thunk = &invoke<S, M>;
        }(),
        ...);
    return thunk;
  }
  template <std::size_t... I>
  static constexpr std::array<Thunk, kRows> thunks(std::index_sequence<I...>) {
    constexpr auto messages = std::make_index_sequence<std::tuple_size_v<typename Spec::Messages>>{};
    std::array<Thunk, kRows> all{};
    for (std::size_t r = 0; r < kRows; ++r)
      ((static_cast<std::size_t>(Spec::kTable[r].from) == I
            ? void(all[r] = pick<std::variant_alternative_t<I, State>>(Spec::kTable[r].on, messages))
            : void()),
       ...);
    return all;
  }
  static constexpr std::array<Thunk, kRows> kThunks = thunks(std::make_index_sequence<std::variant_size_v<State>>{});

  ContextType context_;
  State state_;
};

/// The tables of a Spec without their types.
template <class Spec>
const MachineTable& table_of() {
  return Tables<Spec>::kTable;
}

}  // namespace tls::handshake
