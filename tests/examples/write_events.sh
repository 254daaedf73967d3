#!/usr/bin/env bash
# shellcheck disable=SC2016  # the inner scripts expand what they are given
# shellcheck source=tests/examples/check.sh
source "${BASH_SOURCE[0]%/*}/check.sh"
program=$1 with_postgres=$2

usual_flags "$program"

run 0 "$program"
silent
prints \
  "^one event: +inserted, on the primary's disk, lsn [0-9A-F]+/[0-9A-F]+$" \
  "^the same again: +duplicate, on the primary's disk, lsn " \
  '^with bad properties: +rejected.*properties' \
  '^one of a batch: +inserted' \
  '^one of a batch: +duplicate' \
  '^one of a batch: +inserted' \
  '^a thousand, flushed: +1,003 inserted, 2 duplicates, 0 rejected, 0 unknown, 0 unresolved, lsn ' \
  '^by their callbacks: +1000 of 1000 stored$' \
  '^in all: '

# A second run finds everything there, and nothing else is touched.
run 0 "$with_postgres" bash -c '"$0" --dsn "$DSN" && "$0" --dsn "$DSN" && psql -XAtc "SELECT count(*) FROM example_events"' \
  "$program"
prints '^one event: +inserted' '^one event: +duplicate' '^a thousand, flushed: +0 inserted, 1,005 duplicates' '^2003$'
