# Checks that count. Sourced by scripts/test and scripts/test-demo.
# shellcheck shell=bash
#
# Each check appends "passed|failed|skipped <tab> name <tab> reason" to $TEST_RESULTS, from which scripts/test sums.

# shellcheck source=scripts/wait-for.sh
source "$(dirname "${BASH_SOURCE[0]}")/../wait-for.sh"

# check <name> <command…>: passes when the command, often a function of the caller's, succeeds. It runs in a subshell
# in which every failing command is fatal; what it printed is shown when it failed. Sets `outcome` and always returns 0:
# called as `check … ||` or `if check …`, bash would ignore errexit in all that it runs, subshells included.
check() {
  local name=$1 output status=0 began=$SECONDS
  shift
  output=$(mktemp)
  # In the background, for in `( … ) || status=$?` errexit would be ignored again.
  (
    set -e
    "$@"
  ) >"$output" 2>&1 </dev/null &
  wait $! || status=$?
  if ((status == 0)); then
    outcome=passed
    printf '  Passed  %s [%s s]\n' "$name" "$((SECONDS - began))"
    printf 'passed\t%s\t\n' "$name" >>"$TEST_RESULTS"
  else
    # shellcheck disable=SC2034 # for the caller
    outcome=failed
    printf '  Failed  %s [%s s], status %s:\n' "$name" "$((SECONDS - began))" "$status"
    sed 's/^/      /' "$output"
    printf 'failed\t%s\tstatus %s\n' "$name" "$status" >>"$TEST_RESULTS"
  fi
  rm -f "$output"
}

# skip <name> <reason>
skip() {
  printf '  Skipped %s: %s\n' "$1" "$2"
  printf 'skipped\t%s\t%s\n' "$1" "$2" >>"$TEST_RESULTS"
}

# count <outcome>: how many of them.
count() {
  grep -c "^$1" "$TEST_RESULTS" || true
}
