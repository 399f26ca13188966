#!/bin/sh
# The first initialisation of a Vault that a KMS or another Vault unseals: once, by one administrator, with the public keys of all who keep a
# recovery key. No key and no root token is shown or written in clear, and the root token is revoked at the end, also when this is interrupted.
#
#   VAULT_ADDR=https://… VAULT_CACERT=ca.crt sh first-vault.sh <folder> <threshold> <setup> <key file> <key file> …
#
# <setup> is a script of yours that makes the first login of administrators and pipelines; it runs with the root token in VAULT_TOKEN.
# A key file is what `gpg --export <somebody>` writes. The folder gets recovery-keys.json: each keeper decrypts theirs, in the order of the files.
set -eu
umask 077
folder=$1 threshold=$2 setup=$3
shift 3
unset VAULT_TOKEN
# Whatever can be wrong is found before there is a root token: with it revoked, only recovery keys make another one.
for file in "$setup" "$@"; do [ -r "$file" ] || { echo "cannot read $file" >&2; exit 1; }; done
for tool in jq gpg; do command -v "$tool" >/dev/null || { echo "there is no $tool" >&2; exit 1; }; done
sh -n "$setup"
# Of a key that only signs, or has expired, Vault says so when its storage is written: then it is sealed, and nobody has a key.
for key in "$@"; do
  gpg --batch --quiet --yes --trust-model always --recipient-file "$key" --output /dev/null --encrypt </dev/null || {
    echo "nothing can be encrypted to $key: ask its owner for a public key that encrypts and has not expired" >&2
    exit 1
  }
done
# A port-forward takes a moment to start.
for try in 1 2 3 4 5; do
  status=0
  answer=$(vault operator init -status 2>&1) || status=$?
  [ "$status" = 1 ] || break
  sleep 1
done
case $status in
  2) ;;
  0) echo "Vault at $VAULT_ADDR is initialised" >&2; exit 1 ;;
  *) echo "Vault at $VAULT_ADDR does not answer: $answer" >&2; exit 1 ;;
esac
revoke() {
  trap '' HUP INT TERM
  [ -n "${VAULT_TOKEN-}" ] || return 0
  vault token revoke -self || { echo "THE ROOT TOKEN STILL COUNTS: have the keepers make another and revoke all others" >&2; exit 1; }
}
trap revoke EXIT
# A shell that a signal ends does not come to its EXIT trap by itself. Between Vault's answer and the file of keys nothing may interrupt.
trap '' HUP INT TERM
mkdir "$folder"
keys=$(IFS=,; echo "$*")
answer=$(vault operator init -format=json -recovery-shares=$# -recovery-threshold="$threshold" -recovery-pgp-keys="$keys") || {
  rmdir "$folder"
  exit 1
}
VAULT_TOKEN=$(printf %s "$answer" | jq -r .root_token)
export VAULT_TOKEN
printf %s "$answer" | jq '{recovery_keys_b64, recovery_keys_threshold}' > "$folder/recovery-keys.json"
trap 'exit 1' HUP INT TERM
until vault token lookup >/dev/null 2>&1; do sleep 1; done
sh "$setup"
