# Background processes that are known for certain: by process id, start time and boot. Sourced; needs `demo`.
# shellcheck shell=bash
#
# $demo/<name>.pid holds the process id for people; $demo/run/<name> holds what proves that this id is still
# the process that was started: "boot pid start-time fingerprint".

# shellcheck source=scripts/wait-for.sh
source "$(dirname "${BASH_SOURCE[0]}")/../wait-for.sh"

# When a process started, in clock ticks since boot (field 22 of /proc/<pid>/stat). Fails when there is no such
# process or when it is only waiting to be reaped. The name in field 2 may contain anything, ") " included.
start_time() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != [ZX] ]] || return 1
  printf '%s' "${fields[19]}"
}

# Called by the new process itself, just before it becomes the program: nothing runs unrecorded, whatever happens to
# the script that started it. /proc/self gives the id that the host knows, also from inside a new PID namespace.
record_self() {
  local name=$1 fingerprint=$2 pid
  read -r pid _ </proc/self/stat
  printf '%s\n' "$pid" >"$demo/$name.pid"
  printf '%s %s %s %s\n' "$(</proc/sys/kernel/random/boot_id)" "$pid" "$(start_time "$pid")" "$fingerprint" >"$demo/run/$name.new"
  mv "$demo/run/$name.new" "$demo/run/$name"
}

# Whether the recorded process lives. Sets `running_pid` and `running_fingerprint`.
is_running() {
  local boot start
  running_pid='' running_fingerprint=''
  [[ -s $demo/run/$1 ]] || return 1
  # shellcheck disable=SC2034 # running_fingerprint is for pods.sh and services.sh
  read -r boot running_pid start running_fingerprint <"$demo/run/$1"
  [[ -n $start && $boot == "$(</proc/sys/kernel/random/boot_id)" && $start == "$(start_time "$running_pid")" ]]
}

forget() {
  rm -f "$demo/run/$1" "$demo/$1.pid"
}

# launch <name> <command…>: in a session of its own, without terminal, with the log as its only output.
launch() {
  local name=$1
  shift
  forget "$name"
  setsid --fork "$@" </dev/null >"$demo/$name.log" 2>&1 9>&-
  wait_for 10 test -s "$demo/run/$name" || show_log "$name" "did not start"
}

# Asks first, then insists. Sure each time that the id still means the same process.
ask_to_end() {
  ! is_running "$1" || kill -TERM "$running_pid" 2>/dev/null || true
}

is_gone() {
  ! is_running "$1"
}

await_end() {
  if ! wait_for 10 is_gone "$1"; then
    ! is_running "$1" || kill -KILL "$running_pid" 2>/dev/null || true
    wait_for 10 is_gone "$1" || die "$1 (process $running_pid) does not end, not even by SIGKILL"
  fi
  forget "$1"
}

# end_all <name…>: all at once. Sets `ended` when there was something to end.
end_all() {
  local name running=()
  for name in "$@"; do
    if is_running "$name"; then
      running+=("$name")
      ask_to_end "$name"
    else
      forget "$name"
    fi
  done
  for name in ${running[@]+"${running[@]}"}; do
    await_end "$name"
    say "$name" ended
    # shellcheck disable=SC2034 # for demo-down
    ended=yes
  done
}

show_log() {
  printf '%s\n' "demo: $1 $2. The end of its log, $demo/$1.log:" >&2
  tail -n 20 "$demo/$1.log" | sed 's/^/    /' >&2
  exit 1
}
