# What the scripts of this folder have in common. Sourced.
# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read by the scripts that source this

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source=scripts/wait-for.sh
source "$scripts/wait-for.sh"
cache=${XDG_CACHE_HOME:-${HOME:-/var/cache}/.cache}/ssh-gateway
kubernetes_version=1.20.2
cluster_programs=(etcd kubectl kube-apiserver kubelet kube-controller-manager kube-scheduler kube-proxy)

# The cluster's network exists only in namespaces. 198.51.100.0/24 is TEST-NET-2 (RFC 5737): no host outside has such an
# address.
lan=198.51.100
client_address=$lan.100
# A load balancer's address: routed to node1, and handed on by kube-proxy when a Service names it.
balancer_address=$lan.200
pod_network=10.244
service_network=10.96
dns_address=$service_network.0.10
node_address() { printf '%s\n' "$lan.$((10 + ${1#node}))"; }
control_plane_address=$(node_address node1)

say() {
  printf '%-10s %s\n' cluster "$*" >&2
}

# Status 3: this machine cannot do it. The last line of standard error says why.
cannot() {
  printf '%s\n' "$*" >&2
  exit 3
}

# choose_cluster <directory>: the cluster whose files are there. Its cgroups are named after the path.
choose_cluster() {
  cluster=$(realpath -m -- "$1")
  # The path stands in command lines, in YAML and in TOML.
  [[ $cluster =~ ^[A-Za-z0-9/._-]+$ ]] || cannot "a cluster's directory may be named with letters, digits and . _ - alone, and is $cluster"
  cgroup=ssh-gateway-$(printf '%s' "$cluster" | sha256sum | cut -c 1-8)
  cgroup_controllers=(cpu cpuacct cpuset memory devices freezer blkio pids systemd)
}

# Process 1 of the cluster: its id in the machine's process namespace. Empty when the cluster does not run.
cluster_pid() {
  local pid
  pid=$(cat "$cluster/pid" 2>/dev/null) || return 0
  if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "cluster/init $cluster"; then printf '%s\n' "$pid"; fi
}

# on_client <command…>: on the host that stands for all clients, outside of the cluster but on its network.
on_client() { nsenter --target "$(<"$cluster/pid")" --net -- "$@"; }

# in_cluster <command…>: the same host, with the processes and mounts that all nodes are below.
in_cluster() { nsenter --target "$(<"$cluster/pid")" --mount --net --pid -- "$@"; }

# in_node <node> <command…>
in_node() {
  local pid
  pid=$(<"$cluster/$1/pid")
  in_cluster nsenter --target "$pid" --mount --net --pid --cgroup --uts --ipc -- "${@:2}"
}

admin() {
  on_client "$KUBECTL" --kubeconfig "$cluster/admin.kubeconfig" --cache-dir "$cluster/kubectl-cache" "$@"
}

# remove_cgroups <group>: in every hierarchy, with what is below it.
remove_cgroups() {
  # The last processes leave their cgroups a moment after they ended.
  wait_for 30 try_remove_cgroups "$1" || cannot "the cgroups /sys/fs/cgroup/*/$1 are still in use"
}
try_remove_cgroups() {
  local controller
  for controller in "${cgroup_controllers[@]}"; do
    # Children first.
    if [[ -d /sys/fs/cgroup/$controller/$1 ]]; then
      find "/sys/fs/cgroup/$controller/$1" -depth -type d -exec rmdir {} + 2>/dev/null || return 1
    fi
  done
}

# with_progress <what> <log> <command…>: runs it with its output in the log, and says every 15 seconds where it is.
# Shows the end of the log when it fails.
with_progress() {
  local what=$1 log=$2 started=$SECONDS shown=$SECONDS job
  shift 2
  # In the background errexit holds; left of a || it would not.
  "$@" </dev/null >>"$log" 2>&1 &
  job=$!
  while kill -0 "$job" 2>/dev/null; do
    sleep 0.2
    if ((SECONDS - shown >= 15)); then
      shown=$SECONDS
      say "… $what, $((SECONDS - started)) s: $(tail -n 1 "$log" | tr -d '\r' | cut -c -80)"
    fi
  done
  if ! wait "$job"; then
    tail -n 30 "$log" >&2
    cannot "$what failed; the end of its output is above"
  fi
}

# lock <name>: one run at a time on this machine. Everything that is started in the background closes descriptor 8.
lock() {
  mkdir -p "$cache"
  exec 8>"$cache/$1.lock"
  if ! flock -n 8; then
    say "waiting for another run that holds $cache/$1.lock"
    flock 8
  fi
}
unlock() { exec 8>&-; }
