#include "pq/connection.h"

#include <libpq-fe.h>
#include <poll.h>

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
    std::vector<const char*> values;
    for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
    *owner_.warned_ = false;
    if (PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                          nullptr, 0) == 0) {
      return GiveUp(Lost(connection_));
    }
    return Flush();
  }

  /// Takes every answer up to the end of the message, feeding and draining the COPYs on the way.
  CopyResult Finish(absl::FunctionRef<std::string_view()> next_chunk,
                    absl::FunctionRef<void(std::string_view)> on_copy_out) {
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
  // Returns an error only when the connection is lost; the server's own errors go into `answer`.
  absl::Status Take(PGresult* result, absl::FunctionRef<std::string_view()> next_chunk,
                    absl::FunctionRef<void(std::string_view)> on_copy_out, CopyResult& answer) {
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
    for (std::string_view chunk = next_chunk(); !chunk.empty(); chunk = next_chunk()) {
      if (PQputCopyData(connection_, chunk.data(), static_cast<int>(chunk.size())) != 1) {
        return GiveUp(Lost(connection_));
      }
      if (absl::Status flushed = Flush(); !flushed.ok()) return flushed;
    }
    end_sent = true;
    if (PQputCopyEnd(connection_, nullptr) != 1) return GiveUp(Lost(connection_));
    return Flush();
  }

  absl::Status ReceiveCopyData(absl::FunctionRef<void(std::string_view)> on_copy_out) {
    while (true) {
      char* data = nullptr;
      const int size = PQgetCopyData(connection_, &data, /*async=*/1);
      if (size > 0) {
        on_copy_out({data, static_cast<std::size_t>(size)});
        PQfreemem(data);
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
};

Connection::Connection(Handle handle, const Interrupt* interrupt, std::size_t host)
    : warned_(std::make_unique<bool>(false)), handle_(std::move(handle)), interrupt_(interrupt), host_(host) {
  PQsetNoticeReceiver(handle_.get(), &NoteWarning, warned_.get());
}

bool Connection::in_transaction() const {
  const PGTransactionStatusType state = PQtransactionStatus(handle_.get());
  return state == PQTRANS_INTRANS || state == PQTRANS_INERROR;
}

void Connection::HangUp::operator()(PGconn* connection) const { PQfinish(connection); }

absl::StatusOr<Rows> Connection::Query(const std::string& sql, Deadline deadline) {
  CopyResult result = Copy(sql, [] { return std::string_view(); }, [](std::string_view) {}, deadline);
  if (!result.status.ok()) return result.status;
  return std::move(result.rows);
}

absl::StatusOr<Rows> Connection::Query(const std::string& sql, const std::vector<std::string>& parameters,
                                       Deadline deadline) {
  Exchange exchange(*this, deadline);
  if (absl::Status sent = exchange.Send(sql, parameters); !sent.ok()) return sent;
  CopyResult result = exchange.Finish([] { return std::string_view(); }, [](std::string_view) {});
  if (!result.status.ok()) return result.status;
  return std::move(result.rows);
}

CopyResult Connection::Copy(const std::string& sql, absl::FunctionRef<std::string_view()> next_chunk,
                            absl::FunctionRef<void(std::string_view)> on_copy_out, Deadline deadline) {
  Exchange exchange(*this, deadline);
  if (absl::Status sent = exchange.Send(sql); !sent.ok()) return {.status = sent};
  return exchange.Finish(next_chunk, on_copy_out);
}

}  // namespace bxb::pq
