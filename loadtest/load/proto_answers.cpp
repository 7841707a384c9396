#include "loadtest/load/answers.hpp"
#include "loadtest/load/event_key.hpp"

#include "parley/v1/client.pb.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/io/coded_stream.h>

namespace parley::load {
namespace {

namespace pb = google::protobuf;
using pb::io::CodedInputStream;

constexpr std::uint32_t tag_of(int field, int wire_type) {
  return static_cast<std::uint32_t>(field) << 3 | static_cast<std::uint32_t>(wire_type);
}
constexpr int varint = 0, bytes = 2;

position position_of(const v1::Position& p) { return {p.term(), p.seq()}; }

bool skip(CodedInputStream& in, std::uint32_t tag) {
  std::uint32_t size = 0;
  std::uint64_t number = 0;
  switch (tag & 7) {
    case 0: return in.ReadVarint64(&number);
    case 1: return in.Skip(8);
    case 2: return in.ReadVarint32(&size) && in.Skip(static_cast<int>(size));
    case 5: return in.Skip(4);
    default: return false;
  }
}

/// A view of a length-delimited field, out of the message itself.
bool take_bytes(CodedInputStream& in, std::string_view& out) {
  std::uint32_t size = 0;
  const void* data = nullptr;
  int available = 0;
  if (!in.ReadVarint32(&size)) return false;
  out = {};
  if (size == 0) return true;
  if (!in.GetDirectBufferPointer(&data, &available) || static_cast<std::uint32_t>(available) < size) return false;
  out = {static_cast<const char*>(data), size};
  return in.Skip(static_cast<int>(size));
}

CodedInputStream stream_of(std::string_view text) {
  return CodedInputStream(reinterpret_cast<const std::uint8_t*>(text.data()), static_cast<int>(text.size()));
}

/// Batches are walked field by field, and only what tells their events apart is looked at; the rest is parsed.
class proto_reader final : public answer_reader {
public:
  bool read(std::string_view message, answer_sink& sink) override {
    auto in = stream_of(message);
    while (const auto tag = in.ReadTag()) {
      std::string_view envelope;
      if (tag != tag_of(v1::Frame::kEnvelopesFieldNumber, bytes)) {
        if (!skip(in, tag)) return false;
      } else if (!take_bytes(in, envelope) || !read_envelope(envelope, sink)) {
        return false;
      }
    }
    return in.ConsumedEntireMessage();
  }

private:
  bool read_envelope(std::string_view text, answer_sink& sink) {
    auto in = stream_of(text);
    if (in.ReadTag() == tag_of(v1::Envelope::kBatchFieldNumber, bytes)) {
      std::string_view batch;
      return take_bytes(in, batch) && read_batch(batch, sink);
    }
    envelope_.Clear();
    if (!envelope_.ParseFromArray(text.data(), static_cast<int>(text.size()))) return false;
    read_other(sink);
    return true;
  }

  bool read_batch(std::string_view text, answer_sink& sink) {
    answer told;
    told.what = answer::kind::batch;
    events_.clear();
    auto in = stream_of(text);
    std::uint32_t phase = 0;
    bool is_right = true;
    while (const auto tag = in.ReadTag()) {
      std::string_view event;
      if (tag == tag_of(v1::Batch::kRoomFieldNumber, bytes))
        is_right = take_bytes(in, told.room);
      else if (tag == tag_of(v1::Batch::kPrevFieldNumber, varint))
        is_right = in.ReadVarint64(&told.from);
      else if (tag == tag_of(v1::Batch::kPhaseFieldNumber, varint))
        is_right = in.ReadVarint32(&phase);
      else if (tag == tag_of(v1::Batch::kEventsFieldNumber, bytes))
        is_right = take_bytes(in, event) && read_event(event);
      else
        is_right = skip(in, tag);
      if (!is_right) return false;
    }
    told.is_history = phase != v1::PHASE_LIVE;
    told.events = events_;
    sink.answered(told);
    return in.ConsumedEntireMessage();
  }

  bool read_event(std::string_view whole) {
    seen_event one;
    auto in = stream_of(whole);
    std::string_view key, text;
    bool is_right = true;
    while (const auto tag = in.ReadTag()) {
      if (tag == tag_of(v1::Event::kSeqFieldNumber, varint))
        is_right = in.ReadVarint64(&one.seq);
      else if (tag == tag_of(v1::Event::kTermFieldNumber, varint))
        is_right = in.ReadVarint64(&one.term);
      else if (tag == tag_of(v1::Event::kClientMsgIdFieldNumber, bytes))
        is_right = take_bytes(in, key);
      else if (tag == tag_of(v1::Event::kTextFieldNumber, bytes))
        is_right = take_bytes(in, text);
      else
        is_right = skip(in, tag);
      if (!is_right) return false;
    }
    one.key = key_of(key);
    one.digest = digest_of(text);
    events_.push_back(one);
    return in.ConsumedEntireMessage();
  }

  void read_other(answer_sink& sink) {
    using body = v1::Envelope;
    answer told;
    told.id = envelope_.id();
    switch (envelope_.body_case()) {
      case body::kConnected: told.what = answer::kind::connected; break;
      case body::kLeft:
        told.what = answer::kind::left;
        told.room = envelope_.left().room();
        break;
      case body::kPublished:
        told.what = answer::kind::published;
        told.room = envelope_.published().room();
        told.at = {envelope_.published().term(), envelope_.published().seq()};
        told.is_duplicate = envelope_.published().duplicate();
        break;
      case body::kJoined:
        told.what = answer::kind::joined;
        told.room = envelope_.joined().room();
        told.at = position_of(envelope_.joined().start());
        told.head = position_of(envelope_.joined().head());
        if (envelope_.joined().has_recovered()) told.recovered = envelope_.joined().recovered();
        break;
      case body::kLive:
        told.what = answer::kind::live;
        told.room = envelope_.live().room();
        told.at = position_of(envelope_.live().at());
        break;
      case body::kCatchingUp:
        told.what = answer::kind::catching_up;
        told.room = envelope_.catching_up().room();
        told.at = position_of(envelope_.catching_up().at());
        break;
      case body::kGap:
        told.what = answer::kind::gap;
        told.room = envelope_.gap().room();
        told.from = envelope_.gap().from();
        told.at = position_of(envelope_.gap().to());
        told.reason = envelope_.gap().reason() == v1::GAP_REASON_RESET  ? gap_reason::reset
                      : envelope_.gap().reason() == v1::GAP_REASON_JUMP ? gap_reason::jump
                                                                        : gap_reason::retention;
        break;
      case body::kError:
        told.what = answer::kind::error;
        told.room = envelope_.error().room();
        told.name = envelope_.error().name();
        break;
      default: break;  // what a load does not ask for
    }
    sink.answered(told);
  }

  v1::Envelope envelope_;
  std::vector<seen_event> events_;
};

}  // namespace

std::unique_ptr<answer_reader> make_proto_reader() { return std::make_unique<proto_reader>(); }

}  // namespace parley::load
