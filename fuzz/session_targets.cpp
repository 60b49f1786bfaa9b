#include "fuzz/session_targets.h"

#include <algorithm>
#include <string>

#include "adapters/src/session_file_format.h"
#include "session/client_state.h"
#include "session/notes.h"
#include "session/state.h"
#include "tls/ticket_keys.h"

namespace tls::fuzz {

std::array<std::uint8_t, 32> ticket_key() noexcept {
  std::array<std::uint8_t, 32> key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  return key;
}

void session_state(Bytes input) {
  const auto kept = SessionState::parse(input);
  if (!kept) {
    require(kept.error().code() == Code::bad_session && !kept.error().detail().empty(), "an error without words");
    return;
  }
  require(std::ranges::equal(kept->serialize(), input), "what was parsed is not what is written");
  const auto first = session::State::decode(*kept);
  if (!first) return;
  require(std::ranges::equal(first->encode().serialize(), input), "what was decoded is not what is encoded");
  require(!first->notes || session::memory_of(*first->notes) >= session::notes_size(*first->notes),
          "notes that count for less than they are");
}

void client_session(Bytes input) {
  const auto first = ClientSession::parse(input);
  if (!first) {
    require(first.error().code() == Code::bad_session && !first.error().detail().empty(), "an error without words");
    return;
  }
  const auto bytes = first->serialize();
  const auto second = ClientSession::parse(bytes);
  require(second.has_value(), "what was written does not parse");
  require(second->serialize() == bytes, "the second writing differs from the first");
}

void ticket(Bytes input) {
  static const auto keys = *TicketKeys::make(ticket_key());
  const auto opened = keys->open(input, {});
  require(opened && *opened, "a ticket is opened or not, and at once");
  if (**opened)
    require(input.size() >= TicketKeys::kTicketSize &&
                (input.size() - TicketKeys::kTicketSize) % TicketKeys::kTicketStep == 0 &&
                ((**opened)->state.notes() != nullptr) == (input.size() > TicketKeys::kTicketSize),
            "a ticket of another size opens");
}

void session_file(Bytes input) {
  const auto lines = session_file::parse(as_text(input));
  if (!lines) return;
  for (const auto& line : *lines) (void)session_file::decode(line.session);
  std::string text;
  session_file::write(*lines, text);
  require(text.size() <= session_file::size_of(*lines), "the text is larger than was announced");
  const auto again = session_file::parse(text);
  require(again && again->size() == lines->size(), "what was written does not parse");
  for (std::size_t i = 0; i < lines->size(); ++i)
    require((*again)[i].key == (*lines)[i].key && (*again)[i].expires == (*lines)[i].expires &&
                (*again)[i].session == (*lines)[i].session,
            "what was written parses to something else");
}

}  // namespace tls::fuzz
