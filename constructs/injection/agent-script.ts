import { quoteArgument } from "../../access/model/shell-quoting";
import { posix } from "node:path";

/** The agent's home, a volume of the pod in memory. Its token is there, and nothing of it outlives the pod. */
export const HOME = "/home/vault";

/** Where the injector has the agent write a secret: by its name, or by a file that it joins to the folder as Go does. */
export function fileOf(folder: string, { name, file }: { readonly name: string; readonly file?: string }): string {
  return file === undefined ? `${folder}/${name}` : posix.join(folder, file).replace(/(?<=.)\/+$/, "");
}

/** Whether every file is there. The agent writes each at once, by renaming: one that is there is whole. */
export function everyFile(files: readonly string[]): string {
  return files.length === 0 ? ":" : files.map((file) => `[ -f ${quoteArgument(file)} ]`).join(" && ");
}

/**
 * What the container of a native sidecar runs, in a POSIX shell with -e: the agent as the injector configured it, but
 * without an end. The kubelet tells it to end after the app has ended. Then it revokes the agent's token, and with the
 * token its logins.
 *
 * A pod holds one login. So a token is revoked when its agent has ended. If the files of an app that has started hold a
 * login of that token, the token is put aside and revoked at the end of the pod. An agent ends when Vault or PostgreSQL
 * refuse for minutes. The script starts it anew after 5 seconds; the kubelet would wait longer each time, up to five
 * minutes.
 *
 * It needs the agent's program and, of the image, cat, base64, sed, date, mv, rm, sleep and timeout, as Vault's images have them.
 *
 * The revocation ends in bounded time: where Vault does not answer, the login ends by its lease. It takes Vault's
 * address, CA, client certificate and namespace from the configuration that the injector wrote, since they may be the
 * injector's own defaults.
 */
export function agentScript(files: readonly string[], home: string = HOME): string {
  const contents = files.map(quoteArgument).join(" ");
  return `cd ${quoteArgument(home)}
echo "$VAULT_CONFIG" | base64 -d > config.json
of() { sed -n 's/.*"vault":{[^}]*"'$1'":"\\{0,1\\}\\([^",}]*\\).*/\\1/p' config.json; }
namespace=$(sed -n 's/.*"method":{[^{}]*"namespace":"\\([^"]*\\)".*/\\1/p' config.json)
revoke() {
  if said=$(VAULT_TOKEN=$(cat $1) VAULT_ADDR=$(of address) VAULT_NAMESPACE=$namespace VAULT_CACERT=$(of ca_cert) VAULT_CAPATH=$(of ca_path) \\
    VAULT_CLIENT_CERT=$(of client_cert) VAULT_CLIENT_KEY=$(of client_key) VAULT_TLS_SERVER_NAME=$(of tls_server_name) \\
    VAULT_SKIP_VERIFY=$(of tls_skip_verify) VAULT_CLIENT_TIMEOUT=3s VAULT_MAX_RETRIES=4 timeout 7 vault token revoke -self 2>&1)
  then echo "leasehold: the pod's login is revoked"
  else case $said in *"Code: 403"*) echo "leasehold: the token had ended before" ;; *) echo "leasehold: not revoked, ends by its lease: $said"; return 1 ;; esac
  fi
  rm -f $1
}
ready() { ${everyFile(files)}; }
contents() { cat ${contents || "/dev/null"} 2>/dev/null || true; }
retire() {
  [ -s .vault-token ] || return 0
  if ready && [ "$before" != "$(contents)" ] || ! revoke .vault-token; then mv .vault-token kept-$(date +%s); fi
}
finish() {
  trap '' TERM INT
  if [ -n "$agent" ]; then
    kill $agent 2>/dev/null || true
    (sleep 2; kill -9 $agent 2>/dev/null) &
    wait $agent || true
  fi
  for token in .vault-token kept-*; do if [ -s $token ]; then revoke $token || true; fi; done
  exit 0
}
agent= before=
trap finish TERM INT
while :; do
  retire
  before=$(contents)
  vault agent -config=config.json -exit-after-auth=false &
  agent=$!
  code=0; wait $agent || code=$?
  agent=
  echo "leasehold: the agent ended with $code and starts again in 5 s"
  sleep 5 & wait $! || true
done
`;
}
