# make demo SOURCE=kubernetes: a real etcd and kube-apiserver, with what deploy/ gives the operator, and a stand-in for
# kubelet. Sourced; needs `demo`, `repository`, processes and, to start them, services.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # services.sh reads what the prepare_… set, and sets `endpoint`

# Sets kube_apiserver, etcd and kubectl. Building a kube-apiserver takes minutes, and shows its progress.
find_cluster_programs() {
  local found name path
  found=$("$scripts/cluster/build") ||
    die "make demo SOURCE=kubernetes needs kube-apiserver, etcd and kubectl; what of them is missing here, and why, is said above. Name your own as KUBE_APISERVER=/path, ETCD=/path and KUBECTL=/path, or try make demo, which needs no cluster"
  while IFS='=' read -r name path; do
    path=$(realpath -s "$path")
    case $name in
      KUBE_APISERVER) kube_apiserver=$path ;;
      ETCD) etcd=$path ;;
      KUBECTL) kubectl=$path ;;
    esac
  done <<<"$found"
}

# Leaves a cluster running in which the operator's roles are, and in which kubelet reports the pods.
ensure_cluster() {
  local boot
  cluster=$demo/cluster
  # etcd does not wait for the disk here: what a crash of the machine left of its data is not to be trusted.
  boot=$(</proc/sys/kernel/random/boot_id)
  [[ ! -d $cluster || $(cat "$cluster/boot" 2>/dev/null) == "$boot" ]] || rm -rf "$cluster"
  mkdir -p "$cluster"
  chmod 700 "$cluster"
  printf '%s\n' "$boot" >"$cluster/boot"
  [[ -s $cluster/accounts ]] || ssh-keygen -q -N '' -C '' -t rsa -b 2048 -m PEM -f "$cluster/accounts"
  [[ -s $cluster/admin.token ]] || tr -d '\n' </proc/sys/kernel/random/uuid >"$cluster/admin.token"
  printf '%s,admin,admin,"system:masters"\n' "$(<"$cluster/admin.token")" >"$cluster/tokens.csv"
  # What an etcd that was killed leaves, and the next one does not start over.
  is_running etcd || rm -f "$cluster/client.sock:1" "$cluster/peer.sock:1"
  ensure_service etcd prepare_etcd etcd_is_ready
  ensure_service kube-apiserver prepare_apiserver apiserver_is_ready https=127.0.0.1:6443
  write_kubeconfig "$cluster/admin.kubeconfig" "token: $(<"$cluster/admin.token")"
  write_kubeconfig "$cluster/operator.kubeconfig" 'tokenFile: operator.token'
  install -m 600 "$cluster/admin.kubeconfig" "$demo/kubeconfig"
  hand_over "$demo/kubeconfig"
  apply_deployment
  ensure_service kubelet prepare_kubelet kubelet_is_ready
}

drop_cluster() {
  end_all "${servers[@]}"
  rm -rf "$demo/cluster" "$demo/kubeconfig"
}

# Its sockets are files in its directory, so that nobody else on this machine reaches it.
prepare_etcd() {
  local client=unix://client.sock:1 peer=unix://peer.sock:1
  directory=$cluster
  command=("$etcd" --data-dir=etcd --unsafe-no-fsync --listen-client-urls="$client" --advertise-client-urls="$client"
    --listen-peer-urls="$peer" --initial-advertise-peer-urls="$peer" --initial-cluster=default="$peer" --logger=zap --log-level=warn)
}

etcd_is_ready() {
  # The path would be too long for a socket's in many a clone.
  (cd "$cluster" && curl -fsS -m 2 -o /dev/null --unix-socket client.sock:1 http://localhost/health 2>/dev/null)
}

# Addresses without a default route are all that a laptop may have: nothing needs to reach it by another than loopback.
prepare_apiserver() {
  local https=${endpoint[kube-apiserver.https]}
  directory=$cluster
  command=("$kube_apiserver" --etcd-servers=unix://client.sock:1 --cert-dir=certificates --bind-address="${https%:*}" --secure-port="${https##*:}"
    --advertise-address="${https%:*}" --endpoint-reconciler-type=none --service-cluster-ip-range=10.0.0.0/24
    --service-account-issuer=https://demo --service-account-key-file=accounts --service-account-signing-key-file=accounts
    --token-auth-file=tokens.csv --authorization-mode=RBAC --disable-admission-plugins=ServiceAccount)
}

apiserver_is_ready() {
  [[ -s $cluster/certificates/apiserver.crt ]] || return 1
  # In a file, for everybody can read a command line.
  printf 'header = "Authorization: Bearer %s"\n' "$(<"$cluster/admin.token")" >"$cluster/curl.conf"
  printf '%s\n' 'silent' 'fail' 'noproxy = "*"' "cacert = \"$cluster/certificates/apiserver.crt\"" >>"$cluster/curl.conf"
  curl -K "$cluster/curl.conf" -m 2 -o /dev/null "https://${endpoint[kube-apiserver.https]}/readyz"
}

# write_kubeconfig <file> <the user's credential>
write_kubeconfig() {
  cat >"$1" <<END
# Written by make demo.
apiVersion: v1
kind: Config
current-context: demo
contexts:
  - name: demo
    context: {cluster: demo, user: demo, namespace: $namespace}
clusters:
  - name: demo
    cluster:
      server: https://${endpoint[kube-apiserver.https]}
      certificate-authority-data: $(base64 -w 0 "$cluster/certificates/apiserver.crt")
users:
  - name: demo
    user: {$2}
END
}

admin() {
  "$kubectl" --kubeconfig "$cluster/admin.kubeconfig" --cache-dir "$cluster/cache" "$@"
}

# The parts of deploy/ that mean something where nothing runs pods. Without validation, as an old server needs it.
apply_deployment() {
  {
    admin apply --validate=false -f "$repository/crds/claudesessions.yaml"
    admin wait --for=condition=Established --timeout=60s crd/claudesessions.tars.cloudwalk.network
    admin apply -f "$repository/deploy/base/namespaces.yaml"
    admin apply -f "$repository/deploy/base/operator-access.yaml"
    admin apply -n "$namespace" -f "$repository/deploy/sessions/access.yaml"
  } >"$demo/deployment.log" 2>&1 || show_log deployment 'of crds/ and deploy/ failed'
  say deployment 'the CRD, namespaces and roles of crds/ and deploy/ are applied'
}

prepare_kubelet() {
  directory=$cluster
  command=("$repository/scripts/demo/kubelet" "$demo" "$kubectl" "https://${endpoint[kube-apiserver.https]}")
  inputs=("$repository/scripts/demo/kubelet" "$cluster/admin.kubeconfig")
}

# The operator's token comes from it.
kubelet_is_ready() {
  [[ -s $cluster/operator.token ]]
}

# apply_session <name>: when its manifest is new, or when it is not there. What people change stays as they like it.
apply_session() {
  [[ -n $written ]] || ! admin get claudesession "$1" >"$demo/deployment.log" 2>&1 || return 0
  admin apply -f "$demo/manifests/$1.yaml" >"$demo/deployment.log" 2>&1 || show_log deployment "of $1 failed"
  say "$1" 'its ClaudeSession is applied'
}
