#include "fuzz/record_targets.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/writer.h"
#include "crypto/provider.h"
#include "record/opener.h"
#include "record/sealer.h"

namespace tls::fuzz {
namespace {

using record::ContentType;

const crypto::Provider& provider() {
  static const crypto::Provider best = crypto::Provider::best();
  return best;
}

/// 0: no keys; 1 to 3: TLS 1.3 with each AEAD; 4 to 6: TLS 1.2 likewise.
record::Protection keys(unsigned choice) {
  choice %= 7;
  if (choice == 0) return {};
  const crypto::AeadImpl& aead = provider().aead(static_cast<crypto::AeadId>((choice - 1) % 3));
  const ByteVector bytes(32, 0x42);
  if (choice <= 3) return record::tls13_protection(provider().hash(crypto::HashId::sha256), aead, bytes);
  return record::tls12_protection(aead, Bytes(bytes).first(crypto::key_size(aead.id)),
                                  Bytes(bytes).first(record::tls12_fixed_iv_size(aead.id)));
}

/// What a stream gave: records, then perhaps an error.
struct Outcome {
  std::vector<ByteVector> records;  ///< type, protected or not, content
  std::optional<Code> error;
  bool operator==(const Outcome&) const = default;
};

/// Opens one record at the front of `in` and returns its size; 0 when there is no more to do with these bytes.
std::size_t open_one(record::Opener& opener, MutableBytes in, Outcome& outcome) {
  const Result<record::Frame> frame = opener.frame(in);
  if (!frame) {
    outcome.error = frame.error().code();
    return 0;
  }
  if (frame->missing != 0) {
    require(frame->bytes.empty(), "a record that is not whole has bytes");
    require(in.size() + frame->missing >= limits::kRecordHeader, "too little is asked for");
    return 0;
  }
  require(frame->bytes.data() == in.data(), "the frame is not at the front");
  const Result<record::Record> record = opener.open(*frame);
  if (!record) {
    outcome.error = record.error().code();
    return 0;
  }
  require(record->content.size() <= limits::kMaxPlaintext, "content above the limit");
  ByteVector seen{static_cast<std::uint8_t>(record->type), record->was_protected};
  seen.insert(seen.end(), record->content.begin(), record->content.end());
  outcome.records.push_back(std::move(seen));
  return frame->bytes.size();
}

/// Gives `stream` in pieces of `piece` bytes; 0: whole.
Outcome open_all(unsigned choice, Bytes stream, std::size_t piece) {
  record::Opener opener;
  opener.install(keys(choice));
  Outcome outcome;
  ByteVector buffer;
  if (piece == 0) piece = std::max<std::size_t>(stream.size(), 1);
  while (!stream.empty() && !outcome.error) {
    const Bytes taken = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(taken.size());
    buffer.insert(buffer.end(), taken.begin(), taken.end());
    while (const std::size_t used = open_one(opener, buffer, outcome))
      buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(used));
  }
  return outcome;
}

}  // namespace

void record_stream(Bytes input) {
  if (input.size() < 2) return;
  const Bytes stream = input.subspan(2);
  const Outcome whole = open_all(input[0], stream, 0);
  require(whole == open_all(input[0], stream, 1), "one byte at a time gives something else");
  require(whole == open_all(input[0], stream, 1 + input[1]), "pieces give something else");
}

void record_sealed(Bytes input) {
  if (input.size() < 2) return;
  record::Sealer sealer;
  sealer.install(keys(input[0]));
  Outcome expected;
  ByteVector stream;
  std::size_t last = 0;  // where the last record begins
  for (Bytes rest = input.subspan(2); rest.size() >= 3 && !expected.error; rest = rest.subspan(3)) {
    if (rest[0] == 0) {
      if (stream.size() - last < limits::kRecordHeader + 1 || !sealer.protection()) continue;
      stream[last + limits::kRecordHeader + rest[1] % (stream.size() - last - limits::kRecordHeader)] ^= 1;
      expected.records.pop_back();
      expected.error = Code::bad_record_mac;
      break;
    }
    const auto type = static_cast<ContentType>(21 + rest[0] % 3);
    const ByteVector content(std::size_t{rest[1]} * (rest[0] >> 2), rest[1]);
    Output out;
    sealer.padding(rest[2]);
    require(sealer.seal(type, content, out).has_value(), "sealing failed");
    last = stream.size();
    stream.insert(stream.end(), out.bytes().begin(), out.bytes().end());
    ByteVector seen{static_cast<std::uint8_t>(type), static_cast<bool>(sealer.protection())};
    seen.insert(seen.end(), content.begin(),
                content.begin() + static_cast<std::ptrdiff_t>(std::min(content.size(), sealer.max_content())));
    expected.records.push_back(std::move(seen));
  }
  require(expected == open_all(input[0], stream, 0), "what was sealed is not what is opened");
  require(expected == open_all(input[0], stream, 1 + input[1]), "pieces give something else");
}

}  // namespace tls::fuzz
