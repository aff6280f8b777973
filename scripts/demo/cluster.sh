# make demo SOURCE=cluster: the gateway and its sessions as pods of a real cluster (scripts/cluster), deployed with
# deploy/. Sourced; needs `demo`, `repository`, processes, services and keys.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2153,SC2154 # services.sh reads and sets some; up writes KUBECTL

relays=(relay-ssh relay-api)
# The session whose pod has no sshd: an exec relay stands in for it.
exec_session="demo-exec"
balancer=198.51.100.200
control_plane=198.51.100.11

# Where its disk is: the cluster's directory may have simple names only, and the demo's may not.
choose_real_cluster() {
  local cache=${XDG_CACHE_HOME:-${HOME:-/var/cache}/.cache}/ssh-gateway
  real=$cache/demo-$(printf '%s' "$demo" | sha256sum | cut -c 1-8)
}

kube() {
  "$repository/scripts/cluster/on-client" "$real" "$KUBECTL" --kubeconfig "$real/admin.kubeconfig" --cache-dir "$real/kubectl-cache" "$@"
}

# quietly <what> <command…>: its output is in deployment.log, and shown when it fails.
quietly() {
  local what=$1
  shift
  "$@" >>"$demo/deployment.log" 2>&1 || show_log deployment "of $what failed"
}

ensure_real_cluster() {
  local archives status=0
  if [[ -s $real/pid && -d /proc/$(<"$real/pid") ]]; then
    say cluster "runs in $real"
    archives=$("$repository/scripts/cluster/images") || die 'the images could not be built; why is said above'
    "$repository/scripts/cluster/load" "$real" "$archives" || die 'the nodes could not take the images; why is said above'
  else
    # Without the lock's descriptor, which the cluster would hold for as long as it runs.
    "$repository/scripts/cluster/up" "$real" 9>&- || status=$?
    ((status == 0)) || die "make demo SOURCE=cluster cannot start a cluster here; why is said above. Try make demo, which needs none"
  fi
  # shellcheck source=/dev/null
  source "$real/programs.sh"
  # shellcheck source=/dev/null
  source "$real/images.sh"
}

drop_real_cluster() {
  end_all "${relays[@]}"
  if [[ -d $real ]]; then
    "$repository/scripts/cluster/down" "$real"
    say cluster ended
    ended=yes
  fi
}

# As deploy/README.md says: the overlay for this server's version, with the images of this build.
deploy_gateway() {
  local name
  : >"$demo/deployment.log"
  mkdir -p "$demo/site"
  cat >"$demo/site/kustomization.yaml" <<END_OF_SITE
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [$(realpath --relative-to="$demo/site" "$repository/deploy/overlays/legacy-1.20")]
components: [$(realpath --relative-to="$demo/site" "$repository/deploy/components/exec-legacy-1.20")]
images:
  - {name: ssh-gateway-operator, newTag: $operator_tag}
  - {name: ssh-gateway-proxy, newTag: $proxy_tag}
  - {name: ssh-gateway-exec, newTag: $exec_tag}
END_OF_SITE
  quietly 'deploy/' kube apply --validate=false -k "$demo/site"
  # In place of a load balancer's controller, which would say where clients reach the Service.
  quietly 'the Service' kube -n ssh-gateway patch service ssh-gateway --subresource=status --type=merge \
    -p "{\"status\": {\"loadBalancer\": {\"ingress\": [{\"ip\": \"$balancer\"}]}}}"
  quietly 'the gateway' kube -n ssh-gateway wait --for=condition=Available deployment --all --timeout=120s
  for name in proxy exec; do quietly 'the gateway' kube -n ssh-gateway rollout status "deployment/ssh-gateway-$name" --timeout=120s; done
  say gateway "two operators, two proxies and two exec relays are ready in the namespace ssh-gateway"
}

# The session and the pod of deploy/examples, for each of the demo's names.
deploy_session() {
  local name=$1
  {
    sed -e "s|name: abc12|name: $name|" -e "s|alice@example.com|demo-user|" -e "s|ssh-ed25519 AAAA.*|$(public_key demo_user) demo-user|" \
      "$repository/deploy/examples/claudesession.yaml"
    printf -- '---\n'
    sed -e "s|claude-abc12|claude-$name|" -e "s|session: abc12|session: $name|" -e "s|^spec:\$|spec:\n  hostname: $name|" "$repository/deploy/examples/claude-pod.yaml"
  } >"$demo/manifests/$name.yaml.new"
  mv "$demo/manifests/$name.yaml.new" "$demo/manifests/$name.yaml"
  quietly "$name" kube apply -f "$demo/manifests/$name.yaml"
}

# A pod as TARS makes it for an image without sshd: nothing of the gateway is in it.
deploy_exec_session() {
  cat >"$demo/manifests/$exec_session.yaml.new" <<END_OF_SESSION
apiVersion: tars.cloudwalk.network/v1alpha1
kind: ClaudeSession
metadata:
  name: $exec_session
  namespace: $namespace
spec:
  owner:
    user: demo-user
  backend: Exec
  ssh:
    authorizedKeys:
      - $(public_key demo_user) demo-user
---
apiVersion: v1
kind: Pod
metadata:
  name: claude-$exec_session
  namespace: $namespace
  labels:
    app.kubernetes.io/name: claude-session
    tars.cloudwalk.network/session: $exec_session
spec:
  hostname: $exec_session
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 1000
    runAsGroup: 1000
    fsGroup: 1000
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: agent
      image: claude-session:1.0
      imagePullPolicy: IfNotPresent
      # A shell that is process 1 ends on SIGTERM only if it says so.
      command: [/bin/sh, -c, 'trap exit TERM; sleep infinity & wait']
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities: {drop: [ALL]}
      volumeMounts:
        - {name: home, mountPath: /home/claude}
  volumes:
    - name: home
      emptyDir: {}
END_OF_SESSION
  mv "$demo/manifests/$exec_session.yaml.new" "$demo/manifests/$exec_session.yaml"
  quietly "$exec_session" kube apply -f "$demo/manifests/$exec_session.yaml"
}

deploy_sessions() {
  local name
  kube -n ssh-gateway get configmap ssh-gateway-user-ca -o 'jsonpath={.data.user_ca\.pub}' >"$demo/keys/cluster_user_ca.pub" ||
    die 'the operator has made no user CA: see kubectl -n ssh-gateway logs deployment/ssh-gateway-operator'
  kube create configmap ssh-gateway-user-ca --namespace "$namespace" --from-file=user_ca.pub="$demo/keys/cluster_user_ca.pub" --dry-run=client -o yaml |
    quietly 'the user CA' kube apply -f -
  for name in "${pods[@]}"; do deploy_session "$name"; done
  deploy_exec_session
  pods+=("$exec_session")
  quietly 'the sessions' kube -n "$namespace" wait --for=condition=Ready claudesession --all --timeout=120s
  say sessions "${pods[*]} are ready in the namespace $namespace"
}

# From this machine's loopback to an address on the cluster's network.
prepare_relay() {
  local target
  case $1 in
    relay-ssh) target=$balancer:2222 listen=${endpoint[$1.ssh]} ;;
    relay-api) target=$control_plane:6443 listen=${endpoint[$1.https]} ;;
  esac
  directory=$repository/scripts/cluster
  command=("$directory/relay" "$real" "$listen" "$target")
  inputs=("$directory/relay" "$real/pid")
}

relay_is_ready() {
  [[ -n $(ss -Hltn "src $listen") ]]
}

write_cluster_files() {
  local name key
  sed "s|https://$control_plane:6443|https://${endpoint[relay-api.https]}|" "$real/admin.kubeconfig" >"$demo/kubeconfig"
  KUBECONFIG=$demo/kubeconfig "$KUBECTL" config set-context --current --namespace "$namespace" >/dev/null
  chmod 600 "$demo/kubeconfig"
  hand_over "$demo/kubeconfig"
  # The gateway's host keys, from its own Secret: nothing has to be believed at the first login.
  : >"$demo/known_hosts"
  for key in ssh_host_ed25519_key ssh_host_ecdsa_key ssh_host_rsa_key; do
    kube -n ssh-gateway get secret ssh-gateway-host-keys -o "jsonpath={.data.$key}" | base64 -d >"$demo/keys/cluster_host_key"
    chmod 600 "$demo/keys/cluster_host_key"
    printf '[%s]:%s %s\n' "${endpoint[relay-ssh.ssh]%:*}" "${endpoint[relay-ssh.ssh]##*:}" "$(ssh-keygen -y -f "$demo/keys/cluster_host_key" | cut -d ' ' -f 1,2)" >>"$demo/known_hosts"
    rm "$demo/keys/cluster_host_key"
  done
}

ensure_cluster_demo() {
  ensure_real_cluster
  deploy_gateway
  deploy_sessions
  ensure_service relay-ssh prepare_relay relay_is_ready ssh=127.0.0.1:2222
  ensure_service relay-api prepare_relay relay_is_ready https=127.0.0.1:6443
  write_ssh_config "=${endpoint[relay-ssh.ssh]}"
  write_cluster_files
}
