import { App } from "cdktf";
import { Construct } from "constructs";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  InjectedDeployment,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, DatabasesStack, PlatformStack, VaultConfigStack, WorkloadsStack } from "../../stacks";
import { Rehearsed, rehearse } from "../../bench";
import { CONTAINER } from "../support/world";
import { diffOf, said, Sides } from "./sides";

jest.setTimeout(20 * 60_000);

const ENDPOINT = "db.example.com:5432";

interface Over {
  readonly audience?: string;
  readonly owner?: string;
  readonly groupRoleName?: string;
}

const program =
  ({ audience, owner = "shop_owner", groupRoleName }: Over) =>
  (app: App): void => {
    const environment = sandbox;
    const platform = new PlatformStack(app, "platform", { environment, namespaces: ["shop"] });
    const config = new VaultConfigStack(app, "config", { environment, after: [platform] });
    const cluster = new KubernetesAuth(config, "eu", { audience });
    const web = new WorkloadIdentity(config, "web", { cluster, namespace: "shop" });
    const servers = new Construct(app, "servers");
    const instance = PostgresInstance.fromEndpoint(servers, "main", {
      endpoint: { host: "db.example.com" },
      admin: AdminCredential.fromKv("main/admin", { username: "dba" }),
      majorVersion: 18,
      sslMode: "disable",
    });
    const databases = new DatabasesStack(app, "databases", { environment, instance, after: [config] });
    for (const name of ["shop", "payroll"]) new PostgresDatabase(databases, name, { instance });
    // As by a program that is not the database's own.
    const database = PostgresDatabase.fromDatabaseName(databases, "of shop", { instance, databaseName: "shop", owner });
    const db = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", { database });
    db.access(web, { groupRoleName });
    db.schema("public").allTables().grants.read(web);
    new InjectedDeployment(new WorkloadsStack(app, "workloads", { environment }), "web", {
      identity: web,
      containers: [CONTAINER],
      vault: platform.vault,
      credentials: [Credential.uri(db)],
    });
  };

const change = (head: Over): string[] => {
  const sides: Sides = { base: program({}), head: program(head), config: { skipValidation: false } };
  return said(diffOf(sides)).filter((line) => !line.startsWith("unclassified"));
};

describe("on real servers, what the names do not say decides who may what", () => {
  let rehearsed: Rehearsed;
  const asOwner = (sql: string): Promise<unknown> => rehearsed.bench.postgres(ENDPOINT).asSuperuser("shop", sql);
  const logIn = async (audience: string): Promise<unknown> => {
    const jwt = await rehearsed.bench.kubernetes.tokenFor("shop", "web", { audiences: [audience] });
    return rehearsed.bench.vault.request("POST", "auth/kubernetes-eu/login", { role: "shop.web", jwt }, null);
  };

  beforeAll(async () => {
    rehearsed = await rehearse(program({}), {
      postgres: [{ endpoints: [ENDPOINT], admin: { username: "dba", mount: "leasehold", path: "main/admin" } }],
    });
    await asOwner("GRANT USAGE, CREATE ON SCHEMA public TO payroll_owner");
  });
  afterAll(() => rehearsed.close());

  test("tables of another owner, made after the change, are read: broadened", async () => {
    const made = (table: string): Promise<unknown> =>
      asOwner(`SET ROLE payroll_owner; CREATE TABLE public.${table} (amount int); RESET ROLE`);
    await made("before");
    const web = await rehearsed.actAs("shop/web");
    await web.expectRefused("SELECT * FROM public.before");
    await rehearsed.apply(program({ owner: "payroll_owner" }));
    await made("after");
    await web.expectAllowed("SELECT * FROM public.after");
    expect(change({ owner: "payroll_owner" })).toContain(
      'broadened eu/shop/web SELECT {"kind":"table","schema":"public"}',
    );
  });

  test("a token that was made for somebody else is let in: broadened", async () => {
    await expect(logIn("ci")).rejects.toThrow("403");
    await rehearsed.apply(program({ audience: "ci" }));
    await logIn("ci");
    expect(change({ audience: "ci" })).toContain('broadened eu/shop/web LOGIN {"kind":"vault"}');
  });

  test("a group role cannot become one that exists, and gains nothing by the try: rewired is the word for it", async () => {
    await asOwner("CREATE ROLE payroll_readers");
    await expect(rehearsed.apply(program({ groupRoleName: "payroll_readers" }))).rejects.toThrow("already exists");
    const { rows } = await rehearsed.bench
      .postgres(ENDPOINT)
      .asSuperuser("shop", "SELECT member::regrole FROM pg_auth_members WHERE roleid = 'payroll_readers'::regrole");
    expect(rows).toEqual([]);
    expect(change({ groupRoleName: "payroll_readers" })).toEqual(["rewired eu/shop/web (all)"]);
  });
});
