# The operator and the two proxies. Sourced; needs `demo`, processes, addresses, keys and feed.
# shellcheck shell=bash

# Copies a program out of the build directory, where the next build would overwrite files that a running process has
# mapped. Sets `program` to the copy, which is named after its content.
take_program() {
  local name=$1 built=$repository/$1/bin/Release/net10.0 hash
  [[ -s $built/sshgateway-$name.dll ]] || die "$built/sshgateway-$name.dll is missing: run 'make build' and look at its output"
  hash=$(cd "$built" && find . -type f ! -name '*.pdb' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-12)
  program=$demo/program/$name-$hash
  if [[ ! -d $program ]]; then
    rm -rf "$program.new"
    cp -a "$built" "$program.new"
    mv "$program.new" "$program"
  fi
  programs+=("$program")
}

# What earlier builds left behind and nothing runs from any more.
drop_old_programs() {
  local directory kept
  for directory in "$demo"/program/*; do
    for kept in "${programs[@]}"; do
      [[ $directory != "$kept" ]] || continue 2
    done
    rm -rf "$directory"
  done
}

# ensure_program <name> <program> <write configuration> <listen key and wish…>
# Starts it with free addresses, or leaves it alone when it runs and would be started in the same way again.
# `endpoint[name.key]` holds its addresses afterwards.
declare -A endpoint
ensure_program() {
  local name=$1 program=$2 write=$3 action=started attempt pair fingerprint list
  shift 3
  for pair in "$@"; do
    endpoint[$name.${pair%%=*}]=$(cat "$demo/run/$name.${pair%%=*}" 2>/dev/null || true)
  done
  if is_running "$name"; then
    "$write" "$name"
    fingerprint=$(program_fingerprint "$name" "$program")
    if [[ $running_fingerprint == "$fingerprint" ]]; then
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
    "$write" "$name"
    fingerprint=$(program_fingerprint "$name" "$program")
    launch "$name" "$repository/scripts/demo/launch" "$demo" "$name" "$fingerprint" "$program" \
      "$(command -v dotnet)" "$program/sshgateway-${name%%-*}.dll" --config "$demo/$name.json"
    wait_until 60 program_decided "$name" || show_log "$name" "is not ready after 60 s"
    if is_running "$name"; then
      say "$name" "$action, ready$(describe "$name" "$@"), process $running_pid"
      return
    fi
    grep -qi 'address already in use' "$demo/$name.log" || break
  done
  show_log "$name" "ended as soon as it was started (attempt $attempt)"
}

program_fingerprint() {
  { printf '%s\n' "$2"; cat "$demo/$1.json" "$repository/scripts/demo/launch"; } | sha256sum | cut -c 1-16
}

program_decided() {
  curl -fsS --noproxy '*' -m 2 -o /dev/null "http://${endpoint[$1.http]}/readyz" 2>/dev/null || ! is_running "$1"
}

describe() {
  local name=$1 pair text=''
  shift
  for pair in "$@"; do text+=", ${pair%%=*} ${endpoint[$name.${pair%%=*}]}"; done
  printf '%s' "${text/,/:}"
}

write_operator_config() {
  cat >"$demo/operator.json" <<END
{
  "Operator": {
    "Source": "Directory",
    "Directory": "$demo/manifests",
    "FeedListen": "${endpoint[operator.feed]}",
    "FeedCertificate": "$demo/keys/feed_tls.crt",
    "FeedCertificateKey": "$demo/keys/feed_tls.key",
    "FeedJwks": "$demo/keys/feed_jwks.json",
    "FeedIssuer": "$feed_issuer",
    "FeedClients": ["$feed_subject"],
    "HttpListen": "${endpoint[operator.http]}",
    "AllowLoopbackPods": true
  }
}
END
}

write_proxy_config() {
  cat >"$demo/$1.json" <<END
{
  "Proxy": {
    "Id": "$1",
    "Listen": "${endpoint[$1.ssh]}",
    "HttpListen": "${endpoint[$1.http]}",
    "HostKeys": [
      "$demo/keys/gateway_ed25519",
      "$demo/keys/gateway_ecdsa",
      "$demo/keys/gateway_rsa"
    ],
    "UserCaKey": "$demo/keys/user_ca",
    "Operators": ["${endpoint[operator.feed]}"],
    "OperatorCA": "$demo/keys/feed_ca.crt",
    "OperatorToken": "$demo/keys/feed_token"
  }
}
END
}

# ssh reads % as the start of a token in these paths.
write_ssh_config() {
  local path=${demo//%/%%} name proxy suffix key
  {
    printf '# Written by make demo. ssh -F %s demo-2\n' "$shown/ssh_config"
    for proxy in "${proxies[@]}"; do
      suffix=''
      [[ $proxy == a ]] || suffix=.$proxy
      printf '\n# Through proxy %s.\n' "$proxy"
      for name in "${pods[@]}"; do
        printf 'Host %s%s\n    User %s\n    HostName %s\n    Port %s\n' "$name" "$suffix" "$name" \
          "${endpoint[proxy-$proxy.ssh]%:*}" "${endpoint[proxy-$proxy.ssh]##*:}"
      done
    done
    printf '\nHost *\n    IdentityFile "%s"\n    IdentitiesOnly yes\n' "$path/keys/demo_user"
    printf '    UserKnownHostsFile "%s"\n    StrictHostKeyChecking yes\n' "$path/known_hosts"
  } >"$demo/ssh_config"
  for proxy in "${proxies[@]}"; do
    for key in gateway_ed25519 gateway_ecdsa gateway_rsa; do
      printf '[%s]:%s %s\n' "${endpoint[proxy-$proxy.ssh]%:*}" "${endpoint[proxy-$proxy.ssh]##*:}" "$(public_key "$key")"
    done
  done >"$demo/known_hosts"
}
