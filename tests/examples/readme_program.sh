#!/usr/bin/env bash
# shellcheck disable=SC2016  # the inner scripts expand what they are given
# The README's shortest program, compiled as it stands there, run twice against a database "billing".
# shellcheck source=tests/examples/check.sh
source "${BASH_SOURCE[0]%/*}/check.sh"
program=$1 with_postgres=$2

run 0 "$with_postgres" bash -c '"$0" && "$0"' "$program"
silent
prints "^inserted, on the primary's disk, lsn [0-9A-F]+/[0-9A-F]+$" "^duplicate, on the primary's disk, lsn "
