import { App } from "cdktf";
import { sandbox } from "../../examples/shop/environments";
import { Credential } from "../../constructs";
import { diffReports } from "../../access";
import { Environment, VaultConfigStack } from "../../stacks";
import { Block, findingsOfRefusal, synthesize } from "../support/program";
import { World } from "../support/world";
import { written } from "../constructs/synthesis/support";

const inNamespace = (vaultNamespace?: string): Environment => ({
  ...sandbox,
  vault: { ...sandbox.vault, vaultNamespace },
});

function small(app: App, environment: Environment, injector?: { namespace: string }): World {
  const world = new World(app, environment);
  const web = world.identity("web");
  world.db.schema("sales").table("wizard").grants.read(web);
  world.deployment(web, [Credential.uri(world.db)], { injector });
  return world;
}

describe("a namespace of Vault, said once in the environment", () => {
  const stacks = synthesize((app) => void small(app, inNamespace("admin/shop")));

  test("is that of every provider of Vault", () => {
    const providers = Object.values(stacks).flatMap(({ json }) => (json.provider as { vault?: Block[] })?.vault ?? []);
    expect(providers.map(({ namespace }) => namespace)).toEqual(["admin/shop", "admin/shop"]);
  });

  test("is that of the pods' agents", () => {
    expect(JSON.stringify(stacks.workloads.only("kubernetes_deployment_v1"))).toContain(
      '"vault.hashicorp.com/namespace":"admin/shop"',
    );
  });

  test("stands in the report, of the auth role and of the mount", () => {
    const { graph } = written((app) => void small(app, inNamespace("admin/shop")));
    expect(graph.identities[0].vaultNamespace).toBe("admin/shop");
    expect(graph.databases[0].vaultNamespace).toBe("admin/shop");
  });

  test("is nowhere when it is not said", () => {
    const plain = synthesize((app) => void small(app, sandbox));
    expect(
      Object.values(plain)
        .map(({ text }) => text)
        .join(),
    ).not.toMatch(/"namespace": "admin|hashicorp.com\/namespace/);
    expect(written((app) => void small(app, sandbox)).graph.databases[0]).not.toHaveProperty("vaultNamespace");
  });
});

test("another namespace lets others in: the diff says so", () => {
  const report = (vaultNamespace?: string) => written((app) => void small(app, inNamespace(vaultNamespace)));
  const { verdicts, changes } = diffReports(report(), report("team"));
  expect(verdicts).toEqual(expect.arrayContaining(["broadened", "narrowed"]));
  expect(JSON.stringify(changes)).toContain("kubernetes-eu in namespace team");
});

describe("what cannot work is refused", () => {
  test.each(["", "/admin", "admin/", "a//b", "admin/sys", "a b", "root"])("the namespace %j", (name) => {
    const codes = findingsOfRefusal((app) => {
      new VaultConfigStack(app, "config", { environment: inNamespace(name) });
      new World(app, sandbox).identity("web");
    }).map(({ code }) => code);
    expect(codes).toContain("vault-namespace");
  });

  test("an agent in another namespace than its auth role and its mount", () => {
    const found = findingsOfRefusal((app) => void small(app, inNamespace("admin/shop"), { namespace: "admin/bi" }));
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      ["vault-namespace", expect.stringContaining('"admin/bi", and the auth role shop.web is in "admin/shop"')],
      ["vault-namespace", expect.stringContaining('and the mount database/main/shop is in "admin/shop"')],
    ]);
  });
});
