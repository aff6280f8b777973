# Keys, made once and kept. Sourced; needs `demo`.
# shellcheck shell=bash

# make_key <file> <comment> <ssh-keygen arguments…>
make_key() {
  local file=$1 comment=$2
  shift 2
  [[ ! -s $file || ! -s $file.pub ]] || return 0
  rm -f "$file" "$file.pub"
  ssh-keygen -q -N '' -C "$comment" -f "$file" "$@"
  made=$((made + 1))
}

make_keys() {
  local keys=$demo/keys pod
  made=0
  make_key "$keys/gateway_ed25519" gateway -t ed25519
  make_key "$keys/gateway_ecdsa" gateway -t ecdsa -b 256
  make_key "$keys/gateway_rsa" gateway -t rsa -b 3072
  make_key "$keys/user_ca" 'gateway user CA' -t ed25519
  make_key "$keys/demo_user" demo-user -t ed25519
  for pod in "${pods[@]}"; do
    make_key "$keys/$pod" "$pod" -t ed25519
  done
  hand_over "$keys/demo_user"
}

# The two fields that a manifest or a known_hosts file wants of a public key.
public_key() {
  cut -d ' ' -f 1,2 "$demo/keys/$1.pub"
}
