import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  DatabaseMigration,
  Duration,
  InjectedCronJob,
  InjectedDeployment,
  InjectedDeploymentProps,
  Migrations,
  Reload,
} from "../../../constructs";
import { here } from "../../support/here";
import { findingCodes, Mistake, refused, warned } from "../../support/mistakes";
import { CONTAINER, World } from "../../support/world";

const FOLDER = mkdtempSync(join(tmpdir(), "leasehold-sql-"));
afterAll(() => rmSync(FOLDER, { recursive: true }));

/** A Deployment of `web`, which may read one table; what differs is up to the test. */
function delivering(
  more: (world: World) => Partial<InjectedDeploymentProps>,
  options: { granted?: boolean } = {},
): Mistake["make"] {
  return (world, at) => {
    const identity = world.identity("web");
    if (options.granted !== false) world.db.schema("sales").table("wizard").grants.read(identity);
    const props = { identity, containers: [CONTAINER], credentials: [Credential.uri(world.db)], ...more(world) };
    at(here(1));
    new InjectedDeployment(world.workloads, "web", props);
  };
}

function migrating(name: string, files: Record<string, string | Buffer>): Mistake["make"] {
  return (world, at) => {
    const folder = mkdtempSync(join(FOLDER, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
    const props = { identity: world.identity("migrator"), migrations: Migrations.fromFolder(folder) };
    at(here(1));
    new DatabaseMigration(world.db, "migration", props);
  };
}

const at = { code: "", path: "workloads/web" };
/** The line on which the world of these tests names a server. */
const WORLD_SERVER = `__tests__/support/world.ts:${
  readFileSync(join(__dirname, "../../support/world.ts"), "utf8").split("PostgresInstance.fromEndpoint(")[0].split("\n")
    .length
}`;
const REFUSED: Mistake[] = [
  {
    ...at,
    title: "a pod that Kubernetes would refuse",
    code: "workload",
    message: 'the mount at of the container "app" names a volume that the pod does not have: "data"',
    fix: "add it to `volumes` of the pod, or correct the name",
    make: delivering(() => ({ containers: [{ ...CONTAINER, volumeMounts: [{ name: "data", mountPath: "/data" }] }] })),
  },
  {
    ...at,
    title: "a reload of no port",
    code: "credential-reload",
    message: 'reload of "shop": port 0 is not between 1 and 65535',
    fix: "give the port on which the app listens",
    make: delivering(({ db }) => ({ credentials: [Credential.uri(db, { reload: Reload.httpPost({ port: 0 }) })] })),
  },
  {
    ...at,
    title: "a pool that is larger than what one login may open",
    code: "connections",
    message:
      "pool 11 of workloads/web is larger than the connectionLimit 10 of eu/shop/web on database/main/shop: PostgreSQL refuses the connections beyond it",
    fix: "give a smaller `pool`, or raise `connectionLimit` by access(identity, { connectionLimit })",
    make: delivering(({ db }) => ({ credentials: [Credential.uri(db, { pool: 11 })] })),
  },
  {
    ...at,
    title: "a pool of a part of a connection",
    code: "credential-file",
    message: 'pool 0.5 of "shop" is not a whole number of at least 1',
    fix: "give the size of the pool, or leave it out",
    make: delivering(({ db }) => ({ credentials: [Credential.uri(db, { pool: 0.5 })] })),
  },
  {
    ...at,
    title: "a rollout that has less time than its pods take to end",
    code: "drain",
    message: "1 step × (drain 5m) = 5m is not less than rollout 2m",
    fix: "give `rollout` more time, or the pods less",
    make: delivering(() => ({
      drain: Duration.minutes(5),
      rollout: Duration.minutes(2),
      strategy: { type: "Recreate" },
    })),
  },
  {
    ...at,
    title: "a credential of a database on which the identity was granted nothing",
    code: "credential-not-granted",
    message: "workloads/web asks for a credential of database/main/shop, on which eu/shop/web was granted nothing",
    fix: "grant what it needs (….grants.read(identity)), or do not deliver the credential",
    make: delivering(() => ({}), { granted: false }),
  },
  {
    ...at,
    title: "two credentials in one file",
    code: "credential-file",
    message: 'workloads/web gets two credentials in the file "shop"',
    fix: 'name one of them: Credential.uri(database, { file: "…" })',
    make: delivering(({ db }) => ({ credentials: [Credential.uri(db), Credential.json(db)] })),
  },
  {
    ...at,
    title: "a file outside of the folder",
    code: "credential-file",
    message: `file "../shop" is not made of lower-case letters, digits, '-', '_' and '.', starting and ending with a letter or digit`,
    fix: "give `file` such a name",
    make: delivering(({ db }) => ({ credentials: [Credential.uri(db, { file: "../shop" })] })),
  },
  {
    ...at,
    title: "permissions that are not an octal mode",
    code: "credential-file",
    message: 'perms "u+r" is not an octal mode',
    fix: 'write it like "0440"',
    make: delivering(({ db }) => ({ credentials: [Credential.uri(db, { perms: "u+r" })] })),
  },
  {
    ...at,
    title: "a template that closes its block and reads another secret",
    code: "credential-template",
    message: 'template action "{{ end }}" is not a plain field of this credential',
    fix: "use .Data.username, .Data.password, .LeaseID or .LeaseDuration with filters such as toJSON, urlquery, base64Encode, or .Place.host and its like without filters",
    make: delivering(({ db }) => ({ credentials: [Credential.custom(db, "{{ end }}")] })),
  },
  {
    title: "a host with a port in it",
    code: "credential-endpoint",
    message: 'as pods see it, host "pg.example.com:5432" is not a host name or address',
    fix: "give the host alone, without user, port or path; an IPv6 address in brackets",
    path: "servers/other",
    make: (world, line) => {
      line(WORLD_SERVER);
      const instance = world.server("other", { endpoint: { host: "pg.example.com:5432" } });
      const database = world.databaseOf("other", instance);
      Object.defineProperty(world, "database", { value: database });
      delivering(() => ({}))(world, () => undefined);
    },
  },
  {
    title: "a port that is none",
    code: "credential-endpoint",
    message: "as pods see it, port 0 is not between 1 and 65535",
    fix: "give the server's port",
    path: "servers/other",
    make: (world, line) => {
      line(WORLD_SERVER);
      const instance = world.server("other", {
        endpoint: { host: "pg.example.com", port: 0 },
        admin: AdminCredential.fromKv("a"),
      });
      Object.defineProperty(world, "database", { value: world.databaseOf("other", instance) });
      delivering(() => ({}))(world, () => undefined);
    },
  },
  {
    ...at,
    title: "a grace that the pod does not live to see",
    code: "drain",
    message: "revokeGrace 1m leaves no 10 seconds of the pod's 35s for the revocation",
    fix: "set `drain`, from which both follow",
    make: delivering(() => ({ agent: "init-and-sidecar", injector: { revokeGrace: Duration.seconds(60) } })),
  },
  {
    ...at,
    title: "a native sidecar whose configuration is elsewhere",
    code: "annotation",
    message: "injector option agentConfigmap cannot be combined with an agent that is a native sidecar",
    fix: 'leave it out, or set `agent: "init-and-sidecar"`',
    make: delivering(() => ({ injector: { agentConfigmap: "agent" } })),
  },
  {
    ...at,
    title: "an annotation that moves a file for which the app waits",
    code: "annotation",
    message:
      "annotation vault.hashicorp.com/agent-inject-file-shop would change what an agent that is a native sidecar runs, or which files its app waits for",
    fix: "say it by `file` of a secret, `injector.secretVolumePath` or `injector.initJsonPatch`",
    make: delivering(() => ({ annotations: { "vault.hashicorp.com/agent-inject-file-shop": "other" } })),
  },
  {
    ...at,
    title: "a patch of a container that a native sidecar does not have",
    code: "annotation",
    message: "injector option jsonPatch cannot be combined with an agent that is a native sidecar",
    fix: "patch the agent's container by `initJsonPatch`",
    make: delivering(() => ({ injector: { jsonPatch: "[]" } })),
  },
  {
    ...at,
    title: "an agent in another namespace of Vault than its auth role",
    code: "vault-namespace",
    message: 'the agent uses the Vault namespace "admin", and the auth role shop.web is in the root namespace',
    fix: "give the environments of these stacks one `vaultNamespace`, and none to `injector`",
    make: delivering(() => ({ credentials: [], injector: { namespace: "admin" } })),
  },
  {
    ...at,
    title: "an annotation key that Kubernetes does not take",
    code: "annotation",
    message: `annotation vault.hashicorp.com/agent-telemetry-${"k".repeat(48)} is longer than 63 characters after its prefix`,
    fix: "give the credential a shorter `file`",
    make: delivering(() => ({ injector: { telemetry: { ["k".repeat(48)]: "1" } } })),
  },
  {
    title: "a folder that is not there",
    code: "migration",
    message: 'folder "no/such/folder" does not exist',
    fix: "give the folder of the SQL files, from the working directory or absolute",
    path: "access/shop/migration",
    make: (world, line) => {
      const props = { identity: world.identity("migrator"), migrations: Migrations.fromFolder("no/such/folder") };
      line(here(1));
      new DatabaseMigration(world.db, "migration", props);
    },
  },
  {
    title: "a folder without SQL",
    code: "migration",
    message: "folder holds no *.sql file",
    fix: "add one, or leave the migration out",
    path: "access/shop/migration",
    make: migrating("empty", { "README.md": "" }),
  },
  {
    title: "a file name that a shell would read",
    code: "migration",
    message: `file name "a'; rm -rf b.sql" is not made of letters, digits, '.', '_' and '-', at most 253`,
    fix: "rename it",
    path: "access/shop/migration",
    make: migrating("names", { "a'; rm -rf b.sql": "SELECT 1;" }),
  },
  {
    title: "text that Terraform would change",
    code: "migration",
    message: `file "001.sql" is not in Unicode's normal form C, into which Terraform brings every string`,
    fix: "save it as UTF-8 in normal form C; other characters can be written as SQL has them: U&'\\0301'",
    path: "access/shop/migration",
    make: migrating("decomposed", { "001.sql": "INSERT INTO t VALUES ('e\u0301')" }),
  },
  {
    title: "a schedule that Kubernetes does not take",
    code: "workload",
    message: 'schedule "60 * * * *" has the minute "60": numbers go from 0 to 59',
    fix: 'write minute, hour, day of month, month and day of week, such as "30 2 * * 1-5"',
    path: "workloads/nightly",
    make: (world, at) => {
      const identity = world.identity("web");
      const schedule = "60 * * * *";
      at(here(1));
      new InjectedCronJob(world.workloads, "nightly", { identity, containers: [CONTAINER], schedule });
    },
  },
  {
    title: "a migration with the login of another database",
    code: "migration",
    message:
      'the credential "other" of the migration is of the mount "database/other", and the migration of "database/main/shop"',
    fix: "make the credential of the database that the migration is made in",
    path: "access/shop/migration",
    make: (world, at) => {
      const identity = world.identity("migrator");
      const endpoint = { host: "other.internal" };
      const given = { mountPath: "database/other", databaseName: "other", endpoint };
      const other = DatabaseAccess.fromMount(world.config, "other", given);
      const migrations = Migrations.fromContainer(CONTAINER, { credential: Credential.uri(other) });
      at(here(1));
      new DatabaseMigration(world.db, "migration", { identity, migrations });
    },
  },
  {
    title: "a migration whose login does not act as the owner",
    code: "migration",
    message:
      'the credential "shop" of the migration names no role that the migration acts as: its tables would belong to its login, and later migrations could not alter them',
    fix: "write {{ .Place.ownerRole }} or {{ .Place.options }} where your tool sets the role, or choose a format that carries it, such as Credential.uri or Credential.serviceFile",
    path: "access/shop/migration",
    make: (world, at) => {
      const identity = world.identity("migrator");
      const migrations = Migrations.fromContainer(CONTAINER, { credential: Credential.custom(world.db, "none") });
      at(here(1));
      new DatabaseMigration(world.db, "migration", { identity, migrations });
    },
  },
  {
    title: "bytes that are not text",
    code: "migration",
    message: 'file "001.sql" is not UTF-8',
    fix: "save it as UTF-8 in normal form C; other characters can be written as SQL has them: U&'\\0301'",
    path: "access/shop/migration",
    make: migrating("latin", { "001.sql": Buffer.from("SELECT '\u00e9'", "latin1") }),
  },
  {
    title: "more than a ConfigMap holds",
    code: "migration",
    message: "the files are 900024 bytes together: a ConfigMap holds 1 MiB",
    fix: "build an image and use Migrations.fromContainer",
    path: "access/shop/migration",
    make: migrating("large", { "001_data.sql": "-".repeat(900_005) }),
  },
];

/** The folder's own name is a random one. */
const plain = (message: string): string => message.replace(/ (of )?"\/[^"]*"/, "");

test.each(REFUSED)("$code: $title is refused", (mistake) => {
  const { found, expected } = refused(mistake);
  expect(found.map((finding) => ({ ...finding, message: plain(finding.message) }))).toEqual(expected);
});

const WARNED: Mistake[] = [
  {
    title: "a grant that no workload takes",
    code: "credential-not-delivered",
    message: "eu/shop/web is granted access on database/main/shop, and no workload of this program gets the credential",
    fix: "add it to the workload's `credentials`, or name the identity by WorkloadIdentity.fromServiceAccount if the workload is elsewhere",
    path: "access/shop/eu.shop.web",
    make: (world, line) => {
      const web = world.identity("web");
      const table = world.db.schema("sales").table("wizard");
      line(here(1));
      table.grants.read(web);
    },
  },
  {
    title: "a login that reaches nothing",
    code: "grant-empty",
    message: "eu/shop/web may log in to database/main/shop and touch nothing in it",
    fix: "grant it something, or leave access() out",
    path: "access/shop/eu.shop.web",
    make: (world, line) => {
      const web = world.identity("web");
      line(here(1));
      world.db.access(web);
      world.deployment(web, [Credential.uri(world.db)]);
    },
  },
];

test.each(WARNED)("$code: $title: a warning", (mistake) => {
  const { found, expected } = warned(mistake);
  expect(found).toEqual(expected);
});

test("every finding has a test", () => {
  const folder = join(__dirname, "../..");
  const tests = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
  expect(findingCodes().length).toBeGreaterThan(25);
  expect(findingCodes().filter((code) => !tests.includes(`"${code}"`))).toEqual([]);
});
