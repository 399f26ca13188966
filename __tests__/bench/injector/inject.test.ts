import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PLAYED } from "../../../bench/injector/annotations";
import { injectionSettings } from "../../../bench/injector/defaults";
import { canonicalQuantity, InjectionRefused } from "../../../bench/injector/go";
import { injectAgent } from "../../../bench/injector/inject";
import { applyJsonPatch } from "../../../bench/injector/json-patch";
import { startInjector } from "../../../bench/injector/start";
import type { KubernetesServer } from "../../../bench/servers/kubernetes";
import { lookForInjector } from "../../../bench/machine/tools";
import { CASES, podOf } from "./cases";

const settings = injectionSettings({ AGENT_INJECT_VAULT_ADDR: "http://vault:8200" });
const asked = { "agent-inject": "true", role: "web", "agent-inject-secret-word": "kv/word" };

function inject(annotations: Record<string, string>, spec: object = {}) {
  const pod = podOf({ name: "", annotations, spec });
  const volumeMounts = [{ name: "kube-api-access-xxxxx", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }];
  const containers = pod.spec.containers.map((container) => ({ volumeMounts, ...container }));
  return injectAgent({ ...pod, spec: { ...pod.spec, containers } }, settings);
}

describe("injectAgent throws, naming the annotation, where vault-k8s would go on without a word", () => {
  test.each([
    [{ "agent-inejct-secret-word": "kv/word" }, /agent-inejct-secret-word: no such annotation/],
    [{ "agent-inject-secret-": "kv/word" }, /agent-inject-secret-: no such annotation/],
    [{ "agent-inject-perms-wrod": "0440" }, /agent-inject-perms-wrod: no annotation names a secret wrod/],
    [{ "error-on-missing-key": "true" }, /error-on-missing-key: no such annotation/],
    [{ "auth-type": "aws" }, /auth-type with aws/],
    [{ "agent-telemetry-prometheus-time": "1h" }, /agent-telemetry-prometheus-time/],
  ])("%j", (annotations, message) => {
    const attempt = () => inject({ ...asked, ...annotations });
    expect(attempt).toThrow(message);
    expect(attempt).not.toThrow(InjectionRefused);
  });
});

test("injectAgent leaves alone a pod that does not ask, whatever else it carries", () => {
  const pod = podOf({ name: "", annotations: { role: "web", "no-such-thing": "1" } });
  expect(injectAgent(pod, settings)).toBe(pod);
});

test.each(["kube-system", "kube-public"])("injectAgent refuses the namespace %s", (namespace) => {
  const pod = podOf({ name: "", annotations: asked });
  const there = { ...pod, metadata: { ...pod.metadata, namespace } };
  expect(() => injectAgent(there, settings)).toThrow(InjectionRefused);
});

test("vault-k8s was recorded with every annotation that the model plays", () => {
  const recorded = CASES.filter(({ name }) => !name.startsWith("refused")).flatMap((each) =>
    Object.keys(each.annotations),
  );
  const missing = PLAYED.filter(
    (annotation) =>
      !recorded.some((key) => (annotation.endsWith("-") ? key.startsWith(annotation) : key === annotation)),
  );
  expect(missing).toEqual([]);
});

describe("injectionSettings", () => {
  test("takes an empty variable for none, and variables of the server for nothing", () => {
    const env = { AGENT_INJECT_VAULT_ADDR: "http://v", AGENT_INJECT_CPU_LIMIT: "", AGENT_INJECT_TLS_AUTO: "x" };
    expect(injectionSettings(env).defaults).toMatchObject({ service: "http://v", "agent-limits-cpu": "500m" });
  });

  test.each([
    [{}, /VAULT_ADDR is not set/],
    [{ AGENT_INJECT_CPU_LIMTI: "1" }, /does not play the injector's variable AGENT_INJECT_CPU_LIMTI/],
    [{ AGENT_INJECT_REVOKE_ON_SHUTDOWN: "yes" }, /AGENT_INJECT_REVOKE_ON_SHUTDOWN: cannot parse "yes"/],
    [{ AGENT_INJECT_VAULT_ADDR: "http://v", AGENT_INJECT_DEFAULT_TEMPLATE: "JSON" }, /neither map nor json/],
  ])("refuses %j", (env, message) => {
    expect(() => injectionSettings(env)).toThrow(message);
  });
});

test.each([
  ["0", "0"],
  ["0.5", "500m"],
  ["1000m", "1"],
  ["1024", "1024"],
  ["1024Mi", "1Gi"],
  ["1.5Gi", "1536Mi"],
  ["0.5Ki", "512"],
  ["1500", "1500"],
  ["64e6", "64e6"],
  ["1e2", "100"],
  [".1n", "1n"],
  ["+2k", "2k"],
])("the quantity %s is written as %s", (given, canonical) => {
  expect(canonicalQuantity(given)).toBe(canonical);
});

test.each(["", "1 Gi", "1gi", "Mi", "1e", "-1"])("the quantity %j is refused", (given) => {
  expect(() => canonicalQuantity(given)).toThrow(InjectionRefused);
});

describe("applyJsonPatch", () => {
  const document = { list: [1, 2], "a/b": { c: "d" } };

  test("acts on a copy, in order", () => {
    const patch = [
      { op: "add", path: "/list/1", value: 9 },
      { op: "move", from: "/a~1b/c", path: "/e" },
      { op: "test", path: "/list", value: [1, 9, 2] },
    ];
    expect(applyJsonPatch(document, patch)).toEqual({ list: [1, 9, 2], "a/b": {}, e: "d" });
    expect(document).toEqual({ list: [1, 2], "a/b": { c: "d" } });
  });

  test.each([
    { op: "remove", path: "/none" },
    { op: "replace", path: "/list/2", value: 1 },
    { op: "add", path: "/list/4", value: 1 },
    { op: "add", path: "/none/deeper", value: 1 },
    { op: "test", path: "/list/0", value: 2 },
    { op: "add", path: "", value: 1 },
    { op: "merge", path: "/list", value: 1 },
  ])("refuses %j", (operation) => {
    expect(() => applyJsonPatch(document, [operation])).toThrow(InjectionRefused);
  });
});

describe("which injector", () => {
  const saved = { ...process.env };
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "leasehold-look-"));
    process.env.PATH = dir;
    delete process.env.LEASEHOLD_VAULT_K8S;
  });

  afterEach(() => {
    process.env = { ...saved };
    rmSync(dir, { recursive: true, force: true });
  });

  const kubernetes = { ensureNamespace: async () => undefined } as unknown as KubernetesServer;
  const start = (kind?: "vault-k8s 1.7.6") => startInjector({ kubernetes, vaultAddress: "http://vault:8200", kind });

  test("the model, where there is no vault-k8s", async () => {
    await expect(start()).resolves.toMatchObject({ kind: "model" });
    await expect(start("vault-k8s 1.7.6")).rejects.toThrow(/not found.*LEASEHOLD_VAULT_K8S/);
  });

  test("vault-k8s, where the variable or PATH has it", () => {
    const program = join(dir, "vault-k8s");
    writeFileSync(program, "");
    expect(lookForInjector()).toBeUndefined();
    chmodSync(program, 0o755);
    expect(lookForInjector()).toBe(program);
    process.env.LEASEHOLD_VAULT_K8S = process.execPath;
    expect(lookForInjector()).toBe(process.execPath);
  });

  test("neither, where the variable names no program", async () => {
    process.env.LEASEHOLD_VAULT_K8S = join(dir, "absent");
    await expect(start()).rejects.toThrow(/LEASEHOLD_VAULT_K8S is .*absent, which is not an executable file/);
  });
});
