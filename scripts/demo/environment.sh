# Where the demo keeps its things, and how it speaks. Sourced by demo-up and demo-down.
# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read by the scripts that source this

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
pods=(demo-1 demo-2 demo-3)
servers=(kubelet kube-apiserver etcd)
namespace=claude-sessions

say() {
  printf '%-10s %s\n' "$1" "${*:2}"
}

die() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}

# Sets `demo`, the demo's directory, and `shown`, what to call it in messages.
choose_directory() {
  demo=${DEMO_DIR:-$repository/.demo}
  [[ $demo == /* ]] || demo=$PWD/$demo
  shown=$demo
  [[ $demo != "$PWD"/* ]] || shown=${demo#"$PWD"/}
  # These would have to be escaped in three different ways, for JSON, ssh_config and YAML.
  [[ $demo != *[\"\\\$]* && $demo != *$'\n'* ]] ||
    die "the path $demo contains a quote, a backslash, a dollar sign or a line break: move the clone, or set DEMO_DIR to another directory"
}

# Sets `source`: where the operator learns of sessions and pods. What runs goes on as it is unless SOURCE says
# otherwise.
choose_source() {
  source=${SOURCE:-$(cat "$demo/run/source" 2>/dev/null || printf directory)}
  source=${source,,}
  case $source in
    directory | cluster) ;;
    # Operator:Kubeconfig is a list like PATH.
    kubernetes) [[ $demo != *:* ]] || die "the path $demo contains a colon: move the clone, or set DEMO_DIR to another directory" ;;
    *) die "SOURCE is '$SOURCE': write SOURCE=directory, SOURCE=kubernetes or SOURCE=cluster" ;;
  esac
}

# One demo-up or demo-down at a time in one directory. Everything that is started in the background closes descriptor 9.
lock_directory() {
  [[ ! -e $demo/lock || -w $demo/lock ]] || die "the demo in $shown was started by another user. Try it with sudo"
  exec 9>"$demo/lock"
  if ! flock -n 9; then
    say lock "waiting for another make demo or demo-down in $shown"
    flock 9
  fi
}

# After `sudo make demo`: what people work with belongs to the person who typed it.
hand_over() {
  if [[ -n ${SUDO_UID:-} ]]; then chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$@"; fi
}
