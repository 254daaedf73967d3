#!/usr/bin/env bash
# shellcheck disable=SC2016  # the inner scripts expand what they are given
# shellcheck source=tests/examples/check.sh
source "${BASH_SOURCE[0]%/*}/check.sh"
program=$1 with_postgres=$2
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
sample=$here/../../examples/data/sample.ndjson
flights=$here/../../../shared/data/flights-200k.ndjson.gz

usual_flags "$program"

run 0 "$program" --file "$sample" --measure 20000
silent
prints \
  '^PostgreSQL [0-9]+.*cores' \
  '^1\. Load .*sample\.ndjson into the table quickstart_events$' \
  ' 200 events in ' 'inserted 200, duplicates 0, rejected 0, bad lines 0$' \
  'code +events +sum\(value\)' ' api_calls +134 +3,415$' ' storage_gb +66 +299\.25$' \
  '^2\. ' 'inserted 0, duplicates 200, rejected 0, bad lines 0$' 'totals are the same' \
  '^3\. Measure 20,000 generated events' \
  ' events/s, each acknowledged within .* \(p50\), .* \(p99\), in [0-9,]+ commits$' \
  "the last one's outcome: inserted, on the primary's disk, lsn " \
  '^What next'

# The real file, where it is: its totals are known.
if [[ -f $flights ]]; then
  run 0 "$program" --measure 1
  prints ' 200,000 events in ' 'inserted 200,000, duplicates 0, rejected 0, bad lines 0$' \
    ' flight +152,351 +110,460,724$' ' flight_delayed +47,649 +35,382,351$' \
    'inserted 0, duplicates 200,000, rejected 0, bad lines 0$' 'totals are the same'
fi

# A bad line is counted and named, and nothing ends.
{ cat "$sample"; echo 'no JSON'; } >"$work/bad.ndjson"
run 0 "$program" --file "$work/bad.ndjson" --measure 1
prints 'inserted 200, duplicates 0, rejected 0, bad lines 1$' 'line 201: '

# On a server of yours: nothing is measured unless asked for, and nothing but the named table is left.
run 0 "$with_postgres" bash -c '
  "$0" --dsn "$DSN" --file "$1" && "$0" --dsn "$DSN" --file "$1" --measure 1000
  psql -XAtc "SELECT tablename FROM pg_tables WHERE schemaname = '\''public'\''"' "$program" "$sample"
silent
prints 'inserted 200, duplicates 0' 'inserted 0, duplicates 200' 'stays' \
  'inserted 0, duplicates 200' '^3\. Measure 1,000 ' 'stays' '^quickstart_events$'
[[ $(grep -c Measure "$work/out") -eq 1 ]] || fail "measured without being asked to"
! grep -q '^quickstart_measure' "$work/out" || fail "the measuring table was left behind"
