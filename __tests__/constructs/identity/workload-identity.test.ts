import { Duration, VaultPath, VaultPolicy, WorkloadIdentity } from "../../../constructs";
import { Synthesized, synthesize } from "../../support/program";
import { World } from "../../support/world";

const roleOf = (stacks: Synthesized): Readonly<Record<string, unknown>> =>
  stacks.who.only("vault_kubernetes_auth_backend_role");

test("minimal definition: an auth role for one ServiceAccount of one namespace, with no policy", () => {
  const stacks = synthesize((app) => void new World(app).identity("web"));
  expect(roleOf(stacks)).toMatchInlineSnapshot(`
   {
     "audience": "vault",
     "backend": "kubernetes-eu",
     "bound_service_account_names": [
       "web",
     ],
     "bound_service_account_namespaces": [
       "shop",
     ],
     "depends_on": [
       "vault_auth_backend.eu_Backend_1125D906",
       "vault_kubernetes_auth_backend_config.eu_3D982889",
     ],
     "role_name": "shop.web",
     "token_max_ttl": 86400,
     "token_ttl": 3600,
   }
  `);
});

test("an identity of another repository has the same names and makes nothing", () => {
  const stacks = synthesize((app) => {
    const { config, cluster } = new World(app);
    const erp = WorkloadIdentity.fromServiceAccount(config, "erp", { cluster, namespace: "legacy" });
    const own = new WorkloadIdentity(config, "own", { cluster, namespace: "legacy", serviceAccountName: "other" });
    expect(erp.key).toEqual({ cluster: "eu", namespace: "legacy", serviceAccount: "erp" });
    expect(erp.authRole).toBe("legacy.erp");
    expect(own.key).toEqual({ ...erp.key, serviceAccount: "other" });
    expect(erp.grantee).toBe(erp);
  });
  expect(stacks.who.census.vault_kubernetes_auth_backend_role).toBe(1);
});

test("its token has the policies of its edges and those added to it, sorted, each once", () => {
  const stacks = synthesize((app) => {
    const world = new World(app);
    const flags = new VaultPolicy(world.config, "flags", {
      rules: [{ path: VaultPath.exact("kv/data/a"), capabilities: ["read"] }],
    });
    const web = world.identity("web", { policies: [flags] });
    web.addPolicy(VaultPolicy.fromPolicyName(world.config, "given", "a-given-one"));
    web.addPolicy(flags);
    world.db.schema("sales").table("wizard").grants.read(web, web);
  });
  expect(roleOf(stacks).token_policies).toEqual(["a-given-one", "flags", "leasehold_eu_shop_web_database.main.shop"]);
});

test("its token lives as long as its shortest lease, and no longer than a day", () => {
  const times = (build: (world: World) => void): unknown[] => {
    const role = roleOf(synthesize((app) => build(new World(app))));
    return [role.token_ttl, role.token_max_ttl];
  };
  const leased = (seconds: number) => (world: World) =>
    void world.db.access(world.identity("web", { lease: { maxTtl: Duration.seconds(seconds) } }));
  expect(times((world) => void world.identity("web"))).toEqual([3600, 86_400]);
  expect(times(leased(7200))).toEqual([3600, 7200]);
  expect(times(leased(600))).toEqual([600, 600]);
  expect(
    times((world) => {
      const [tokenTtl, tokenMaxTtl] = [Duration.minutes(5), Duration.minutes(20)];
      void world.db.access(world.identity("web", { tokenTtl, tokenMaxTtl }));
    }),
  ).toEqual([300, 1200]);
});

test("it waits for the auth method of its own stack", () => {
  const stacks = synthesize((app) => void new World(app).identity("web"));
  expect(roleOf(stacks).depends_on).toEqual([
    expect.stringMatching(/^vault_auth_backend\.eu_Backend_/),
    expect.stringMatching(/^vault_kubernetes_auth_backend_config\.eu_/),
  ]);
});

test("its L1 is reachable, and overrides reach the JSON", () => {
  const stacks = synthesize((app) =>
    new World(app).identity("web").resource.addOverride("token_bound_cidrs", ["10.0.0.0/8"]),
  );
  expect(roleOf(stacks).token_bound_cidrs).toEqual(["10.0.0.0/8"]);
});
