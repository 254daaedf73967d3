#!/usr/bin/env bash
# shellcheck source=tests/examples/check.sh
source "${BASH_SOURCE[0]%/*}/check.sh"
program=$1

usual_flags "$program"

run 0 "$program"
silent
prints \
  '^first time: +inserted' '^first time: +inserted' '^first time: +inserted' \
  '^second time: +duplicate' '^second time: +duplicate' '^second time: +duplicate' \
  'sensor_id +readings +coldest +warmest +cost +note' \
  ' 1 +2 +21.5 +21.625 +0.0250' \
  ' 2 +1 +-4.25 +-4.25 +1 +door open' \
  'A type that would round is refused:' \
  'column "cost" is numeric, which cannot hold double exactly'
