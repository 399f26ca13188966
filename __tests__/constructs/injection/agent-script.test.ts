import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentScript, everyFile, fileOf } from "../../../constructs/injection/agent-script";

/** Stands for the program `vault`: it tells what it was asked for, and does what $DOES says. */
const VAULT = `#!/bin/sh
case $1 in
agent)
  echo "agent $*" >> "$CALLS"
  trap 'echo "agent told to end" >> "$CALLS"; exit 0' TERM
  eval "$DOES"
  while :; do sleep 0.05; done ;;
token)
  echo "$2 $3 $VAULT_TOKEN at $VAULT_ADDR in <$VAULT_NAMESPACE> $VAULT_CACERT,$VAULT_CAPATH,$VAULT_CLIENT_CERT,$VAULT_CLIENT_KEY,$VAULT_TLS_SERVER_NAME,$VAULT_SKIP_VERIFY" >> "$CALLS"
  eval "$REVOKES" ;;
esac
`;

const CONFIG = {
  auto_auth: { method: { type: "kubernetes", mount_path: "auth/k", config: { role: "web" } } },
  exit_after_auth: true,
  vault: { address: "http://vault:8200" },
  template: [{ contents: 'a text with "vault":{"address":"http://evil"} and "method":{"namespace":"evil"} in it' }],
};

/** What an agent does that logs in as `token` and writes the files `a` and `b`. */
const login = (token: string, files = ["a", "b"]): string =>
  [`printf ${token} > .vault-token`, ...files.map((file) => `printf ${token} > "$SECRETS/${file}"`)].join("; ");

describe("the script of a native sidecar, with a stand-in for vault", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "leasehold-script-"));
    writeFileSync(join(dir, "vault"), VAULT);
    chmodSync(join(dir, "vault"), 0o755);
  });
  const groups: (() => void)[] = [];
  afterEach(() => groups.splice(0).forEach((group) => group()));
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const calls = (): string[] =>
    existsSync(join(dir, "calls")) ? readFileSync(join(dir, "calls"), "utf8").trim().split("\n") : [];
  const revoked = (): string[] => calls().flatMap((line) => /^revoke -self (\S+)/.exec(line)?.[1] ?? []);

  async function until(what: string, done: () => boolean): Promise<void> {
    for (let tries = 0; !done(); tries += 1) {
      if (tries > 400) throw new Error(`never: ${what}\n${calls().join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  function start(does: string, options: { config?: object; revokes?: string } = {}) {
    const script = agentScript([join(dir, "a"), join(dir, "b")], dir)
      // A pause that a test can wait for.
      .replace("sleep 5 &", "sleep 0.1 &");
    const sh = spawn("/bin/sh", ["-ec", script], {
      stdio: ["ignore", "pipe", "inherit"],
      // In a group of its own, as in a container: with the shell its children end.
      detached: true,
      env: {
        PATH: `${dir}:${process.env.PATH}`,
        VAULT_CONFIG: Buffer.from(JSON.stringify(options.config ?? CONFIG)).toString("base64"),
        CALLS: join(dir, "calls"),
        SECRETS: dir,
        DOES: does,
        REVOKES: options.revokes ?? "true",
      },
    });
    let said = "";
    sh.stdout.on("data", (text: Buffer) => (said += text.toString()));
    const ended = new Promise<number | null>((resolve) => sh.once("exit", resolve));
    const group = (): void => {
      try {
        process.kill(-(sh.pid as number), "SIGKILL");
      } catch {
        // It is gone.
      }
    };
    sh.once("exit", group);
    groups.push(group);
    return {
      said: () => said,
      end: () => (sh.kill("SIGTERM"), ended),
      kill: () => (group(), ended),
    };
  }
  const running = (): boolean => existsSync(join(dir, "b"));

  test("told to end, it stops the agent first, then revokes its token, and ends well", async () => {
    const script = start(login("s.1"));
    await until("the files are written", running);
    expect(await script.end()).toBe(0);
    expect(calls()).toEqual([
      "agent agent -config=config.json -exit-after-auth=false",
      "agent told to end",
      "revoke -self s.1 at http://vault:8200 in <> ,,,,,",
    ]);
    expect(script.said()).toContain("the pod's login is revoked");
  });

  test("it asks Vault as the injector's configuration says, whatever stands in a template", async () => {
    const vault = {
      address: "https://vault:8200",
      ca_cert: "/tls/ca",
      ca_path: "/tls",
      tls_skip_verify: true,
      client_cert: "/c",
      client_key: "/k",
      tls_server_name: "v",
    };
    const { auto_auth, ...rest } = CONFIG;
    const method = { type: "kubernetes", mount_path: "auth/k", namespace: "team-a", config: { role: "web" } };
    const script = start(login("s.1"), { config: { auto_auth: { ...auto_auth, method }, ...rest, vault } });
    await until("the files are written", running);
    await script.end();
    expect(calls()[2]).toBe("revoke -self s.1 at https://vault:8200 in <team-a> /tls/ca,/tls,/c,/k,v,true");
  });

  test("an agent that ends while the app waits is started anew, and its login is revoked first", async () => {
    const script = start(`if [ -e again ]; then ${login("s.2")}; else touch again; ${login("s.1", ["a"])}; exit 7; fi`);
    await until("the files are written", running);
    expect(revoked()).toEqual(["s.1"]);
    expect(script.said()).toContain("the agent ended with 7");
    await script.end();
    expect(revoked()).toEqual(["s.1", "s.2"]);
  });

  test("an agent that ends beside a running app leaves it its login, until the pod ends", async () => {
    const script = start(`if [ -e again ]; then ${login("s.2")}; else touch again; ${login("s.1")}; exit 7; fi`);
    await until("the second login is written", () => running() && readFileSync(join(dir, "b"), "utf8") === "s.2");
    expect(revoked()).toEqual([]);
    await script.end();
    expect(revoked().sort()).toEqual(["s.1", "s.2"]);
  });

  test("tokens that gave the running app nothing do not pile up", async () => {
    const script = start(
      `n=$(cat n 2>/dev/null || echo 1); echo $((n + 1)) > n; if [ $n = 1 ]; then ${login("s.1")}; else printf s.$n > .vault-token; fi; [ $n = 4 ] || exit 7`,
    );
    const token = join(dir, ".vault-token");
    await until("the fourth has logged in", () => existsSync(token) && readFileSync(token, "utf8") === "s.4");
    expect(revoked()).toEqual(["s.2", "s.3"]);
    await script.end();
    expect(revoked().slice(2).sort()).toEqual(["s.1", "s.4"]);
  });

  test("a container that is started anew revokes at the pod's end what the killed one had", async () => {
    const first = start(login("s.1"));
    await until("the files are written", running);
    await first.kill();
    const second = start(login("s.2"));
    await until("the second login is written", () => readFileSync(join(dir, "b"), "utf8") === "s.2");
    expect(revoked()).toEqual([]);
    await second.end();
    expect(revoked().sort()).toEqual(["s.1", "s.2"]);
  });

  test("a token that Vault no longer knows is none, and one that could not be revoked is said", async () => {
    const gone = start(login("s.1"), { revokes: 'echo "Code: 403. Errors:"; exit 2' });
    await until("the files are written", running);
    expect(await gone.end()).toBe(0);
    expect(gone.said()).toContain("the token had ended before");
    expect(existsSync(join(dir, ".vault-token"))).toBe(false);
    rmSync(join(dir, "b"));
    const silent = start(login("s.2"), { revokes: 'echo "dial tcp: refused"; exit 2' });
    await until("the files are written", running);
    expect(await silent.end()).toBe(0);
    expect(silent.said()).toContain("not revoked, ends by its lease: dial tcp: refused");
  });

  test("told to end before it has logged in, it ends", async () => {
    const script = start("true");
    await until("the agent runs", () => calls().length === 1);
    expect(await script.end()).toBe(0);
    expect(revoked()).toEqual([]);
  });
});

test.each([
  [{ name: "a" }, "/s/a"],
  [{ name: "a", file: "./deep//b.txt/" }, "/s/deep/b.txt"],
  [{ name: "a", file: "../b" }, "/b"],
])("the secret %j is written to %s, as the injector has it", (secret, file) => {
  expect(fileOf("/s", secret)).toBe(file);
});

test.each([
  [[], ":"],
  [["/vault/secrets/a"], "[ -f '/vault/secrets/a' ]"],
  [["/s/it's", "/s/$(b)"], "[ -f '/s/it'\\''s' ] && [ -f '/s/$(b)' ]"],
])("the files %j are asked for by %s", (files, command) => {
  expect(everyFile(files)).toBe(command);
});
