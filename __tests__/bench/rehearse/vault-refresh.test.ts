import { VaultServer, startVault } from "../../../bench/servers/vault";
import { Rehearsal } from "../../../bench/rehearse/engine";
import { parseStack, programOf } from "../../../bench/rehearse/program";
import { Changes, recordedVaultPlans } from "./recorded";

jest.setTimeout(600_000);

describe("an object of Vault that changed behind Terraform's back", () => {
  let vault: VaultServer;
  let plans: typeof recordedVaultPlans;
  beforeAll(async () => {
    // The cases change audit devices by hand, and this Vault writes to its own folder.
    vault = await startVault({ config: { unsafe_allow_api_audit_creation: true } });
    plans = JSON.parse(JSON.stringify(recordedVaultPlans).replaceAll("/vault/audit", vault.dir));
  });
  afterAll(() => vault?.stop());

  test("is planned as the real provider plans it, of each kind and for each argument", async () => {
    let changes: Record<string, readonly string[]> = {};
    const rehearsal = new Rehearsal(
      {
        vault: { address: vault.address, token: vault.rootToken },
        kubernetes: { request: () => Promise.reject(new Error("no cluster in this test")) },
        postgres: (endpoint) => endpoint,
      },
      {
        onHelmRelease: () => Promise.resolve(),
        progress: ({ address, action, phase, because = [] }) =>
          void (phase === "start" && action !== "unchanged" && (changes[address] = [action, ...because])),
      },
      // Of the provider the plans were recorded with a Vault in a pod. This one is in none, and does not go on without a CA.
      { vaultPod: { caPem: caOf("a Kubernetes configuration, all of it changed"), reviewerJwt: "a.b.c" } },
    );
    /** What an apply of each case tries, and why. */
    const apply = async (refused: (error: unknown) => void, which = plans): Promise<Record<string, Changes>> => {
      const seen: Record<string, Changes> = {};
      for (const { name, resource } of which) {
        changes = {};
        await rehearsal.apply(programOf([parseStack(name, { resource })])).catch(refused);
        seen[name] = changes as Changes;
      }
      return seen;
    };
    const recorded = (which: "atOnce" | "later"): Record<string, Changes> =>
      Object.fromEntries(plans.map((plan) => [plan.name, plan.recorded[which]]));

    const raise = (error: unknown): never => {
      throw error;
    };
    await apply(raise);
    expect(await apply(raise)).toEqual(recorded("atOnce"));
    // Of two resources that write one object, each apply changes the other one. After one more it is as in the recording.
    await apply(
      raise,
      plans.filter((plan) => Object.keys(plan.recorded.atOnce).length > 0),
    );
    for (const { then = [] } of plans) for (const [method, path, body] of then) await vault.request(method, path, body);
    // A plan says what is tried. Some of it fails then: of the provider, or because Vault does not go back.
    const refused: string[] = [];
    expect(await apply((error) => void refused.push(String(error)))).toEqual(recorded("later"));
    const known = /cannot downgrade mount from version 2|data_json_wo_version: another argument|path is already in use/;
    expect(refused.filter((error) => !known.test(error))).toEqual([]);
  });
});

/** The CA that somebody writes in a case. */
function caOf(name: string): string {
  const { then = [] } = recordedVaultPlans.find((plan) => plan.name === name) ?? {};
  return String(then[0]?.[2]?.kubernetes_ca_cert);
}
