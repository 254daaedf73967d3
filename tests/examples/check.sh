# Sourced by the scripts beside it. They say what a program must print, as lines of regular expressions.
# shellcheck shell=bash
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*"
  echo "--- stdout"
  cat "$work/out"
  echo "--- stderr"
  cat "$work/err"
  exit 1
}

# run EXIT_CODE COMMAND...: keeps what it prints in $work/out and $work/err.
run() {
  local expected=$1 got=0
  shift
  "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
  [[ $got -eq $expected ]] || fail "exit code $got instead of $expected: $*"
}

# prints REGEX...: each on a line of its own, in this order.
prints() {
  local from=1 line
  for regex; do
    line=$(tail -n "+$from" "$work/out" | grep -nE -m1 -- "$regex" | cut -d: -f1) || true
    [[ $line ]] || fail "nothing printed like: $regex (from line $from on)"
    from=$((from + line))
  done
}

# complains REGEX: stderr is exactly one line, like this.
complains() {
  [[ $(wc -l <"$work/err") -eq 1 ]] || fail "not exactly one line on stderr"
  grep -qE -- "$1" "$work/err" || fail "stderr is not like: $1"
}

silent() {
  [[ ! -s $work/err ]] || fail "something on stderr"
}

# What every example does with --help, a flag it does not have, and a server that is not there.
usual_flags() {
  local program=$1
  shift
  run 0 "$program" --help
  prints '^Usage: ' '--dsn CONNINFO' '--help'
  silent
  run 2 "$program" --no-such-flag
  complains 'no such flag: --no-such-flag'
  run 1 "$program" --dsn 'host=127.0.0.1 port=1 user=me password=sesame dbname=x' "$@"
  complains "^${program##*/}: .*127\.0\.0\.1.*refused"
  ! grep -q sesame "$work/out" "$work/err" || fail "the password was shown"
  run 1 "$program" --dsn 'host=127.0.0.1 password sesame' "$@"
  complains "^${program##*/}: "
  ! grep -q sesame "$work/out" "$work/err" || fail "the password was shown"
}
