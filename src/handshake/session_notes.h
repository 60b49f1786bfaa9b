// The client's identity in a server's sessions: what they store about a client, and what a resumed connection restores.
#pragma once

#include "handshake/settings.h"
#include "tls/info.h"
#include "tls/session.h"

namespace tls::handshake {

/// The place where a session is stored.
enum class Keeper : std::uint8_t {
  server,  ///< a cache, or a sealer that keeps_sessions(). Complete chains up to limits::kMaxSessionChain
  ticket,  ///< the ticket itself. It holds a leaf of at most ServerSettings::ticket_certificate bytes, or a summary
};

/// Whether the client's Finished has proven that the resumed session is its own. In an abbreviated handshake, the
/// ticket is sent before this proof.
enum class ClientProof : std::uint8_t { shown, due };

/// The part of a connection's sessions that is not secret.
struct KeptNotes {
  SessionNotesPtr notes;  ///< null: there are none
  bool possible = true;   ///< false: nothing that may be stored identifies the client, so there must be no session
};
/// Makes the notes of a client that has authenticated as `info` says, with a chain that expires at `not_after`. If the
/// client's proof is `shown`, asks the application for its data if session_data is set. Otherwise keeps the data that
/// `info` holds. Fails with misuse if the application's data is too long.
[[nodiscard]] Result<KeptNotes> make_notes(Keeper keeper, ClientProof proof, const ConnectionInfo& info,
                                           Clock::Milliseconds not_after, const ServerSettings& settings);

/// Copies what a session's notes say about the client to the info of the connection that resumes the session. Null:
/// changes nothing.
void recall_client(const SessionNotes* notes, ConnectionInfo& info);

/// Whether the verifier must judge a session again, although the session meets all other conditions.
enum class Review : std::uint8_t {
  none,        ///< no: the session is resumed
  ask,         ///< yes: the verifier is asked about chain_of_session()
  impossible,  ///< the verifier rejects it (may_resume()), or it holds no complete chain: full handshake
};
/// Asks the verifier's may_resume() about a session of an authenticated client.
[[nodiscard]] Review review_of(const SessionNotes* notes, const ServerSettings& settings);
/// Returns the question for the verifier. Precondition: `notes` holds a complete chain.
[[nodiscard]] ChainToVerify chain_of_session(const SessionNotes& notes, const Clock& clock);

}  // namespace tls::handshake
