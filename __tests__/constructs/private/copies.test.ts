import type * as Library from "../../../constructs";
import type * as Stacks from "../../../stacks";
import { TerraformStack } from "cdktf";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findingsOfRefusal, inStack, synthesize } from "../../support/program";
import { sandbox } from "../../../examples/shop/environments";

interface Copy {
  readonly library: typeof Library;
  readonly stacks: typeof Stacks;
  readonly errors: Readonly<Record<string, abstract new () => Error>>;
}

const errorsOf = (module: string): Copy["errors"] => jest.requireActual<Copy["errors"]>(module);

/** A copy of the package with modules of its own, as a second version in `node_modules` has. cdktf is one, as a peer is. */
function load(): Copy {
  let copy: Copy | undefined;
  jest.isolateModules(() => {
    for (const one of ["cdktf", "constructs"]) jest.doMock(one, () => SHARED[one]);
    copy = {
      library: jest.requireActual<typeof Library>("../../../constructs"),
      stacks: jest.requireActual<typeof Stacks>("../../../stacks"),
      errors: {
        ReportError: errorsOf("../../../access/report/parse-report").ReportError,
        QuestionError: errorsOf("../../../access/questions/pattern").QuestionError,
        ForgeError: errorsOf("../../../forge/http").ForgeError,
        PassingError: errorsOf("../../../forge/http").PassingError,
        RehearsalError: errorsOf("../../../bench/rehearse/model/values").RehearsalError,
        AccessAssertionError: errorsOf("../../../assertions").AccessAssertionError,
        UsageError: errorsOf("../../../cli/command/command").UsageError,
      },
    };
  });
  return copy as Copy;
}

const SHARED: Record<string, unknown> = {
  cdktf: jest.requireActual("cdktf"),
  constructs: jest.requireActual("constructs"),
};
const [one, other] = [load(), load()];

const vaultAt = (address: string): Library.IVault => ({ addressFromPods: address, addressFromTerraform: address });

test("there are two copies", () => {
  expect(one.library.Duration).not.toBe(other.library.Duration);
});

describe("two copies of this package in one program", () => {
  test("a duration of the other is one", () => {
    const deployment = (Duration: typeof Library.Duration) => {
      const stack = inStack((scope) => {
        const { library } = one;
        const cluster = library.KubernetesAuth.fromAttributes(scope, "eu");
        new library.InjectedDeployment(scope, "web", {
          identity: new library.WorkloadIdentity(scope, "web id", {
            cluster,
            namespace: "shop",
            serviceAccountName: "web",
          }),
          containers: [{ name: "web", image: "registry.example.com/web:1" }],
          secrets: [{ name: "greeting", path: "kv/data/greeting", template: "hello" }],
          agent: "init-and-sidecar",
          injector: { revokeGrace: Duration.minutes(1), staticSecretRenderInterval: Duration.minutes(5) },
          drain: Duration.minutes(2),
        });
      });
      return stack.only("kubernetes_deployment_v1");
    };
    expect(deployment(other.library.Duration)).toEqual(deployment(one.library.Duration));
    expect(JSON.stringify(deployment(other.library.Duration))).toContain(
      '"vault.hashicorp.com/agent-revoke-grace":"60"',
    );
  });

  test("a cluster and a database of the other are waited for as one's own", () => {
    const program = (theirs: Copy): unknown => {
      const { library } = one;
      const stacks = synthesize(
        (app) => {
          const servers = new TerraformStack(app, "servers");
          const instance = theirs.library.PostgresInstance.fromEndpoint(servers, "main", {
            endpoint: { host: "main.internal" },
            admin: theirs.library.AdminCredential.fromKv("postgres/main/admin"),
            majorVersion: 18,
          });
          const database = theirs.library.PostgresDatabase.fromDatabaseName(servers, "shop", {
            instance,
            owner: "shop_owner",
          });
          const stack = new theirs.stacks.AccessStack(app, "all", { environment: sandbox, database });
          const cluster = new theirs.library.KubernetesAuth(stack, "eu");
          const shop = new theirs.library.DatabaseAccess(stack, "shop", { database });
          const web = new library.WorkloadIdentity(stack, "web", { cluster, namespace: "shop" });
          shop.schema("public").table("wizard").grants.read(web);
          new library.InjectedDeployment(stack, "web app", {
            name: "web",
            identity: web,
            containers: [{ name: "web", image: "registry.example.com/web:1" }],
            credentials: [library.Credential.uri(shop)],
          });
        },
        { skipValidation: true },
      );
      return stacks.all.json;
    };
    expect(program(other)).toEqual(program(one));
  });

  test("a Vault of the other, or of the user's own class, whose address is not encrypted is refused in production", () => {
    const refusal = (Vault: { fromAddress(given: Library.VaultAttributes): Library.IVault }): string[] =>
      findingsOfRefusal((app) => {
        const { library } = one;
        const stack = new TerraformStack(app, "all");
        stack.node.setContext(library.GUARDRAILS_CONTEXT, "production");
        const cluster = library.KubernetesAuth.fromAttributes(stack, "eu");
        new library.InjectedDeployment(stack, "web", {
          identity: library.WorkloadIdentity.fromServiceAccount(stack, "web id", { cluster, namespace: "shop" }),
          containers: [{ name: "web", image: "registry.example.com/web:1" }],
          vault: Vault.fromAddress({ addressFromPods: "http://vault.example.com:8200" }),
        });
      }).map(({ code, message }) => `${code}: ${message}`);
    expect(refusal(one.library.Vault).join("\n")).toContain("production with a Vault at");
    expect(refusal(other.library.Vault)).toEqual(refusal(one.library.Vault));
    const own = { fromAddress: ({ addressFromPods: address }: Library.VaultAttributes) => vaultAt(address) };
    expect(refusal(own)).toEqual(refusal(one.library.Vault));
  });

  test("every class of ours that is asked for by instanceof knows the instances of the other", () => {
    const root = join(__dirname, "..", "..", "..");
    const files = ["constructs", "stacks"].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => join(root, folder, file)),
    );
    const asked = files.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/ instanceof (\w+)/g)].map(([, name]) => name),
    );
    const classes = [one, other].map(({ library, stacks }) => ({ ...library, ...stacks }) as Record<string, unknown>);
    const ours = [...new Set(asked)].filter((name) => name in classes[0]);
    expect(ours).toEqual(expect.arrayContaining(["KubernetesAuth", "Duration"]));
    for (const name of ours) {
      const [mine, theirs] = classes.map((all) => all[name] as abstract new () => object);
      expect([name, Object.create(theirs.prototype) instanceof mine]).toEqual([name, true]);
    }
  });

  test.each(Object.keys(one.errors))("a %s of the other is one, and nothing else is", (name) => {
    const [mine, theirs] = [one.errors[name], other.errors[name]];
    expect(mine).not.toBe(theirs);
    const error = Object.create(theirs.prototype) as Error;
    expect(error).toBeInstanceOf(mine);
    expect(new Error(name)).not.toBeInstanceOf(mine);
    expect(undefined as unknown).not.toBeInstanceOf(mine);
    const Sub = class extends mine {};
    expect(error).not.toBeInstanceOf(Sub);
    expect(Object.create(Sub.prototype)).toBeInstanceOf(Sub);
  });

  test("a refusal by the other is known by its class", () => {
    const error = Object.create(other.library.AccessFindingsError.prototype) as Error;
    expect(error).toBeInstanceOf(one.library.AccessFindingsError);
  });
});
