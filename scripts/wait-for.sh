# Sourced.
# shellcheck shell=bash

# wait_for <seconds> <command…>: runs the command until it succeeds. Status 1: it has not within the seconds.
wait_for() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}
