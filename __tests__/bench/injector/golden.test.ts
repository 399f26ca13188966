import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { injectionSettings } from "../../../bench/injector/defaults";
import { InjectionRefused } from "../../../bench/injector/go";
import { injectAgent } from "../../../bench/injector/inject";
import type { KubernetesObject } from "../../../bench/servers/kubernetes";
import { CASES, podOf } from "./cases";
import { environmentOf, GOLDEN, record, type Recording } from "./recorder";

/*
 * The files of golden/ hold pods before and after the real injector, vault-k8s 1.7.6, as the API server of Kubernetes
 * 1.34 sends them to it. To record them anew, on a machine that has it:
 *   LEASEHOLD_RECORD_INJECTOR=1 LEASEHOLD_VAULT_K8S=<path> npx jest __tests__/bench/injector/golden
 *   npx prettier --write __tests__/bench/injector/golden
 * Normalised is only the random name of the ServiceAccount's token volume. The injector takes the secrets of a pod in
 * any order; the recorder asks until they come in the order of their names.
 */
if (process.env.LEASEHOLD_RECORD_INJECTOR === "1") {
  beforeAll(() => record((line) => void process.stderr.write(`${line}\n`)), 30 * 60_000);
}

const recordingOf = (name: string): Recording =>
  JSON.parse(readFileSync(join(GOLDEN, `${name}.json`), "utf8")) as Recording;

/** One text for one pod: fields of an object have no order in Kubernetes, items of a list do. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, field]) => [key, canonical(field)]));
}

/** The agents' configurations as text, so that a difference can be read. */
function configsOf(pod: KubernetesObject): string[] {
  return [...JSON.stringify(canonical(pod)).matchAll(/"VAULT_CONFIG","value":"([^"]+)"/g)].map(([, encoded]) =>
    Buffer.from(encoded, "base64").toString("utf8"),
  );
}

test("there is a recording for every case, and none besides", () => {
  expect(readdirSync(GOLDEN).sort()).toEqual(CASES.map(({ name }) => `${name}.json`).sort());
});

describe("injectAgent makes of a pod what vault-k8s 1.7.6 made of it", () => {
  test.each(CASES.map((each) => [each.name, each] as const))("%s", (name, each) => {
    const recording = recordingOf(name);
    expect({ sent: recording.sent, env: recording.env }).toEqual({ sent: podOf(each), env: environmentOf(each) });
    const inject = (): KubernetesObject => injectAgent(recording.pod, injectionSettings(recording.env));
    if (recording.injected === undefined) {
      expect(recording.refused).toMatch(/./);
      expect(inject).toThrow(InjectionRefused);
      return;
    }
    const before = JSON.stringify(recording.pod);
    const injected = inject();
    expect(JSON.stringify(recording.pod)).toBe(before);
    expect(configsOf(injected)).toEqual(configsOf(recording.injected));
    expect(canonical(injected)).toEqual(canonical(recording.injected));
    expect(JSON.stringify(canonical(injected))).toBe(JSON.stringify(canonical(recording.injected)));
  });
});
