# What secures the endpoint feed in a cluster, made by hand: a CA, the operator's certificate, a token issuer, and the
# proxies' token. Sourced; needs `demo`.
# shellcheck shell=bash

feed_issuer=https://demo.ssh-gateway.internal
feed_subject=system:serviceaccount:ssh-gateway:ssh-gateway-proxy
feed_days=365
feed_remaining=$((180 * 86400))

# base64url of RFC 4648 section 5, without padding.
base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# Kept as long as they are good for another half year, so that a demo that is started again changes nothing.
make_feed_keys() {
  local keys=$demo/keys
  if [[ -s $keys/feed_token && -s $keys/feed_jwks.json && -s $keys/feed_tls.key ]] &&
    openssl x509 -in "$keys/feed_tls.crt" -noout -checkend "$feed_remaining" >/dev/null 2>&1; then
    return
  fi
  # Once they are written, nobody needs the keys that have signed the certificate and the token.
  local work
  work=$(mktemp -d)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$feed_days" -subj '/CN=demo feed CA' \
    -addext 'keyUsage=critical,keyCertSign' -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=operator' -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
  openssl x509 -req -in "$work/tls.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days "$feed_days" -out "$work/tls.crt" \
    -extfile <(printf '%s\n' 'subjectAltName=IP:127.0.0.1' 'extendedKeyUsage=serverAuth' 'basicConstraints=critical,CA:FALSE') 2>/dev/null
  openssl genrsa -out "$work/issuer.key" 2048 2>/dev/null
  write_feed_jwks "$work/issuer.key" >"$work/jwks.json"
  write_feed_token "$work/issuer.key" >"$work/token"
  chmod 600 "$work/tls.key" "$work/token"
  mv "$work/ca.crt" "$keys/feed_ca.crt"
  mv "$work/tls.key" "$keys/feed_tls.key"
  mv "$work/jwks.json" "$keys/feed_jwks.json"
  mv "$work/token" "$keys/feed_token"
  mv "$work/tls.crt" "$keys/feed_tls.crt"
  rm -rf "$work"
  made=$((made + 3))
}

# RFC 7517: the issuer's public key. The exponent of openssl's keys is 65537.
write_feed_jwks() {
  local modulus
  modulus=$(openssl rsa -in "$1" -noout -modulus)
  printf '{"keys": [{"use": "sig", "kty": "RSA", "alg": "RS256", "kid": "demo", "n": "%s", "e": "AQAB"}]}\n' \
    "$(printf '%b' "$(sed 's/^Modulus=//; s/../\\x&/g' <<<"$modulus")" | base64url)"
}

# RFC 7515, RS256: as the API server makes them for a ServiceAccount.
write_feed_token() {
  local now signed
  now=$(date +%s)
  signed=$(printf '{"alg": "RS256", "kid": "demo"}' | base64url).$(printf \
    '{"iss": "%s", "sub": "%s", "aud": ["ssh-gateway-operator"], "iat": %d, "nbf": %d, "exp": %d}' \
    "$feed_issuer" "$feed_subject" "$now" "$now" $((now + feed_days * 86400)) | base64url)
  printf '%s.%s\n' "$signed" "$(printf '%s' "$signed" | openssl dgst -sha256 -sign "$1" -binary | base64url)"
}
