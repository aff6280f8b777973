# The demo's pods: real sshd's in namespaces of their own. Sourced; needs `demo`, `source`, processes, addresses and
# keys.
# shellcheck shell=bash

# Login users live in the pods' own /etc/passwd; the numbers only need to be nobody else's on this machine.
first_uid=52001

# The session that also allows passthrough.
passthrough='demo-1'

# ensure_pod <name> <index>: sets nothing; leaves the pod running, its address in pods/<name>/address (and port).
ensure_pod() {
  local name=$1 uid=$((first_uid + $2)) sshd fingerprint attempt state action=started
  local directory=$demo/pods/$name
  sshd=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v sshd)
  fingerprint=$(cat "$repository/scripts/demo/pod-init" "$repository/scripts/demo/pods.sh" "$demo/keys/$name.pub" "$demo/keys/user_ca.pub" | sha256sum | cut -c 1-16)
  mkdir -p "$directory/root" "$directory/home"
  if is_running "$name"; then
    if [[ $running_fingerprint == "$fingerprint" ]]; then
      say "$name" "runs on $(pod_endpoint "$name")"
      return
    fi
    action=restarted
    ask_to_end "$name"
    await_end "$name"
  fi
  # Between looking for a free address and sshd's bind somebody else may take it: then the next one.
  for attempt in 1 2 3 4 5; do
    mapfile -t state < <(pod_candidates "$(pod_endpoint "$name")")
    choose "${state[@]}"
    printf '%s\n' "${choice%:*}" >"$directory/address"
    printf '%s\n' "${choice##*:}" >"$directory/port"
    write_sshd_config "$name" "$sshd"
    launch "$name" unshare --mount --uts --ipc --pid --fork --kill-child "$repository/scripts/demo/pod-init" "$demo" "$name" "$uid" "$fingerprint" "$sshd"
    wait_for 20 pod_decided "$name" || show_log "$name" "does not listen on $choice after 20 s"
    if is_running "$name"; then
      say "$name" "$action on $choice, process $running_pid"
      return
    fi
    grep -q 'Address already in use' "$demo/$name.log" || break
  done
  show_log "$name" "ended as soon as it was started (attempt $attempt)"
}

# Listening or dead: either way there is nothing more to wait for.
pod_decided() {
  grep -q '^Server listening on' "$demo/$1.log" || ! is_running "$1"
}

pod_endpoint() {
  local directory=$demo/pods/$1
  [[ ! -s $directory/port ]] || printf '%s:%s' "$(<"$directory/address")" "$(<"$directory/port")"
}

write_sshd_config() {
  local config=$demo/pods/$1/sshd_config authorized=none
  # The pod's own sshd authenticates the user of a passthrough.
  if [[ $1 == "$passthrough" ]]; then authorized=/etc/ssh/authorized_keys; fi
  cat >"$config" <<END
ListenAddress $(pod_endpoint "$1")
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile none

# The gateway's user CA, and of its certificates only those made out to this session.
TrustedUserCAKeys /etc/ssh/user_ca.pub
AuthorizedPrincipalsFile /etc/ssh/principals/%u
AuthorizedKeysFile $authorized
AuthenticationMethods publickey
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
AllowUsers claude
UsePAM no
UseDNS no

# All users come from the proxies' addresses, so this counts them all together.
MaxStartups 10:30:100
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
# VERBOSE logs the certificate's key id: the session, the person's key and where they came from.
LogLevel VERBOSE
END
  # sshd 9.8 and newer punishes source addresses; an older sshd does not know the word and would not start.
  if "$2" -T -f /dev/null -h "$demo/keys/$1" -o 'PerSourcePenaltyExemptList 127.0.0.0/8' >/dev/null 2>&1; then
    printf '%s\n' 'PerSourcePenaltyExemptList 127.0.0.0/8' >>"$config"
  fi
}

session_manifest() {
  local name=$1 host_keys='' allows=false
  # demo-3 pins no host key: the gateway trusts its first one, as long as the pod keeps its uid.
  if [[ $name != demo-3 ]]; then
    host_keys=$(printf '\n    hostKeys:\n      - %s' "$(public_key "$name")")
  fi
  if [[ $name == "$passthrough" ]]; then allows=true; fi
  cat <<END
apiVersion: tars.cloudwalk.network/v1alpha1
kind: ClaudeSession
metadata:
  name: $name
  namespace: $namespace
spec:
  owner:
    user: demo-user
  ssh:
    port: $(<"$demo/pods/$name/port")
    targetUser: claude
    passthrough: $allows
    authorizedKeys:
      - $(public_key demo_user) demo-user$host_keys
END
}

# The pod as the API server would tell it, for an operator that reads a directory.
pod_manifest() {
  local name=$1 directory=$demo/pods/$1
  [[ -s $directory/uid ]] || cat /proc/sys/kernel/random/uuid >"$directory/uid"
  [[ -s $directory/started ]] || date -u +%Y-%m-%dT%H:%M:%SZ >"$directory/started"
  cat <<END
---
apiVersion: v1
kind: Pod
metadata:
  name: claude-$name
  namespace: $namespace
  uid: $(<"$directory/uid")
  labels:
    tars.cloudwalk.network/session: $name
spec:
  containers:
    - name: claude
      image: claude-session
      ports:
        - containerPort: $(<"$directory/port")
status:
  phase: Running
  podIP: $(<"$directory/address")
  podIPs:
    - ip: $(<"$directory/address")
  startTime: "$(<"$directory/started")"
  conditions:
    - type: Ready
      status: "True"
      lastTransitionTime: "$(<"$directory/started")"
END
}

# write_manifest <name>: the Kubernetes YAML of the session and, without a cluster, of its pod. Sets `written`.
# Written aside and moved into place, for the operator watches this directory; and only when there is something new to
# say, for people change manifests to see what happens.
write_manifest() {
  local name=$1 directory=$demo/pods/$1
  session_manifest "$name" >"$directory/manifest.new"
  if [[ $source == directory ]]; then pod_manifest "$name" >>"$directory/manifest.new"; fi
  written=''
  if ! cmp -s "$directory/manifest.new" "$directory/manifest" || [[ ! -e $demo/manifests/$name.yaml ]]; then
    cp "$directory/manifest.new" "$directory/manifest"
    mv "$directory/manifest.new" "$demo/manifests/$name.yaml"
    written=yes
  fi
}
