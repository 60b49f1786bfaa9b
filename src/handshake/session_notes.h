// Whom a server's sessions belong to: what they keep of a client, and what a connection that resumes knows of it again.
#pragma once

#include "handshake/settings.h"
#include "tls/info.h"
#include "tls/session.h"

namespace tls::handshake {

/// Who keeps a session.
enum class Keeper : std::uint8_t {
  server,  ///< a cache, or a sealer that keeps_sessions(): chains are kept whole
  ticket,  ///< the ticket itself: a leaf of at most ServerSettings::ticket_certificate bytes, or a summary
};

/// Whether the client has shown by its Finished that the session it resumes is its own. A ticket of an abbreviated
/// handshake goes out before that.
enum class ClientProof : std::uint8_t { shown, due };

/// What the sessions of a connection hold beside their secrets.
struct KeptNotes {
  SessionNotesPtr notes;  ///< null: nothing
  bool possible = true;   ///< false: nothing that could be kept says who the client is, and there must be no session
};
/// The notes of a client that has authenticated as `info` has it, with a chain that ends at `not_after`; the
/// application is asked for its part once the client's proof is shown; until then what there is goes on. Fails with
/// misuse when that is too long.
[[nodiscard]] Result<KeptNotes> make_notes(Keeper keeper, ClientProof proof, const ConnectionInfo& info,
                                           Clock::Milliseconds not_after, const ServerSettings& settings);

/// What a session's notes say becomes what the connection that resumes it tells. Null: nothing.
void recall_client(const SessionNotes* notes, ConnectionInfo& info);

/// Whether a session that fits in all else must first be judged again by the verifier.
enum class Review : std::uint8_t {
  none,        ///< it goes on
  ask,         ///< the verifier is asked about chain_of_session()
  impossible,  ///< the verifier lets it not go on (may_resume()), or it holds no whole chain: a full handshake
};
/// Asks the verifier's may_resume() about a session of a client that has authenticated.
[[nodiscard]] Review review_of(const SessionNotes* notes, const ServerSettings& settings);
/// What is asked. `notes` holds a whole chain.
[[nodiscard]] ChainToVerify chain_of_session(const SessionNotes& notes, const Clock& clock);

}  // namespace tls::handshake
