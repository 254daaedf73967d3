#pragma once

/// The row description turned into PostgreSQL's COPY BINARY tuples and back
/// (https://www.postgresql.org/docs/15/sql-copy.html, "Binary Format").
// (skeleton; see the task text)
