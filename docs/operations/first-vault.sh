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
command -v jq >/dev/null || { echo "there is no jq" >&2; exit 1; }
sh -n "$setup"
case $(vault operator init -status 2>&1 || true) in
  *"not initialized"*) ;;
  *) echo "Vault at $VAULT_ADDR is initialised, or does not answer" >&2; exit 1 ;;
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
