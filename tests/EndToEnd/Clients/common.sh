# What the clients that are programs have in common. Sourced by them.
# shellcheck shell=bash
set -euo pipefail

# home: a directory where a client finds the gateway's host keys as its user's known hosts.
home() {
  export HOME=$WORK
  mkdir -p "$HOME/.ssh"
  cp "$KNOWN_HOSTS" "$HOME/.ssh/known_hosts"
}

# count <pattern> <file>: lines with it.
count() {
  grep -c -- "$1" "$2" || true
}

# client <verb> <argument…>: what each script ends with.
client() {
  # EX_USAGE: what the client does not have, such as commands.
  declare -F "$1" >/dev/null || exit 64
  "$@"
}
