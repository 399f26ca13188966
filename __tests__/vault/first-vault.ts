import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { makeServerDir, Scope } from "../../bench/machine/lifecycle";
import { findTool } from "../../bench/machine/tools";
import { Seal, VaultMode } from "../../constructs";
import { Answer, HaMachine, HaServer, RELEASE } from "./ha-machine";

const SCRIPT = resolve("docs/operations/first-vault.sh");
const KEEPERS = ["ada@example.com", "bea@example.com"];

/** What came of docs/operations/first-vault.sh, run as its page says against a new server that another Vault unseals. */
export interface FirstVault {
  /** Of a key file that is none: exit status, and whether anything was left. */
  readonly wrongKey: { readonly status: number | null; readonly initialised: unknown; readonly left: boolean };
  /** The same of a key that only signs. */
  readonly signingKey: FirstVault["wrongKey"];
  /** Of a run that is ended by SIGTERM while the setup runs. */
  readonly status: number | null;
  /** What its folder and what it printed hold, the keys included: no token may be in it. */
  readonly written: string;
  /** Policies of every token that is left. */
  readonly left: readonly unknown[];
  /** The recovery keys, as each keeper decrypts theirs. */
  readonly keys: readonly string[];
  /** Of a second run. */
  readonly again: { readonly status: number | null; readonly said: string; readonly left: boolean };
  /** Policies of the root token that two keepers make. */
  readonly rootOfKeepers: unknown;
}

/** @param kms a Vault that leads, and its root token */
export async function tryFirstVault(
  scope: Scope,
  machine: HaMachine,
  kms: { readonly server: HaServer; readonly token: string },
): Promise<FirstVault> {
  const ofKms = (method: string, path: string, body: object): Promise<Answer> =>
    machine.ask(kms.server, kms.token, method, path, body);
  await ofKms("POST", "sys/mounts/transit", { type: "transit" });
  await ofKms("POST", "transit/keys/unseal", {});
  const uses = ["encrypt", "decrypt"].map((use) => `path "transit/${use}/unseal" { capabilities = ["update"] }`);
  await ofKms("PUT", "sys/policies/acl/unseal", { policy: uses.join("\n") });
  const { body } = await ofKms("POST", "auth/token/create", { policies: ["unseal"], period: "1h" });
  const { client_token: sealToken } = body.auth as { client_token: string };
  const address = `https://127.0.0.1:${kms.server.port}`;
  const seal = Seal.transit({ address, keyName: "unseal", caCertFile: join(machine.tls, "ca.crt") });
  const mode = VaultMode.ha({ tlsSecret: "tls", seal }).valuesOf(RELEASE).server?.ha as { raft: { config: string } };
  // It is alone: there is nobody to join.
  const config = mode.raft.config.replace(/retry_join \{[^}]*\}/g, "");
  const server = await machine.server("first", config, await machine.ports(), { VAULT_TOKEN: sealToken });
  const ask = (token: string | undefined, method: string, path: string, asked?: object): Promise<Answer> =>
    machine.ask(server, token, method, path, asked);

  const own = makeServerDir(join(machine.dir, "operator"));
  const file = (name: string, text = ""): string => {
    writeFileSync(join(own, name), text);
    return join(own, name);
  };
  symlinkSync(await findTool("vault"), join(own, "vault"));
  const gpg = (args: readonly string[], input?: Buffer): Buffer =>
    execFileSync("gpg", ["--homedir", join(own, "gpg"), "--batch", "--quiet", "--passphrase", "", ...args], { input });
  mkdirSync(join(own, "gpg"), { mode: 0o700 });
  scope.defer("end gpg's agent", () => void spawnSync("gpgconf", ["--homedir", join(own, "gpg"), "--kill", "all"]));
  const keyFiles = KEEPERS.map((keeper) => {
    gpg(["--pinentry-mode", "loopback", "--quick-generate-key", keeper]);
    const path = join(own, `${keeper}.pgp`);
    writeFileSync(path, gpg(["--export", keeper]));
    return path;
  });
  const run = (folder: string, setup: string, files: readonly string[]): { status: number | null; said: string } => {
    const { status, stdout, stderr } = spawnSync("sh", [SCRIPT, join(own, folder), "2", setup, ...files], {
      encoding: "utf8",
      timeout: 120_000,
      env: {
        PATH: [own, process.env.PATH].join(delimiter),
        HOME: own,
        VAULT_ADDR: `https://127.0.0.1:${server.port}`,
        VAULT_CACERT: join(machine.tls, "ca.crt"),
        ADMIN_TOKEN: join(own, "admin-token"),
      },
    });
    return { status, said: stdout + stderr };
  };
  const setup = file(
    "setup.sh",
    `set -eu
vault policy write admin - <<'EOF' >/dev/null
path "auth/token/*" { capabilities = ["create", "update", "list", "sudo"] }
path "sys/generate-root/*" { capabilities = ["create", "update", "sudo"] }
EOF
vault token create -orphan -policy=admin -field=token > "$ADMIN_TOKEN"
kill -TERM "$PPID"
`,
  );

  const refused = async (key: string): Promise<FirstVault["wrongKey"]> => {
    const { status } = run("out", setup, [key, keyFiles[1]]);
    const { body: sealed } = await ask(undefined, "GET", "sys/seal-status");
    return { status, initialised: sealed.initialized, left: existsSync(join(own, "out")) };
  };
  const wrongKey = await refused(file("no-key.pgp", "no key"));
  gpg(["--pinentry-mode", "loopback", "--quick-generate-key", "signer@example.com", "rsa2048", "sign"]);
  writeFileSync(join(own, "signer.pgp"), gpg(["--export", "signer@example.com"]));
  const signingKey = await refused(join(own, "signer.pgp"));

  const { status, said } = run("out", setup, keyFiles);
  const folder = join(own, "out");
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const { recovery_keys_b64: encrypted } = JSON.parse(readFileSync(join(folder, "recovery-keys.json"), "utf8")) as {
    recovery_keys_b64: string[];
  };
  const keys = encrypted.map((text) =>
    gpg(["--pinentry-mode", "loopback", "-d"], Buffer.from(text, "base64")).toString(),
  );
  const admin = readFileSync(join(own, "admin-token"), "utf8").trim();
  const { body: list } = await ask(admin, "LIST", "auth/token/accessors");
  const left: unknown[] = [];
  for (const accessor of (list.data as { keys: string[] }).keys) {
    const { body: found } = await ask(admin, "POST", "auth/token/lookup-accessor", { accessor });
    left.push((found.data as { policies: unknown }).policies);
  }
  const second = run("again", setup, keyFiles);
  const again = { ...second, left: existsSync(join(own, "again")) };
  return {
    ...{ wrongKey, signingKey, status, written: [said, ...texts].join("\n"), left, keys, again },
    rootOfKeepers: await rootOf(keys, (method, path, asked, token = admin) => ask(token, method, path, asked)),
  };
}

/** What is a root token that these keys make; it is revoked. */
async function rootOf(
  keys: readonly string[],
  ask: (method: string, path: string, body?: object, token?: string) => Promise<Answer>,
): Promise<unknown> {
  const { body: attempt } = await ask("PUT", "sys/generate-root/attempt", {});
  const { nonce, otp } = attempt as { nonce: string; otp: string };
  let encoded = "";
  for (const key of keys) {
    const { body } = await ask("PUT", "sys/generate-root/update", { key, nonce });
    encoded = body.encoded_token as string;
  }
  const bytes = Buffer.from(encoded, "base64").map((byte, index) => byte ^ otp.charCodeAt(index));
  const root = Buffer.from(bytes).toString();
  const { body } = await ask("GET", "auth/token/lookup-self", undefined, root);
  await ask("POST", "auth/token/revoke-self", undefined, root);
  return (body.data as { policies: unknown } | undefined)?.policies;
}
