#pragma once

/// Everything of bxb that a host application needs to write and to read, in one include.

#include "bxb/cluster.h"         // IWYU pragma: export
#include "bxb/dead_letter.h"     // IWYU pragma: export
#include "bxb/decimal.h"         // IWYU pragma: export
#include "bxb/dedup_scope.h"     // IWYU pragma: export
#include "bxb/event.h"           // IWYU pragma: export
#include "bxb/flush_report.h"    // IWYU pragma: export
#include "bxb/lsn.h"             // IWYU pragma: export
#include "bxb/outcome.h"         // IWYU pragma: export
#include "bxb/partitions.h"      // IWYU pragma: export
#include "bxb/pg_type.h"         // IWYU pragma: export
#include "bxb/read_options.h"    // IWYU pragma: export
#include "bxb/read_token.h"      // IWYU pragma: export
#include "bxb/reader.h"          // IWYU pragma: export
#include "bxb/replay.h"          // IWYU pragma: export
#include "bxb/row.h"             // IWYU pragma: export
#include "bxb/row_codec.h"       // IWYU pragma: export
#include "bxb/schema.h"          // IWYU pragma: export
#include "bxb/status.h"          // IWYU pragma: export
#include "bxb/ticket.h"          // IWYU pragma: export
#include "bxb/usage.h"           // IWYU pragma: export
#include "bxb/uuid.h"            // IWYU pragma: export
#include "bxb/writer.h"          // IWYU pragma: export
#include "bxb/writer_options.h"  // IWYU pragma: export
#include "bxb/writer_stats.h"    // IWYU pragma: export
