# Free addresses to listen on. Sourced.
# shellcheck shell=bash

chosen=()

# Whether somebody listens on address:port, be it through a wildcard address, or whether we have just given it away.
is_taken() {
  local address=$1 port=$2 listener
  for listener in ${chosen[@]+"${chosen[@]}"}; do
    [[ $listener != "$address:$port" ]] || return 0
  done
  while read -r listener; do
    case ${listener%:*} in
      "$address" | "[::ffff:$address]" | 0.0.0.0 | '*' | '[::]') return 0 ;;
    esac
  done < <(ss -Hltn "sport = :$port" | awk '{ print $4 }')
  return 1
}

# choose <address:port…>: sets `choice` to the first free one of the candidates.
choose() {
  local candidate
  for candidate in "$@"; do
    if ! is_taken "${candidate%:*}" "${candidate##*:}"; then
      choice=$candidate
      chosen+=("$candidate")
      return
    fi
  done
  die "no free address to listen on among $1 … ${*: -1}"
}

# Candidates below the ephemeral ports, on which any outgoing connection may sit.
# candidates <address:port wished for> [<address:port used before>]
candidates() {
  local address=${1%:*} port=${1##*:} offset
  if [[ -n ${2:-} ]]; then printf '%s\n' "$2"; fi
  for ((offset = 0; offset < 400; offset++)); do
    printf '%s\n' "$address:$((port + offset))"
  done
}

# For pods: the port stays 2222 as long as a loopback address has it free.
# pod_candidates [<address:port used before>]
pod_candidates() {
  local port last
  if [[ -n ${1:-} ]]; then printf '%s\n' "$1"; fi
  for port in 2222 {12222..12232}; do
    for last in {1..60}; do printf '%s\n' "127.0.1.$last:$port"; done
  done
}
