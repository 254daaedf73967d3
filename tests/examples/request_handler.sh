#!/usr/bin/env bash
# shellcheck source=tests/examples/check.sh
source "${BASH_SOURCE[0]%/*}/check.sh"
program=$1

usual_flags "$program"

run 0 "$program"
silent
prints \
  '^64 threads, answered 200: 7040, 400: 64, 503: 0$' \
  '^6,400 inserted, 640 duplicates, 0 rejected, 0 unknown, 0 unresolved, lsn ' \
  ' events/s in [0-9,]+ commits; acknowledged within .* \(p50\), .* \(p99\)$'
