import { App } from "cdktf";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  InjectedDeploymentProps,
  KubernetesAuth,
  Migrations,
  PostgresDatabase,
  PostgresInstance,
  PostgresInstanceProps,
  VaultPath,
  VaultPolicy,
} from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, DatabasesStack } from "../../stacks";
import { delivered, parseKeywords, parseServiceFile } from "../support/delivery";
import { onlySecret, renderTemplate } from "../support/go-template";
import { findingsOfRefusal, synthesize } from "../support/program";
import { World } from "../support/world";

/** What the fuzzer found, each by itself: text that was passed on and meant something else, or was refused without a word why. */

const LOGIN = { username: "v-1", password: "pw" };
const messages = (build: (world: World) => void): string[] =>
  findingsOfRefusal((app: App) => build(new World(app))).map(({ code, message }) => `${code}: ${message}`);
const deploying =
  (props: Partial<InjectedDeploymentProps>) =>
  (world: World): void => {
    const web = world.identity("web");
    world.db.schema("sales").table("wizard").grants.read(web);
    world.deployment(web, [Credential.uri(world.db)], props);
  };

describe("what Terraform, Vault or Kubernetes would take for something else is refused", () => {
  const admin = AdminCredential.fromKv("postgres/main/admin");
  const server =
    (attributes: Parameters<World["server"]>[1]) =>
    (world: World): void =>
      void world.server("other", attributes);
  const own =
    (props: Partial<PostgresInstanceProps>) =>
    (world: World): void =>
      void new PostgresInstance(world.config, "own", { cluster: world.cluster, namespace: "data", ...props });
  const policy =
    (rule: { path?: string; description?: string }) =>
    (world: World): void => {
      world.identity("bystander");
      new VaultPolicy(world.config, "flags", {
        rules: [{ path: VaultPath.exact(rule.path ?? "a/b"), capabilities: ["read"], description: rule.description }],
      });
    };

  test.each<[string, string, (world: World) => void]>([
    [
      "an interpolation in a label",
      'kubernetes-name: label "tier" has the value "${x}"',
      deploying({ labels: { tier: "${x}" } }),
    ],
    ["a label's key", 'kubernetes-name: label "a b" is not a key', deploying({ labels: { "a b": "x" } })],
    [
      "an annotation's key",
      'annotation: annotation "a/${x}" is not a key',
      deploying({ annotations: { "a/${x}": "x" } }),
    ],
    [
      "a key of the injector's telemetry",
      'annotation: annotation "vault.hashicorp.com/agent-telemetry-*" is not a key',
      deploying({ injector: { telemetry: { "*": "1h" } } }),
    ],
    [
      "an annotation that Terraform would compose",
      'annotation: annotation "a" is "e\u0301", which is not in Unicode\'s normal form C',
      deploying({ annotations: { a: "e\u0301" } }),
    ],
    [
      "half of a character in a template",
      'annotation: annotation "vault.hashicorp.com/agent-inject-template-x" is "\\ud800", which holds half',
      deploying({ secrets: [{ name: "x", path: "kv/data/x", template: "\ud800" }] }),
    ],
    [
      "a host as Vault sees it",
      'credential-endpoint: as Vault sees it, host "a@b/c?d=" is not a host name or address',
      server({ endpoint: { host: "a", fromVault: { host: "a@b/c?d=", port: 1 } }, admin }),
    ],
    [
      "a host as Terraform sees it",
      'credential-endpoint: as Terraform sees it, host "${x}" is not a host name or address',
      server({ endpoint: { host: "a", fromTerraform: { host: "${x}", port: 1 } }, admin }),
    ],
    [
      "an sslmode of one's own",
      'argument: `sslMode` is "disable&host=x", a string, which is none of "disable", "require", "verify-ca", "verify-full"',
      server({ sslMode: "disable&host=x" as "disable", admin }),
    ],
    [
      "an admin's entry outside of its folder",
      'instance: KV entry "postgres/../x" has an empty part',
      server({ admin: AdminCredential.fromKv("postgres/../x") }),
    ],
    [
      "an admin's mount",
      'instance: KV mount "a/" has an empty part',
      server({ admin: AdminCredential.fromKv("x", { mount: "a/" }) }),
    ],
    [
      "an admin's name",
      'instance: admin "e\u0301" is not in Unicode',
      server({ admin: AdminCredential.fromKv("x", { username: "e\u0301" }) }),
    ],
    ["a CA that is not text", "certificate: `ca` holds half", server({ ca: "\ud800", admin })],
    ["a storage class", 'kubernetes-name: storageClass "A b" is not', own({ storageClass: "A b" })],
    ["an amount of storage", 'instance: storage "1Gi;" is not an amount', own({ storage: "1Gi;" })],
    ["a Secret's name", 'kubernetes-name: tlsSecret "a/b" is not', own({ tlsSecret: "a/b" })],
    ["an image", 'instance: image "a b" is not the name of an image', own({ image: "a b" })],
    ["a namespace to let in", 'kubernetes-name: namespace "*" is not', own({ allowFromNamespaces: ["*"] })],
    [
      "a KV mount",
      'mount-path: KV mount "a/../b" has an empty part',
      (world) => void world.accessTo({ kvMount: "a/../b" }),
    ],
    [
      "a template in an exact path, which Vault fills in",
      'policy-rule: policy path "kv/{{identity.entity.id}}" is empty',
      policy({ path: "kv/{{identity.entity.id}}" }),
    ],
    [
      "a policy's comment that Terraform would compose",
      'policy-rule: "e\u0301", in the rule on a/b, is not',
      policy({ description: "e\u0301" }),
    ],
    [
      "a policy named for what it is not",
      'policy-name: policy name "root" is empty, `root`',
      (world) => world.identity("web").addPolicy(VaultPolicy.fromPolicyName(world.config, "given", "root")),
    ],
    [
      "two dots in a policy's name, which Vault's storage refuses",
      'policy-name: policy name "a..b" is not made of',
      (world) =>
        void new VaultPolicy(world.config, "a..b", {
          rules: [{ path: VaultPath.exact("kv/data/a"), capabilities: ["read"] }],
        }),
    ],
    ["U+E123 in a policy's path", 'policy-rule: policy path "a/\ue123" is empty', policy({ path: "a/\ue123" })],
    [
      "no audience, which takes anybody's token",
      'identity-name: audience "" is empty',
      (world) => void new KubernetesAuth(world.config, "other", { clusterName: "other", audience: "" }),
    ],
    [
      "a CA of a cluster",
      "certificate: `kubernetesCaCert` is not in Unicode",
      (world) => void new KubernetesAuth(world.config, "other", { kubernetesCaCert: "e\u0301" }),
    ],
    [
      "half of a character in a database's name",
      'database-name: database "a\\ud800" holds a control character or a lone surrogate',
      (world) => void world.accessTo({ database: world.databaseOf("a\ud800"), mountPath: "database/a" }),
    ],
    [
      "everybody as an owner",
      'database-name: owner "public" is not the name of a role',
      (world) => void new PostgresDatabase(world.config, "x", { instance: world.instance, owner: "public" }),
    ],
    [
      "the admin as a group",
      'object-name: role "leasehold_admin" is the admin of main and the group role of eu/shop/web on database/main/shop',
      (world) => void world.db.access(world.identity("web"), { groupRoleName: "leasehold_admin" }),
    ],
    [
      "a token as a table",
      'object-name: table "${TfToken[TOKEN.1]}" holds a token of cdktf',
      (world) => void world.db.schema("a").table("${TfToken[TOKEN.1]}").grants.read(world.identity("web")),
    ],
  ])("%s", (_, expected, build) => {
    expect(messages(build).filter((message) => message.startsWith(expected))).not.toEqual([]);
  });
});

describe("what is not a mistake means what it says", () => {
  test("a table named * stands beside all tables of its schema", () => {
    const { access } = synthesize((app) => {
      const world = new World(app);
      const web = world.identity("web");
      const schema = world.db.schema("sales");
      schema.allTables().grants.read(web);
      schema.table("*").grants.insert(web);
    });
    const tables = Object.values(access.resources("postgresql_grant")).filter((grant) => grant.object_type === "table");
    expect(tables.map(({ objects, privileges }) => [objects, privileges])).toEqual(
      expect.arrayContaining([
        [undefined, ["SELECT"]],
        [["*"], ["INSERT"]],
      ]),
    );
    expect(tables).toHaveLength(2);
  });

  test("two migrations that would be one Job are refused", () => {
    const folder = mkdtempSync(join(tmpdir(), "leasehold-sql-"));
    try {
      writeFileSync(join(folder, "1.sql"), "SELECT 1;");
      const found = messages((world) => {
        const migrations = Migrations.fromFolder(folder);
        new DatabaseMigration(world.db, "one", { identity: world.identity("a.b"), migrations });
        new DatabaseMigration(world.db, "other", { identity: world.identity("a-b"), migrations });
      });
      expect(found).toEqual([expect.stringMatching(/^migration: Job eu\/shop\/a-b-[0-9a-f]{10} is made 2 times: /)]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("what Vault's reader of policies takes nowhere is left out of comments", () => {
    const { who } = synthesize((app) => {
      const world = new World(app);
      new VaultPolicy(world.config, "flags", {
        rules: [{ path: VaultPath.exact("a/b"), capabilities: ["read"], description: "a\0b\ue123c" }],
      });
    });
    expect(who.only("vault_policy").policy).toContain("# a\ufffdb\ufffdc\n");
  });

  test("${ and %{ in what a provider is told are text", () => {
    const stacks = synthesize(
      (app) => {
        const world = new World(app);
        const instance = world.server("other", {
          admin: AdminCredential.fromKv("a/${b}", { mount: "kv-${c}", username: "admin ${d}" }),
          caFile: "/ca/%{e}.pem",
        });
        const database = world.databaseOf("sales ${f}", instance);
        const stack = new AccessStack(app, "second", { environment: sandbox, database });
        new DatabaseAccess(stack, "db", { database, mountPath: "database/sales" });
        new DatabasesStack(app, "databases", { environment: sandbox, instance });
      },
      { skipValidation: true },
    );
    const [provider] = (stacks.second.json.provider as { postgresql: object[] }).postgresql;
    expect(provider).toMatchObject({
      database: "sales $${f}",
      username: "admin $${d}",
      sslrootcert: "/ca/%%{e}.pem",
    });
    expect(stacks.databases.ephemerals("vault_kv_secret_v2").AdminPassword).toEqual({
      mount: "kv-$${c}",
      name: "a/$${b}",
    });
  });

  test("a given policy is named on the token as it is", () => {
    const { who } = synthesize((app) => {
      const world = new World(app);
      world.identity("web").addPolicy(VaultPolicy.fromPolicyName(world.config, "given", "team-${x}"));
    });
    expect(who.only("vault_kubernetes_auth_backend_role").token_policies).toEqual(["team-$${x}"]);
  });

  test("an IPv6 address stands in brackets in a URI only", () => {
    const place = { endpoint: { host: "[fd00::1]" } };
    const text = (format: "uri" | "json" | "keywords" | "serviceFile"): string => {
      const { secret, problems } = delivered(place, (database) => Credential[format](database));
      expect(problems).toEqual([]);
      return renderTemplate(secret.template, LOGIN);
    };
    expect(text("uri")).toContain("@[fd00::1]:5432/");
    expect(JSON.parse(text("json"))).toMatchObject({ host: "fd00::1" });
    expect(parseKeywords(text("keywords")).host).toBe("fd00::1");
    expect(parseServiceFile(text("serviceFile")).host).toBe("fd00::1");
  });

  test.each([" {{ .Data.username }}", "user={{ .Data.username }}\n", "\n\t{{ .Data.username }} \n"])(
    "a template of one's own keeps the space around it: %j",
    (template) => {
      const { secret } = delivered({}, (database) => Credential.custom(database, template));
      expect(onlySecret(secret.template)).toBe("database/main/shop/creds/eu.shop.web");
      expect(renderTemplate(secret.template, LOGIN)).toBe(template.replace("{{ .Data.username }}", "v-1"));
    },
  );

  test.each([" a", "a "])(
    "an application name with space at an end, %j, is refused: a service file cuts it",
    (name) => {
      const { problems } = delivered({}, (database) => Credential.serviceFile(database, { applicationName: name }));
      expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining("starts or ends with space")]);
    },
  );
});
