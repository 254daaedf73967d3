#!/usr/bin/env bash
# shellcheck source=tests/examples/check.sh
source "${BASH_SOURCE[0]%/*}/check.sh"
program=$1
here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
sample=$here/../../examples/data/sample.ndjson
flights=$here/../../../shared/data/flights-200k.ndjson.gz

usual_flags "$program" --file "$sample"
run 2 "$program"
complains '--file is missing'

run 0 "$program" --file "$sample"
silent
prints 'inserted 200, duplicates 0, rejected 0, bad lines 0$' '^dedup +global, by the key table$' '^3\. What keeping 90 days' '^would be dropped public.daily_events_p20250101 '

# The real file, where it is: how many events each day has is known.
if [[ -f $flights ]]; then
  run 0 "$program" --file "$flights"
  silent
  prints 'inserted 200,000, duplicates 0, rejected 0, bad lines 0$' \
    '2001-01-01 +daily_events_p20010101 +14,?828$' '2001-01-02 +daily_events_p20010102 +16,?850$'
  [[ $(grep -cE '^ *2001-01-[0-9]+ +daily_events_p200101[0-9]+ +[0-9,]+$' "$work/out") -eq 13 ]] || fail "not 13 days"
fi
