#include "write/message.h"

#include <algorithm>

#include "write/copy_line.h"

namespace bxb::write {
namespace {

bool SendsKeysOnly(Sending::Way way) { return way == Sending::Way::kLookUp || way == Sending::Way::kBarrier; }

}  // namespace

Message::Message(const CommitPlan& plan, const Batch& batch, const Sending& sending, std::string& buffer)
    : plan_(plan), batch_(batch), buffer_(buffer), staged_(sending.way != Sending::Way::kDirect) {
  if (!staged_) segments_ = SegmentsOf(batch, sending.rows, sending.through_root ? nullptr : sending.map);
  Compose(sending);
  SendRows(sending);
}

void Message::Compose(const Sending& sending) {
  if (sending.trial) {
    sql_ = plan_.TrialSql(segments_, staged_);
    return;
  }
  switch (sending.way) {
    case Sending::Way::kDirect:
      sql_ = plan_.DirectSql(segments_, sending.number);
      break;
    case Sending::Way::kMerge:
      sql_ = plan_.MergeSql();
      break;
    case Sending::Way::kLookUp:
      sql_ = plan_.LookupSql(plan_.time_column.empty() ? CommitPlan::Times() : TimesOf(batch_, sending.rows));
      break;
    case Sending::Way::kBarrier:
      sql_ = plan_.BarrierSql();
      break;
  }
  const bool unlogged = sending.map != nullptr && sending.map->any_unlogged();
  sql_ += unlogged ? plan_.commit_unlogged_sql : plan_.commit_sql;
}

// Keys go in the order of the keys, whatever partitions their rows belong to: writers that insert the same keys at once
// then wait for each other in one direction.
void Message::SendRows(const Sending& sending) {
  if (sending.way == Sending::Way::kBarrier) return;
  if (SendsKeysOnly(sending.way)) return AddStream(sending.rows, plan_.key.size());
  if (staged_) return AddStream(sending.rows, 0);
  if (plan_.has_key_table) {
    by_key_.assign(sending.rows.begin(), sending.rows.end());
    std::ranges::sort(by_key_);
    batch_.SortByKey(by_key_);
    AddStream(by_key_, plan_.key.size());
  }
  for (const Segment& segment : segments_) AddStream(segment.rows, 0);
}

void Message::AddStream(std::span<const std::uint32_t> rows, std::size_t key_columns) {
  streams_.emplace_back(batch_, rows, buffer_, key_columns);
}

std::string_view Message::NextChunk() {
  if (AllSent()) return {};
  const std::string_view chunk = streams_[next_stream_].Next();
  if (chunk.empty()) ++next_stream_;
  return chunk;
}

bool Message::IsRouted() const {
  return std::ranges::any_of(segments_, [](const Segment& segment) { return segment.partition != nullptr; });
}

std::optional<std::size_t> Message::RowAtFault(const ServerError& error, std::size_t copies) const {
  if (streams_.empty()) return std::nullopt;
  if (staged_) return CopyLine(error.context, kStageName, streams_.front().rows());
  const std::size_t keys = plan_.has_key_table ? 1 : 0;
  if (copies < keys || copies >= keys + segments_.size()) return std::nullopt;
  const Segment& segment = segments_[copies - keys];
  const std::string_view name = segment.partition == nullptr ? plan_.table_name : segment.partition->name;
  const auto line = CopyLine(error.context, name, segment.rows.size());
  if (!line) return std::nullopt;
  return *line + static_cast<std::size_t>(segment.rows.data() - segments_.front().rows.data());
}

std::uint64_t Message::RowsAmong(std::uint64_t copied) const {
  return copied - std::min<std::uint64_t>(copied, by_key_.size());
}

}  // namespace bxb::write
