# Programs that listen, on free addresses. Sourced; needs `demo`, processes and addresses.
# shellcheck shell=bash

# ensure_service <name> <prepare> <is ready> <listen key and wish…>
# Starts it with free addresses, or leaves it alone when it runs and would be started in the same way again.
# `endpoint[name.key]` holds its addresses afterwards. `prepare <name>` writes its configuration for these addresses and
# sets `directory`, `command` and, if what is in them counts, `inputs`: files.
declare -A endpoint
ensure_service() {
  local name=$1 prepare=$2 is_ready=$3 action=started attempt pair list directory command inputs
  shift 3
  for pair in "$@"; do
    endpoint[$name.${pair%%=*}]=$(cat "$demo/run/$name.${pair%%=*}" 2>/dev/null || true)
  done
  if is_running "$name"; then
    prepare_service "$name" "$prepare"
    if [[ $running_fingerprint == "$fingerprint" ]]; then
      wait_for 120 service_decided "$name" "$is_ready" || show_log "$name" 'runs, and is not ready after 120 s'
      say "$name" "runs$(describe "$name" "$@")"
      return
    fi
    action='restarted with changes'
    ask_to_end "$name"
    await_end "$name"
  fi
  for attempt in 1 2 3; do
    for pair in "$@"; do
      mapfile -t list < <(candidates "${pair#*=}" "${endpoint[$name.${pair%%=*}]}")
      choose "${list[@]}"
      endpoint[$name.${pair%%=*}]=$choice
      printf '%s\n' "$choice" >"$demo/run/$name.${pair%%=*}"
    done
    prepare_service "$name" "$prepare"
    launch "$name" "$repository/scripts/demo/launch" "$demo" "$name" "$fingerprint" "$directory" "${command[@]}"
    wait_for 120 service_decided "$name" "$is_ready" || show_log "$name" "is not ready after 120 s"
    if is_running "$name"; then
      say "$name" "$action, ready$(describe "$name" "$@"), process $running_pid"
      return
    fi
    grep -qi 'address already in use' "$demo/$name.log" || break
  done
  show_log "$name" "ended as soon as it was started (attempt $attempt)"
}

prepare_service() {
  inputs=()
  "$2" "$1"
  fingerprint=$({ printf '%s\n' "$directory" "${command[@]}"; cat "$repository/scripts/demo/launch" ${inputs[@]+"${inputs[@]}"}; } | sha256sum | cut -c 1-16)
}

# Ready or dead: either way there is nothing more to wait for.
service_decided() {
  "$2" "$1" || ! is_running "$1"
}

describe() {
  local name=$1 pair text=''
  shift
  for pair in "$@"; do text+=", ${pair%%=*} ${endpoint[$name.${pair%%=*}]}"; done
  printf '%s' "${text/,/:}"
}
