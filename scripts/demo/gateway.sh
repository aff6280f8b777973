# The operator and the two proxies. Sourced; needs `demo`, `source`, services, keys and feed.
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

# prepare_program <name>, for ensure_service: of the program taken last.
prepare_program() {
  "write_${1%%-*}_config" "$1"
  directory=$program
  command=("$(command -v dotnet)" "$program/sshgateway-${1%%-*}.dll" --config "$demo/$1.json")
  inputs=("$demo/$1.json")
  if [[ $1 == operator && $source == kubernetes ]]; then inputs+=("$demo/cluster/operator.kubeconfig"); fi
}

program_is_ready() {
  curl -fsS --noproxy '*' -m 2 -o /dev/null "http://${endpoint[$1.http]}/readyz" 2>/dev/null
}

write_operator_config() {
  cat >"$demo/operator.json" <<END
{
  "Operator": {
    $(operator_source),
    "FeedListen": "${endpoint[operator.feed]}",
    "FeedCertificate": "$demo/keys/feed_tls.crt",
    "FeedCertificateKey": "$demo/keys/feed_tls.key",
    "FeedJwks": "$demo/keys/feed_jwks.json",
    "FeedIssuer": "$feed_issuer",
    "FeedClients": ["$feed_subject"],
    "HttpListen": "${endpoint[operator.http]}",
    "StatusPage": true,
    "AllowLoopbackPods": true
  }
}
END
}

operator_source() {
  if [[ $source == kubernetes ]]; then
    printf '"Source": "Kubernetes",\n    "Kubeconfig": "%s",\n    ' "$demo/cluster/operator.kubeconfig"
    printf '"Namespaces": ["%s"],\n    "LeaseNamespace": "ssh-gateway",\n    ' "$namespace"
    # The demo's keys are files: pods and proxies have them before there is an operator.
    printf '"HostKeysSecret": "",\n    "UserCaSecret": ""'
  else
    printf '"Source": "Directory",\n    "Directory": "%s"' "$demo/manifests"
  fi
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
    "OperatorToken": "$demo/keys/feed_token",
    "PenaltyExempt": ["127.0.0.0/8"],
    "AuditLog": "$demo/$1.audit",
    "DrainDelay": "00:00:00",
    "DrainTimeout": "00:00:05"
  }
}
END
}

# write_ssh_config <suffix=address:port…>: each session by its name and the suffix, through each of the addresses.
write_ssh_config() {
  # ssh reads % as the start of a token in these paths.
  local path=${demo//%/%%} name entry listen
  {
    printf '# Written by make demo. ssh -F %s demo-2\n' "$shown/ssh_config"
    for entry in "$@"; do
      listen=${entry#*=}
      printf '\n# Through %s.\n' "$listen"
      for name in "${pods[@]}"; do
        printf 'Host %s%s\n    User %s\n    HostName %s\n    Port %s\n' "$name" "${entry%%=*}" "$name" "${listen%:*}" "${listen##*:}"
      done
    done
    if [[ $source != cluster ]]; then
      printf '\n# End to end: the gateway forwards the encrypted bytes to the sshd of %s.\n' "$passthrough"
      printf 'Host %s.direct\n    User claude\n    HostName %s\n    Port 22\n    HostKeyAlias %s\n' "$passthrough" "$passthrough" "$passthrough"
      printf '    ProxyCommand %s -X connect -x %s %%h %%p\n' "$(command -v nc.openbsd || printf nc)" "${1#*=}"
    fi
    printf '\nHost *\n    IdentityFile "%s"\n    IdentitiesOnly yes\n' "$path/keys/demo_user"
    printf '    UserKnownHostsFile "%s"\n    StrictHostKeyChecking yes\n' "$path/known_hosts"
  } >"$demo/ssh_config"
}

# write_known_hosts <address:port…>: the demo's own host keys, and that of the pod that users reach by passthrough.
write_known_hosts() {
  local listen key
  for listen in "$@"; do
    for key in gateway_ed25519 gateway_ecdsa gateway_rsa; do
      printf '[%s]:%s %s\n' "${listen%:*}" "${listen##*:}" "$(public_key "$key")"
    done
  done >"$demo/known_hosts"
  printf '%s %s\n' "$passthrough" "$(public_key "$passthrough")" >>"$demo/known_hosts"
}

# The gateway as processes of this machine, for sessions that are processes of this machine.
ensure_gateway() {
  programs=()
  take_program operator
  ensure_service operator prepare_program program_is_ready feed=127.0.0.1:7443 http=127.0.0.1:8081
  take_program proxy
  ensure_service proxy-a prepare_program program_is_ready ssh=127.0.0.1:2222 http=127.0.0.1:8080
  ensure_service proxy-b prepare_program program_is_ready ssh=127.0.0.1:2223 http=127.0.0.1:8082
  drop_old_programs
  write_ssh_config "=${endpoint[proxy-a.ssh]}" ".b=${endpoint[proxy-b.ssh]}"
  write_known_hosts "${endpoint[proxy-a.ssh]}" "${endpoint[proxy-b.ssh]}"
}
