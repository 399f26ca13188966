import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { DefaultPrivileges } from "@cdktf/provider-postgresql/lib/default-privileges";
import { Grant } from "@cdktf/provider-postgresql/lib/grant";
import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { Policy } from "@cdktf/provider-vault/lib/policy";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { App, Aspects, IAspect, TerraformElement, TerraformIterator, TerraformOutput, TerraformResource } from "cdktf";
import { IConstruct } from "constructs";
import { AccessReport, Container, Credential, UnclassifiedNode } from "../../../constructs";
import { World } from "../../support/world";
import { beyond, line, readingWorld, written } from "./support";

type Reading = ReturnType<typeof readingWorld>;

const plain = written((app) => void readingWorld(app));

function spoiled(spoil: (world: Reading, app: App) => void): AccessReport {
  return written((app) => {
    const world = readingWorld(app);
    spoil(world, app);
  });
}

/** What is listed beyond what the same program lists when nobody meddles. */
function listed(spoil: (world: Reading, app: App) => void): UnclassifiedNode[] {
  return beyond(spoiled(spoil), plain);
}

/** An L1 of the program by the end of its path. */
function at(world: Reading, path: string): TerraformResource {
  const found = world.app.node.findAll().find((child) => child.node.path === path);
  if (!found) throw new Error(`${path} is not there`);
  return found as TerraformResource;
}

const roleOf = (world: Reading): KubernetesAuthBackendRole => world.web.resource as KubernetesAuthBackendRole;

const EDGE = "access/shop/eu.shop.web";
/** Every kind of resource that the graph explains. */
const EXPLAINED: readonly string[] = [
  "who/eu/Backend",
  "who/web/Resource",
  `${EDGE}/Group`,
  `${EDGE}/Schema-wide`,
  `${EDGE}/Role`,
  `${EDGE}/Policy`,
  `${EDGE}/database`,
  `${EDGE}/table sales wizard`,
  `${EDGE}/future table staff *`,
  "access/shop/Estate",
  "access/shop/Leases/Login",
  "access/shop/Leases/Schema",
  "access/shop/Leases/issue",
  "access/shop/Leases/Nothing to PUBLIC",
  "workloads/web/Resource",
  "workloads/ServiceAccounts/shop web",
];

test("in a program that nobody meddles with, what Leasehold makes says what it said", () => {
  expect(plain.unclassified.filter(({ reason }) => reason !== "setting")).toEqual([]);
  for (const path of EXPLAINED) expect(plain.unclassified.map((node) => node.path)).not.toContain(path);
});

describe("an escape hatch on anything that the graph explains is listed", () => {
  const hatches: [string, (resource: TerraformResource, value: string) => void][] = [
    ["addOverride", (resource, value) => resource.addOverride("surplus", value)],
    ["a lifecycle", (resource, value) => (resource.lifecycle = { ignoreChanges: [value] })],
    ["a count", (resource, value) => (resource.count = value.length)],
    ["for_each", (resource, value) => (resource.forEach = TerraformIterator.fromList([value]))],
    [
      "a provider",
      (resource, value) =>
        (resource.provider = new VaultProvider(resource, "own", { address: value, alias: resource.node.addr })),
    ],
    ["a provisioner", (resource, value) => (resource.provisioners = [{ type: "local-exec", command: value }])],
    ["a connection", (resource, value) => (resource.connection = { type: "ssh", host: value })],
    ["an import", (resource, value) => resource.importFrom(value)],
    [
      "an override of the stack",
      (resource, value) =>
        resource.cdktfStack.addOverride(
          `resource.${resource.terraformResourceType}.${resource.friendlyUniqueId}.surplus`,
          value,
        ),
    ],
    [
      "a synthesizeAttributes of its own",
      (resource, value) => patch(resource, "synthesizeAttributes", (attributes) => ({ ...attributes, surplus: value })),
    ],
    [
      "a toTerraform of its own",
      (resource, value) => {
        const { terraformResourceType: type, friendlyUniqueId: name } = resource;
        resource.toTerraform = () => ({ resource: { [type]: { [name]: { surplus: value } } } });
      },
    ],
  ];
  test.each(hatches)("%s", (_, spoil) => {
    const nodes = (value: string): Map<string, UnclassifiedNode> => {
      const found = listed((world) => EXPLAINED.forEach((path) => spoil(at(world, path), value)));
      return new Map(found.filter(({ reason }) => reason === "overridden").map((node) => [node.path, node]));
    };
    const [one, other] = [nodes("a"), nodes("bc")];
    expect([...one.keys()].sort()).toEqual([...EXPLAINED].sort());
    for (const path of EXPLAINED) expect(one.get(path)?.digest).not.toBe(other.get(path)?.digest);
  });
});

function patch<K extends string>(holder: object, name: K, change: (value: Record<string, unknown>) => unknown): void {
  const target = holder as Record<K, () => Record<string, unknown>>;
  const before = target[name].bind(holder);
  target[name] = (() => change(before())) as never;
}

describe("a change by setter, also deep inside, is listed", () => {
  const grant = (world: Reading): Grant => at(world, `${EDGE}/table sales wizard`) as Grant;
  const deployment = (world: Reading): DeploymentV1 => at(world, "workloads/web/Resource") as DeploymentV1;
  test.each<[string, string, (world: Reading) => void]>([
    ["a grant's privileges", `${EDGE}/table sales wizard`, (world) => (grant(world).privileges = ["DELETE"])],
    ["a grant's objects, taken away", `${EDGE}/table sales wizard`, (world) => grant(world).resetObjects()],
    [
      "the owner of objects to come",
      `${EDGE}/future table staff *`,
      (world) => ((at(world, `${EDGE}/future table staff *`) as DefaultPrivileges).owner = "postgres"),
    ],
    ["a policy's text", `${EDGE}/Policy`, (world) => (world.db.access(world.web).policy.policy = 'path "*" {}')],
    ["an auth role's accounts", "who/web/Resource", (world) => (roleOf(world).boundServiceAccountNames = ["*"])],
    ["an auth role's policies", "who/web/Resource", (world) => (roleOf(world).tokenPolicies = ["root"])],
    [
      "a list of the auth role, from the inside",
      "who/web/Resource",
      (world) => (roleOf(world).boundServiceAccountNamespacesInput as string[]).push("default"),
    ],
    [
      "a database role's statements",
      `${EDGE}/Role`,
      (world) => (world.db.access(world.web).databaseRole.creationStatements = []),
    ],
    ["a role that may log in", `${EDGE}/Group`, (world) => (world.db.access(world.web).groupRole.login = true)],
    ["a superuser", "access/shop/Estate", (world) => (world.db.estate.superuser = true)],
    ["a function's body", "access/shop/Leases/issue", (world) => (world.db.leases.functions[0].body = "BEGIN END")],
    [
      "a pod's account",
      "workloads/web/Resource",
      (world) => (deployment(world).spec.template.spec.serviceAccountName = "default"),
    ],
    [
      "a pod's token",
      "workloads/web/Resource",
      (world) => (deployment(world).spec.template.spec.automountServiceAccountToken = true),
    ],
    [
      "a pod's annotations",
      "workloads/web/Resource",
      (world) => (deployment(world).spec.template.metadata.annotations = { "vault.hashicorp.com/role": "admin" }),
    ],
    [
      "a pod, whole",
      "workloads/web/Resource",
      (world) => deployment(world).putSpec({ template: { metadata: {}, spec: { serviceAccountName: "x" } } }),
    ],
    ["metadata", "workloads/web/Resource", (world) => deployment(world).putMetadata({ namespace: "vault" })],
    [
      "by an Aspect",
      `${EDGE}/Policy`,
      (world) => {
        const aspect: IAspect = {
          visit: (node: IConstruct) => {
            if (node instanceof Policy) node.policy = 'path "*" {}';
          },
        };
        Aspects.of(world.access).add(aspect);
      },
    ],
    [
      "by overrides of an Aspect",
      `${EDGE}/Policy`,
      (world) =>
        Aspects.of(world.access).add({
          visit: (node) => void (node instanceof Policy && node.addOverride("policy", "")),
        }),
    ],
  ])("%s", (_, path, spoil) => {
    expect(
      listed(spoil)
        .filter((node) => node.path === path)
        .map(({ reason }) => reason),
    ).toEqual(["overridden"]);
  });

  test("but not of a list that the program handed over and empties afterwards: the pod has what was in it", () => {
    const report = (mounts: readonly object[], later: readonly object[]): AccessReport =>
      written((app) => {
        const world = new World(app);
        const web = world.identity("web");
        world.db.schema("sales").table("wizard").grants.read(web);
        const list = [...mounts];
        const container = { name: "app", image: "a", volumeMounts: list } as unknown as Container;
        world.deployment(web, [Credential.uri(world.db)], { containers: [container] });
        list.splice(0, list.length, ...later);
      });
    const mount = { name: "vault-token", mountPath: "/t" };
    expect(beyond(report([mount], []), report([], [])).map(line)).toEqual([
      "setting resource kubernetes_deployment_v1 workloads/web/Resource",
    ]);
    expect(beyond(report([], [mount]), report([], []))).toEqual([]);
  });
});

describe("what is not there any more is listed", () => {
  test.each<[string, (world: Reading) => void]>([
    ["taken out of the tree", (world) => world.db.leases.node.tryRemoveChild("Nothing to PUBLIC")],
    ["moved to another", (world) => at(world, "access/shop/Leases/Nothing to PUBLIC").moveToId("postgresql_grant.x")],
    [
      "written away by an override of the stack",
      (world) =>
        world.access.addOverride(
          `resource.postgresql_grant.${at(world, "access/shop/Leases/Nothing to PUBLIC").friendlyUniqueId}`,
          undefined,
        ),
    ],
  ])("%s", (_, spoil) => {
    expect(listed(spoil).map(line)).toContain(
      "overridden resource postgresql_grant access/shop/Leases/Nothing to PUBLIC",
    );
  });

  test("but not what a wider statement made superfluous", () => {
    const report = written((app) => {
      const world = readingWorld(app);
      const table = world.db.schema("sales").table("orders", { columns: ["a"] });
      table.columns("a").grants.read(world.web);
      table.grants.read(world.web);
    });
    expect(beyond(report, plain)).toEqual([]);
  });
});

describe("two that share one address", () => {
  test("are both listed, since cdktf mixes them: ours as overridden", () => {
    const nodes = listed((world) => {
      const { policy } = world.db.access(world.web);
      new Policy(world.access, "evil", { name: "evil", policy: 'path "*" {}' }).overrideLogicalId(
        policy.friendlyUniqueId,
      );
    });
    expect(nodes.map(line)).toEqual([
      "raw resource vault_policy access/evil",
      `overridden resource vault_policy ${EDGE}/Policy`,
    ]);
  });
});

describe("a setting that was changed is listed as overridden", () => {
  test("with the digest of what it says now", () => {
    const change = (options: string) =>
      listed((world) => (world.db.mount.resource.description = options)).filter(
        ({ path }) => path === "access/shop/Mount/Resource",
      );
    expect(change("a").map(({ reason }) => reason)).toEqual(["overridden"]);
    expect(change("a")[0].digest).not.toBe(change("b")[0].digest);
  });

  test("and so is a provider block of our stacks", () => {
    const provider = (world: Reading): TerraformElement => at(world, "access/vault");
    expect(listed((world) => provider(world).addOverride("address", "http://evil")).map(line)).toEqual([
      "overridden provider vault access/vault",
      // Now there are two Vaults, and in which of them an identity logs in is worth a line.
      "setting resource vault_kubernetes_auth_backend_role who/web/Resource",
    ]);
    expect(
      listed((world) => new VaultProvider(world.access, "second", { address: "http://b", alias: "b" })).map(line),
    ).toEqual(["raw provider vault access/second"]);
  });
});

describe("what changes nothing is not listed", () => {
  test.each<[string, (world: Reading, app: App) => void]>([
    [
      "waiting for something else",
      (world) => {
        for (const path of EXPLAINED) at(world, path).dependsOn = ["vault_policy.x"];
      },
    ],
    ["another name in Terraform", (world) => world.db.estate.overrideLogicalId("estate")],
    ["the same value once more", (world) => (world.db.estate.login = false)],
    ["an override with the value that stands there", (world) => world.db.estate.addOverride("login", false)],
    ["a comment", (world) => world.db.estate.addOverride("//", { note: "hello" })],
    ["an Aspect that looks on", (_, app) => Aspects.of(app).add({ visit: () => undefined })],
    ["an output", (world) => new TerraformOutput(world.access, "o", { value: "a" })],
  ])("%s", (_, touch) => {
    const { unclassified } = spoiled(touch);
    expect(unclassified.map(line)).toEqual(plain.unclassified.map(line));
    expect(unclassified.map(({ digest }) => digest)).toEqual(plain.unclassified.map(({ digest }) => digest));
  });

  test("also where everything must be compared, since an override of the stack could have reached it", () => {
    const nodes = listed((world) => {
      for (const stack of [world.config, world.access, world.workloads]) stack.addOverride("output.x.value", "a");
    });
    expect(nodes.map(line)).toEqual(["raw stack access", "raw stack who", "raw stack workloads"]);
  });
});
