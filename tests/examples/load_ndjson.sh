#!/usr/bin/env bash
# shellcheck disable=SC2016  # the inner scripts expand what they are given
# shellcheck source=tests/examples/check.sh
source "${BASH_SOURCE[0]%/*}/check.sh"
program=$1 with_postgres=$2
sample=${BASH_SOURCE[0]%/*}/../../examples/data/sample.ndjson

usual_flags "$program" --file "$sample"
run 2 "$program"
complains '--file is missing'
run 1 "$program" --file "$work/none"
complains '^load_ndjson: .*/none: No such file or directory$'

run 0 "$program" --file "$sample"
silent
prints ' 200 events in ' 'inserted 200, duplicates 0, rejected 0, bad lines 0$'

# Bad lines cost themselves only, and are named: one not JSON, one without a code, one that is no UUID, and one
# that only the writer refuses.
{
  sed -n 1,2p "$sample"
  echo '{"organization_id": '
  sed -n '3s/"code":"[a-z_]*",//p' "$sample"
  sed -n '4s/"organization_id":"/&x/p' "$sample"
  sed -n '5s/"smp_/&\\u0000/p' "$sample"
  sed -n '6,$p' "$sample"
} >"$work/bad.ndjson"
gzip "$work/bad.ndjson"
run 3 "$program" --file "$work/bad.ndjson.gz"
silent
prints ' 197 events in ' 'inserted 197, duplicates 0, rejected 0, bad lines 4$' \
  '^ +line 3: broken JSON' '^ +line 4: code: missing' '^ +line 5: organization_id: not a UUID' '^ +line 6: .*transaction_id'

# A file that was cut short says so; loading the whole of it later counts nothing twice.
head -c -20 "$work/bad.ndjson.gz" >"$work/cut.ndjson.gz"
run 1 "$program" --file "$work/cut.ndjson.gz"
complains 'cannot be read behind line'

# The table must be there, unless it may be created.
run 0 "$with_postgres" bash -c '
  ! "$0" --dsn "$DSN" --file "$1" --table usage || exit 9
  "$0" --dsn "$DSN" --file "$1" --table usage --create-table && "$0" --dsn "$DSN" --file "$1" --table usage
  psql -XAtc "SELECT code, count(*), sum(value), sum(decimal_value) FROM usage GROUP BY 1 ORDER BY 1"' "$program" "$sample"
complains 'usage'
prints 'inserted 200, duplicates 0' 'inserted 0, duplicates 200' '^api_calls\|134\|3415\|$' '^storage_gb\|66\|299.25\|299.25$'

# What the server refuses is told by line as well.
run 0 "$with_postgres" bash -c '
  psql -XAtqc "CREATE TABLE events (organization_id uuid, transaction_id text, external_customer_id text, code text,
    timestamp timestamptz, properties jsonb, value float8 CHECK (value <> 8), decimal_value numeric,
    UNIQUE (organization_id, transaction_id))"
  "$0" --dsn "$DSN" --file "$1" || [[ $? -eq 3 ]]' "$program" "$sample"
silent
prints ' rejected [1-9]' 'violates check constraint'
grep -qE '^ +line 2: (.*violates check constraint|the same)' "$work/out" || fail 'line 2 is not told'
