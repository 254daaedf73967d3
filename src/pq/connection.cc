#include "pq/connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <chrono>
#include <cstdlib>
#include <utility>

#include "bxb/internal/server_error.h"
#include "pq/error.h"
#include "pq/wait.h"

namespace bxb::pq {
namespace {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Result = std::unique_ptr<PGresult, Clear>;

absl::Status Lost(PGconn* connection) {
  return absl::UnavailableError("connection lost: " + OneLine(PQerrorMessage(connection)));
}

void NoteWarning(void* warned, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity != nullptr && std::string_view(severity) == "WARNING") *static_cast<bool*>(warned) = true;
}

// The command's tag: "COPY 1000". It leaves out the rows that a BEFORE trigger has suppressed.
std::uint64_t CopiedRows(PGresult* result) {
  const std::string_view tag = PQcmdStatus(result);
  return tag.starts_with("COPY ") ? std::strtoull(PQcmdTuples(result), nullptr, 10) : 0;
}

// For messages without a COPY.
constexpr auto kNoChunk = [] { return std::string_view(); };
constexpr auto kIgnore = [](std::string_view) { return absl::OkStatus(); };

Rows RowsOf(const PGresult* result) {
  Rows rows(static_cast<std::size_t>(PQntuples(result)));
  for (int r = 0; r < PQntuples(result); ++r) {
    for (int c = 0; c < PQnfields(result); ++c) {
      auto& row = rows[static_cast<std::size_t>(r)];
      if (PQgetisnull(result, r, c) != 0) {
        row.emplace_back(std::nullopt);
      } else {
        row.emplace_back(std::string(PQgetvalue(result, r, c), static_cast<std::size_t>(PQgetlength(result, r, c))));
      }
    }
  }
  return rows;
}

}  // namespace

// One request and all of its answers. Any error but the server's own leaves the protocol in the middle of
// something, so the connection is given up then.
class Connection::Exchange {
 public:
  Exchange(Connection& connection, Deadline deadline)
      : owner_(connection), connection_(connection.handle_.get()), deadline_(deadline) {}

  absl::Status Send(const std::string& sql) {
    if (connection_ == nullptr) return absl::UnavailableError("the connection is closed");
    *owner_.warned_ = false;
    if (PQsendQuery(connection_, sql.c_str()) == 0) return GiveUp(Lost(connection_));
    return Flush();
  }

  absl::Status Send(const std::string& sql, const std::vector<std::string>& parameters) {
    if (connection_ == nullptr) return absl::UnavailableError("the connection is closed");
    *owner_.warned_ = false;
    if (absl::Status queued = Queue({sql, {parameters.begin(), parameters.end()}}); !queued.ok()) return queued;
    return Flush();
  }

  absl::Status SendPipeline(std::span<const Statement> statements) {
    if (connection_ == nullptr) return absl::UnavailableError("the connection is closed");
    if (PQenterPipelineMode(connection_) == 0) return GiveUp(Lost(connection_));
    for (const Statement& statement : statements) {
      if (absl::Status queued = Queue(statement); !queued.ok()) return queued;
    }
    if (PQpipelineSync(connection_) == 0) return GiveUp(Lost(connection_));
    return Flush();
  }

  /// Takes every answer of a pipeline, up to its end.
  absl::Status FinishPipeline(std::span<const Statement> statements,
                              absl::FunctionRef<absl::Status(std::size_t, RowView)> on_row) {
    absl::Status said;
    for (std::size_t i = 0; i < statements.size(); ++i) {
      const auto take = [&](RowView row) { return on_row(i, row); };
      if (absl::Status broken = TakeRows(statements[i], take, said); !broken.ok()) return LastWords(said, broken);
    }
    if (absl::Status broken = TakeEnd(said); !broken.ok()) return LastWords(said, broken);
    if (PQexitPipelineMode(connection_) == 0) return GiveUp(Lost(connection_));
    return said;
  }

  /// Takes every answer up to the end of the message, feeding and draining the COPYs on the way.
  CopyResult Finish(absl::FunctionRef<std::string_view()> next_chunk,
                    absl::FunctionRef<absl::Status(std::string_view)> on_copy_out) {
    CopyResult answer;
    while (true) {
      auto result = NextResult();
      answer.warned = *owner_.warned_;
      if (result.ok() && *result == nullptr) return answer;
      const absl::Status broken = result.ok() ? Take(result->get(), next_chunk, on_copy_out, answer) : result.status();
      if (broken.ok()) continue;
      answer.status = LastWords(answer.status, broken);
      return answer;
    }
  }

 private:
  absl::Status Queue(const Statement& statement) {
    std::vector<const char*> values;
    for (const auto& value : statement.parameters) values.push_back(value ? value->c_str() : nullptr);
    const int sent = PQsendQueryParams(connection_, statement.sql.c_str(), static_cast<int>(values.size()), nullptr,
                                       values.data(), nullptr, nullptr, 0);
    return sent == 0 ? GiveUp(Lost(connection_)) : absl::OkStatus();
  }

  // One statement's part of a pipeline. Its rows come one by one: the last answer of a SELECT has none.
  absl::Status TakeRows(const Statement& statement, absl::FunctionRef<absl::Status(RowView)> on_row,
                        absl::Status& said) {
    PQsetSingleRowMode(connection_);
    while (true) {
      auto result = NextResult();
      if (!result.ok()) return result.status();
      if (*result == nullptr) return absl::OkStatus();
      const ExecStatusType status = PQresultStatus(result->get());
      if (status == PGRES_SINGLE_TUPLE) {
        if (absl::Status late = CheckDeadline(); !late.ok()) return late;
        if (absl::Status stop = on_row(ViewOf(result->get())); !stop.ok()) return GiveUp(std::move(stop));
      } else if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        if (said.ok()) said = ErrorFromResult(result->get());
        if (PQstatus(connection_) == CONNECTION_BAD) return GiveUp(Lost(connection_));
      } else if (!IsExpected(status, statement.is_command)) {
        return GiveUp(absl::InvalidArgumentError("only a statement that returns rows can be read"));
      }
    }
  }

  static bool IsExpected(ExecStatusType status, bool is_command) {
    if (status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) return is_command;
    return status == PGRES_TUPLES_OK || status == PGRES_PIPELINE_ABORTED;
  }

  // What a transaction checks when it ends, a deferred constraint for example, fails behind the last statement.
  absl::Status TakeEnd(absl::Status& said) {
    while (true) {
      auto result = NextResult();
      if (!result.ok()) return result.status();
      if (PQresultStatus(result->get()) == PGRES_PIPELINE_SYNC) return absl::OkStatus();
      if (PQstatus(connection_) == CONNECTION_BAD) return GiveUp(Lost(connection_));
      if (*result != nullptr && said.ok()) said = ErrorFromResult(result->get());
    }
  }

  // Waiting has a deadline of its own, but a server that always has more to say is never waited for.
  absl::Status CheckDeadline() {
    if (std::chrono::steady_clock::now() < deadline_) return absl::OkStatus();
    return GiveUp(absl::DeadlineExceededError("the server did not come to an end in time"));
  }

  RowView ViewOf(const PGresult* result) {
    row_.clear();
    for (int c = 0; c < PQnfields(result); ++c) {
      if (PQgetisnull(result, 0, c) != 0) {
        row_.emplace_back(std::nullopt);
      } else {
        row_.emplace_back(
            std::string_view(PQgetvalue(result, 0, c), static_cast<std::size_t>(PQgetlength(result, 0, c))));
      }
    }
    return row_;
  }

  // Returns an error only when the connection is lost; the server's own errors go into `answer`.
  absl::Status Take(PGresult* result, absl::FunctionRef<std::string_view()> next_chunk,
                    absl::FunctionRef<absl::Status(std::string_view)> on_copy_out, CopyResult& answer) {
    switch (PQresultStatus(result)) {
      case PGRES_COPY_IN:
        copying_in_ = true;
        return SendCopyData(next_chunk, answer.end_sent);
      case PGRES_COPY_OUT:
        return ReceiveCopyData(on_copy_out);
      case PGRES_TUPLES_OK:
        answer.rows = RowsOf(result);
        return absl::OkStatus();
      case PGRES_COMMAND_OK:
        if (std::exchange(copying_in_, false)) {
          ++answer.copies;
          answer.copied += CopiedRows(result);
        }
        // A COMMIT of a failed transaction is tagged ROLLBACK.
        if (answer.status.ok() && std::string_view(PQcmdStatus(result)) == "COMMIT") answer.committed = true;
        return absl::OkStatus();
      case PGRES_EMPTY_QUERY:
        return absl::OkStatus();
      default:
        if (answer.status.ok()) answer.status = ErrorFromResult(result);
        return PQstatus(connection_) == CONNECTION_BAD ? GiveUp(Lost(connection_)) : absl::OkStatus();
    }
  }

  // A server that is being shut down says so before it hangs up; its words matter more than the hang-up.
  static absl::Status LastWords(const absl::Status& said, const absl::Status& broken) {
    if (said.ok() || !absl::IsUnavailable(broken)) return broken;
    return internal::WithServerError(absl::UnavailableError(said.message()), ServerErrorOf(said));
  }

  absl::Status SendCopyData(absl::FunctionRef<std::string_view()> next_chunk, bool& end_sent) {
    bool queued = false;
    for (std::string_view chunk = next_chunk(); !chunk.empty(); chunk = next_chunk()) {
      // The last chunk leaves with the end of the data: a small COPY wakes the server once.
      if (absl::Status flushed = queued ? Flush() : absl::OkStatus(); !flushed.ok()) return flushed;
      if (PQputCopyData(connection_, chunk.data(), static_cast<int>(chunk.size())) != 1) {
        return GiveUp(Lost(connection_));
      }
      queued = true;
    }
    end_sent = true;
    if (PQputCopyEnd(connection_, nullptr) != 1) return GiveUp(Lost(connection_));
    return Flush();
  }

  absl::Status ReceiveCopyData(absl::FunctionRef<absl::Status(std::string_view)> on_copy_out) {
    while (true) {
      char* data = nullptr;
      const int size = PQgetCopyData(connection_, &data, /*async=*/1);
      if (size > 0) {
        absl::Status taken = CheckDeadline();
        if (taken.ok()) taken = on_copy_out({data, static_cast<std::size_t>(size)});
        PQfreemem(data);
        if (!taken.ok()) return GiveUp(std::move(taken));
      } else if (size == 0) {
        if (absl::Status read = Read(); !read.ok()) return read;
      } else {
        return size == -1 ? absl::OkStatus() : GiveUp(Lost(connection_));
      }
    }
  }

  absl::Status Flush() {
    while (true) {
      const int left = PQflush(connection_);
      if (left == 0) return absl::OkStatus();
      if (left < 0) return GiveUp(Lost(connection_));
      // The server may be blocked on sending to us: take what it says, or both sides wait for ever.
      if (absl::Status ready = Wait(POLLIN | POLLOUT); !ready.ok()) return ready;
      if (PQconsumeInput(connection_) == 0) return GiveUp(Lost(connection_));
    }
  }

  absl::Status Read() {
    if (absl::Status ready = Wait(POLLIN); !ready.ok()) return ready;
    return PQconsumeInput(connection_) == 0 ? GiveUp(Lost(connection_)) : absl::OkStatus();
  }

  absl::StatusOr<Result> NextResult() {
    while (PQisBusy(connection_) != 0) {
      if (absl::Status read = Read(); !read.ok()) return read;
    }
    return Result(PQgetResult(connection_));
  }

  absl::Status Wait(short events) {
    absl::Status status = WaitForSocket(PQsocket(connection_), events, deadline_, owner_.interrupt_);
    return status.ok() ? status : GiveUp(std::move(status));
  }

  absl::Status GiveUp(absl::Status reason) {
    owner_.handle_.reset();
    connection_ = nullptr;
    return reason;
  }

  Connection& owner_;
  PGconn* connection_;
  Deadline deadline_;
  bool copying_in_ = false;  ///< the next command to be completed is a COPY FROM STDIN
  std::vector<std::optional<std::string_view>> row_;
};

Connection::Connection(Handle handle, const Interrupt* interrupt, std::size_t host)
    : warned_(std::make_unique<bool>(false)), handle_(std::move(handle)), interrupt_(interrupt), host_(host) {
  PQsetNoticeReceiver(handle_.get(), &NoteWarning, warned_.get());
}

bool Connection::in_transaction() const {
  const PGTransactionStatusType state = PQtransactionStatus(handle_.get());
  return state == PQTRANS_INTRANS || state == PQTRANS_INERROR;
}

bool Connection::idle() const {
  return PQtransactionStatus(handle_.get()) == PQTRANS_IDLE && PQpipelineStatus(handle_.get()) == PQ_PIPELINE_OFF;
}

void Connection::HangUp::operator()(PGconn* connection) const { PQfinish(connection); }

absl::StatusOr<Rows> Connection::Query(const std::string& sql, Deadline deadline) {
  CopyResult result = Copy(sql, kNoChunk, [](std::string_view) {}, deadline);
  if (!result.status.ok()) return result.status;
  return std::move(result.rows);
}

absl::StatusOr<Rows> Connection::Query(const std::string& sql, const std::vector<std::string>& parameters,
                                       Deadline deadline) {
  Exchange exchange(*this, deadline);
  if (absl::Status sent = exchange.Send(sql, parameters); !sent.ok()) return sent;
  CopyResult result = exchange.Finish(kNoChunk, kIgnore);
  if (!result.status.ok()) return result.status;
  return std::move(result.rows);
}

absl::Status Connection::Pipeline(std::span<const Statement> statements,
                                  absl::FunctionRef<absl::Status(std::size_t, RowView)> on_row, Deadline deadline) {
  Exchange exchange(*this, deadline);
  if (absl::Status sent = exchange.SendPipeline(statements); !sent.ok()) return sent;
  return exchange.FinishPipeline(statements, on_row);
}

CopyResult Connection::Copy(const std::string& sql, absl::FunctionRef<std::string_view()> next_chunk,
                            absl::FunctionRef<void(std::string_view)> on_copy_out, Deadline deadline) {
  Exchange exchange(*this, deadline);
  if (absl::Status sent = exchange.Send(sql); !sent.ok()) return {.status = sent};
  return exchange.Finish(next_chunk, [&](std::string_view message) {
    on_copy_out(message);
    return absl::OkStatus();
  });
}

absl::Status Connection::CopyOut(const std::string& sql, absl::FunctionRef<absl::Status(std::string_view)> on_copy_out,
                                 Deadline deadline) {
  Exchange exchange(*this, deadline);
  if (absl::Status sent = exchange.Send(sql); !sent.ok()) return sent;
  return exchange.Finish(kNoChunk, on_copy_out).status;
}

}  // namespace bxb::pq
