#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "bxb/cluster.h"
#include "bxb/internal/reader_engine.h"
#include "bxb/partitions.h"
#include "bxb/read_options.h"
#include "bxb/read_token.h"
#include "bxb/replay.h"
#include "bxb/row.h"
#include "bxb/row_codec.h"
#include "bxb/usage.h"
#include "bxb/uuid.h"

namespace bxb {

/// Settings of a Reader. Only the cluster wants a value: a dsn, a list of endpoints, or a Cluster that is shared.
struct ReaderOptions {
  /// The servers, as ClusterOptions has them: one connection string with one host or several …
  std::string dsn = {};

  /// … or one for each server, with labels.
  std::vector<Endpoint> endpoints = {};

  /// How they are watched. Its dsn and endpoints must be empty here; of no effect with `cluster`.
  ClusterOptions watch = {};

  /// Or a cluster that other readers use too; the options above stay empty then.
  std::shared_ptr<Cluster> cluster = {};

  /// The events table of Usage, looked for at each read: "name" or "schema.name", spelled as the catalog does, without
  /// quotes.
  std::string table = "events";

  ReadPolicy policy = ReadPolicy::kPreferReplica;

  /// For ReadPolicy::kNearest: the label of what is near.
  std::string label = {};

  /// Connections to each server, at most: so many reads run there at a time, and more wait for one of them. Opened when
  /// they are needed, kept while the server is healthy. 1 … 1,000.
  int sessions_per_endpoint = 4;

  /// How long connecting a session may take; ReadOptions::timeout may end it sooner. > 0.
  absl::Duration connect_timeout = absl::Seconds(5);

  /// What pg_stat_activity shows, unless the dsn says otherwise.
  std::string application_name = "bxb-reader";
};

/// A row of a query: each value as PostgreSQL's text, nullopt for NULL. It is gone when the call that got it returns.
using TextRow = std::span<const std::optional<std::string_view>>;

/// A value for $1, $2 … of a query, as text; nullopt for NULL. Where the type is not obvious write $1::bigint.
using Parameter = std::optional<std::string>;

/// Counters since Open.
struct ReaderStats {
  struct Server {
    std::string endpoint = {};
    std::uint64_t reads = 0;    ///< that it served
    std::uint64_t retried = 0;  ///< attempts there that failed, and were made elsewhere
    int sessions = 0;           ///< open now
  };
  std::vector<Server> servers = {};
  std::uint64_t waited = 0;        ///< reads for which no server qualified at once
  std::uint64_t to_primary = 0;    ///< reads that went to the primary for want of a replica (kPreferReplica)
  std::uint64_t not_verified = 0;  ///< attempts that were given up because the server was not where it should have been
};

/// What a Scan reads.
struct ScanOptions {
  std::string table = {};                    ///< as WriterOptions::table; empty: RowOf<Row>::table, and for bxb::Event
                                             ///< ReaderOptions::table
  TimeRange range = {};                      ///< of the row's kTime column, [from, to); the default: all of it
  std::optional<Uuid> organization_id = {};  ///< only rows with this value in the column of that name
};

/// Reads from the servers of a cluster: usage, bulk data, any query. Each read goes to one server that fulfils its
/// bounds, and the server itself confirms so: in the same round trip, before the query, it is asked where its log is,
/// so that a read never sees less than the token and the staleness that were asked for, whatever has happened since the
/// server was chosen.
///
/// A read that fails because its server dies, hangs, is restarted, or cancels it for the sake of replication (40001 or
/// 57014 on a standby) is tried on another one until its timeout, as long as no row of it has been given out. Every
/// read runs in a READ ONLY transaction of its own, which is rolled back in the end: trying it twice does no harm, and
/// no SET of it stays.
///
/// Errors of every read:
/// - DeadlineExceeded: ReadOptions::timeout is over, also behind the first rows; says what was tried, and who lags
/// - Unavailable: the server failed behind the first rows, whose number is named; or Otherwise::kFail, and no server
///   qualified
/// - InvalidArgument: an option out of range; an empty callback; a query that writes, or returns no rows
/// - FailedPrecondition: a token that lies beyond the primary's log: of another cluster, or lost by a crash
/// - the server's own (SqlStateOf); those that every server has given for itself, like Unauthenticated, too
///
/// Callbacks run on the thread that reads, within the read's timeout. They should not throw, though nothing of the
/// reader's is harmed; another read from there takes another session.
///
/// Thread safety: all members, from any number of threads; each read blocks its caller. The destructor must not overlap
/// with reads. Works through PgBouncer in transaction mode, one PgBouncer for each server. Looking up a host name is
/// outside all deadlines, since libpq cannot be interrupted there: use `hostaddr` where DNS may hang.
class Reader {
 public:
  /// Opens the cluster where none is given; see Cluster::Open for its errors. InvalidArgument names an option.
  static absl::StatusOr<std::unique_ptr<Reader>> Open(const ReaderOptions& options);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Runs one SELECT (or anything that returns rows and writes nothing). `on_row` gets each row as it arrives; an error
  /// from it ends the read and is returned.
  absl::StatusOr<ReadReport> Query(const std::string& sql, const std::vector<Parameter>& parameters,
                                   const std::function<absl::Status(TextRow)>& on_row, const ReadOptions& options = {});

  /// Usage of one organization, ordered by bucket, then by group (byte by byte, missing properties last). `on_row` gets
  /// each line as it arrives. InvalidArgument names the member of the query at fault; OutOfRange: a number that
  /// Decimal cannot hold. The first query in a time zone also asks a server whether there is one of that name.
  absl::StatusOr<ReadReport> StreamUsage(const UsageQuery& query,
                                         const std::function<absl::Status(const UsageRow&)>& on_row,
                                         const ReadOptions& options = {});

  /// The same, all at once.
  absl::StatusOr<std::vector<UsageRow>> Usage(const UsageQuery& query, const ReadOptions& options = {});

  /// The SQL of a usage query and how the server would run it; with `analyze` it runs it, and says how long it took.
  absl::StatusOr<UsagePlan> Explain(const UsageQuery& query, bool analyze = false, const ReadOptions& options = {});

  /// Streams a table through COPY BINARY into rows, in no order. Views in a row live until `on_row` returns; an error
  /// from it ends the read and is returned. InvalidArgument names a column that is missing or that the member cannot
  /// hold, OutOfRange a value that it cannot.
  template <DescribedRow Row>
  absl::StatusOr<ReadReport> Scan(const ScanOptions& scan, const std::function<absl::Status(const Row&)>& on_row,
                                  const ReadOptions& options = {}) {
    if (!on_row) return absl::InvalidArgumentError("on_row is empty");
    RowDecoder<Row> decoder(on_row);
    return engine_->Scan(RowCodec<Row>::Shape(), scan, decoder.sink(), options);
  }

  /// Streams every row that was committed since a position, and no other, in no order: one replay after the other
  /// gives each row exactly once, whatever transactions were under way meanwhile. Rows of a transaction that is not
  /// over, and of all that began after the oldest such one, come with a later replay: one that stays open holds replays
  /// up. Rows that were updated come again. It reads the whole range of the scan each time (PostgreSQL has no index on
  /// transactions): bound it with ScanOptions::range.
  ///
  /// Behind a promotion a position of the old timeline goes on where it can be proven that it lies before the parting:
  /// this reader has seen the new primary replay beyond it, or its role may read the history (GRANT EXECUTE ON FUNCTION
  /// pg_read_file(text, bigint, bigint, boolean)). Otherwise FailedPrecondition: transaction numbers may have been
  /// given out twice. Begin again from ReplayPosition{}, and drop what you have by its key.
  template <DescribedRow Row>
  absl::StatusOr<ReplayReport> Replay(const ReplayPosition& since, const ScanOptions& scan,
                                      const std::function<absl::Status(const Row&)>& on_row,
                                      const ReadOptions& options = {}) {
    if (!on_row) return absl::InvalidArgumentError("on_row is empty");
    RowDecoder<Row> decoder(on_row);
    return engine_->Replay(RowCodec<Row>::Shape(), since, scan, decoder.sink(), options);
  }

  /// What the cluster's last checks say of each server.
  ClusterSnapshot cluster() const;

  /// What this reader has done since Open.
  ReaderStats stats() const;

 private:
  /// Turns tuples into rows, with a codec for the columns of the server that serves the read.
  template <DescribedRow Row>
  class RowDecoder {
   public:
    explicit RowDecoder(const std::function<absl::Status(const Row&)>& on_row) : on_row_(on_row) {}

    internal::TupleSink sink() {
      return {.on_types = [this](std::span<const PgType> types) { return Learn(types); },
              .on_tuple = [this](std::string_view tuple) { return Take(tuple); }};
    }

   private:
    absl::Status Learn(std::span<const PgType> types) {
      auto codec = RowCodec<Row>::For(types);
      if (!codec.ok()) return codec.status();
      codec_.emplace(*std::move(codec));
      return absl::OkStatus();
    }

    absl::Status Take(std::string_view tuple) {
      auto row = codec_->Decode(tuple);
      return row.ok() ? on_row_(*row) : row.status();
    }

    const std::function<absl::Status(const Row&)>& on_row_;
    std::optional<RowCodec<Row>> codec_;
  };

  explicit Reader(std::unique_ptr<internal::ReaderEngine> engine);
  std::unique_ptr<internal::ReaderEngine> engine_;
};

}  // namespace bxb
