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
prints 'inserted 200, duplicates 0, rejected 0, bad lines 0$' '^/.*:5432 +primary ' '^/.*:5432 +standby ' '^2\. Usage of ' \
  'read from a standby at 0/[0-9A-F]+@1:[0-9]+$' '^3\. How a server would run it' 'Aggregate' '^4\. Everything' \
  '^ +200 events, ' '^ +one more is written: inserted, ' '^ +since that position: 1 event$'

# The real file, where it is: what its largest organization adds up to is known.
if [[ -f $flights ]]; then
  run 0 "$program" --file "$flights"
  silent
  prints '^2\. Usage of 0783aa7a-d953-5f66-aac9-945daa57d5b5' '^ +200,000 events, ' 'since that position: 1 event$'
  total=$(sed -nE 's/^ +200[01]-.*\(([0-9,]+) events?\)$/\1/; T; s/,//g; p' "$work/out" | awk '{n += $1} END {print n}')
  [[ $total -eq 11015 ]] || fail "$total events, not 11,015"
fi
