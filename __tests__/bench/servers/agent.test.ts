import { mapPath, readPreStop, rewriteAgentConfig, type AgentMapping } from "../../../bench/players/agent";

const mapping: AgentMapping = {
  vault: { "http://vault.vault.svc:8200": "http://127.0.0.1:18200" },
  paths: {
    "/home/vault": "/p/home",
    "/vault/secrets": "/p/secrets",
    "/vault/agent-cache": "/p/cache",
    "/run/sa": "/p/sa",
  },
  listener: "127.0.0.1:18201",
};

// As vault-k8s 1.7.6 writes it.
const injected = {
  auto_auth: {
    method: { type: "kubernetes", mount_path: "auth/k8s", config: { role: "web", token_path: "/run/sa/token" } },
    sink: [{ type: "file", config: { path: "/home/vault/.vault-token" } }],
  },
  exit_after_auth: false,
  pid_file: "/home/vault/.pid",
  vault: { address: "http://vault.vault.svc:8200" },
  template: [
    {
      destination: "/vault/secrets/db",
      contents: '{{ with secret "db/creds/web" }}{{ end }}',
      perms: "0440",
      left_delimiter: "{{",
    },
  ],
  listener: [{ type: "tcp", address: "127.0.0.1:8200", tls_disable: true }],
  cache: { use_auto_auth_token: "false", persist: { type: "kubernetes", path: "/vault/agent-cache" } },
  template_config: { exit_on_retry_failure: true },
};

describe("rewriteAgentConfig", () => {
  test("changes paths, Vault's address and the listener, and nothing else", () => {
    expect(rewriteAgentConfig(injected, mapping)).toEqual({
      ...injected,
      auto_auth: {
        method: { type: "kubernetes", mount_path: "auth/k8s", config: { role: "web", token_path: "/p/sa/token" } },
        sink: [{ type: "file", config: { path: "/p/home/.vault-token" } }],
      },
      pid_file: "/p/home/.pid",
      vault: { address: "http://127.0.0.1:18200" },
      template: [{ ...injected.template[0], destination: "/p/secrets/db" }],
      listener: [{ type: "tcp", address: "127.0.0.1:18201", tls_disable: true }],
      cache: {
        use_auto_auth_token: "false",
        persist: {
          type: "kubernetes",
          path: "/p/cache",
          // Not mounted by this pod: the agent must miss it, as it would in the container.
          service_account_token_file: "/nonexistent/var/run/secrets/kubernetes.io/serviceaccount/token",
        },
      },
    });
  });

  test.each([
    ["a key that it does not know", { ...injected, novelty: 1 }, /no rule for the key novelty/],
    ["a path outside of the mounts", { ...injected, pid_file: "/etc/passwd" }, /under none of the container's mounts/],
    ["a path that climbs out of a mount", { ...injected, pid_file: "/home/vault/../x" }, /under none/],
    ["another Vault", { ...injected, vault: { address: "https://elsewhere:8200" } }, /elsewhere/],
    ["a command, unless told how to run it", { ...injected, template: [{ command: "kill 1" }] }, /a command runs on/],
    [
      "a template that opens files",
      { ...injected, template: [{ contents: '{{ file "/etc/passwd" }}' }] },
      /reads or writes/,
    ],
    ["a path where none is expected", { ...injected, cache: { persist: { type: "/x" } } }, /unexpected path/],
  ])("refuses %s", (_what, config, message) => {
    expect(() => rewriteAgentConfig(config, mapping)).toThrow(message);
  });
});

test("mapPath takes the longest mount that fits, by whole names", () => {
  expect(mapPath("/a/b/c", { "/a": "/x", "/a/b": "/y" })).toBe("/y/c");
  expect(() => mapPath("/ab", { "/a": "/x" })).toThrow(/under none/);
});

test("readPreStop reads the injector's hook, and no other", () => {
  const hook = "/bin/sleep 5 && /bin/vault token revoke -address=http://vault.vault.svc:8200 -self";
  expect(readPreStop(["/bin/sh", "-c", hook], mapping)).toEqual({
    graceSeconds: 5,
    args: ["token", "revoke", "-address=http://127.0.0.1:18200", "-self"],
  });
  expect(() => readPreStop(["/bin/sh", "-c", "rm -rf /"], mapping)).toThrow(/unknown preStop hook/);
  expect(() => readPreStop(["/bin/sh", "-c", `${hook} -force`], mapping)).toThrow(/unknown flag/);
});
