import type { Client } from "pg";
import { run } from "../../../cli/run";
import { logIn, Pod } from "../../../bench";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { World } from "../doctor/world";

jest.setTimeout(15 * 60_000);

describe("a workload whose logins are revoked now", () => {
  let world: World;
  let token: string;

  async function revoke(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
    let [out, err] = ["", ""];
    const io = {
      out: (text: string) => void (out += text),
      err: (text: string) => void (err += text),
      readFile: (path: string) => readFileSync(path, "utf8"),
      writeFile: () => undefined,
      colour: false,
    };
    const code = await run(["revoke", "--report", join(world.folder, "access.json"), ...argv], io);
    return { code, out, err };
  }
  const works = (client: Client): Promise<boolean> =>
    client.query("SELECT 1").then(
      () => true,
      () => false,
    );
  const sessionOf = async (pod: Pod, file = "shop"): Promise<Client> => {
    const { client } = await logIn(world.bench, pod, { file });
    client.on("error", () => undefined);
    return client;
  };
  const logins = async (role: string): Promise<number> =>
    (await world.sql<object>(`SELECT FROM pg_roles WHERE rolname LIKE 'v-${role}-%'`)).length;

  beforeAll(async () => {
    world = await World.start();
    // The least that the command says it needs.
    const { code, out } = await revoke("shop/web", "--needs");
    expect(code).toBe(0);
    await world.bench.vault.request("PUT", "sys/policies/acl/revoker", { policy: out });
    const { auth } = await world.bench.vault.request("POST", "auth/token/create", {
      policies: ["revoker"],
      no_default_policy: true,
    });
    token = auth?.client_token as string;
    process.env.VAULT_TOKEN = token;
  });
  afterAll(() => world?.stop());

  test("loses its sessions, its logins and its tokens; another workload keeps all of its own", async () => {
    const [web, api] = [await world.bench.play("shop", "web"), await world.bench.play("shop", "api")];
    const [mine, other] = [await sessionOf(web), await sessionOf(api)];
    const webToken = web.agentToken() as string;
    const apiToken = api.agentToken() as string;
    const { code, out, err } = await revoke("eu/shop/web", "--lock-out");
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^eu\/shop\/web: [1-9]\d* tokens? and [1-9]\d* logins? revoked\. Nobody logs in/),
    ]);
    expect(err).toContain("takes the auth role auth/kubernetes-eu/role/shop.web away");
    expect(out + err).not.toContain(token);
    expect(await works(mine)).toBe(false);
    expect(await works(other)).toBe(true);
    expect(await logins("eu.shop.web")).toBe(0);
    expect(await logins("eu.shop.api")).toBeGreaterThan(0);
    const self = (who: string): Promise<unknown> =>
      world.bench.vault.request("GET", "auth/token/lookup-self", undefined, who);
    await expect(self(webToken)).rejects.toMatchObject({ status: 403 });
    await self(apiToken);
    await other.end();
  });

  test("cannot log in again until the program is applied", async () => {
    const jwt = await world.bench.kubernetes.tokenFor("shop", "web", { audiences: ["vault"] });
    const login = world.bench.vault.request("POST", "auth/kubernetes-eu/login", { role: "shop.web", jwt }, null);
    await expect(login).rejects.toMatchObject({ status: 400 });
  });

  test("that holds nothing is not a failure, and who may not revoke is told what it takes", async () => {
    expect((await revoke("shop/web", "--lock-out", "--json")).out).toContain('"tokens": 0');
    const before = await logins("eu.shop.api");
    const { code, err, out } = await revoke("shop/api");
    expect([code, out, await logins("eu.shop.api")]).toEqual([1, "", before]);
    expect(before).toBeGreaterThan(0);
    expect(err).toContain("`leasehold revoke --needs` prints the policy that suffices");
  });

  test("a database that does not answer leaves the login, and that is said", async () => {
    const { out } = await revoke("shop/api", "--needs");
    await world.bench.vault.request("PUT", "sys/policies/acl/revoker", { policy: out });
    const server = world.bench.postgres("main.data.svc:5432");
    await server.asSuperuser("postgres", "ALTER DATABASE shop ALLOW_CONNECTIONS false");
    const ended = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vault'`;
    await server.asSuperuser("postgres", ended);
    try {
      const { code, err } = await revoke("shop/api");
      expect(code).toBe(1);
      expect(err).toContain("sys/leases/revoke-prefix/database/main/shop/creds/eu.shop.api");
    } finally {
      await server.asSuperuser("postgres", "ALTER DATABASE shop ALLOW_CONNECTIONS true");
    }
    // What docs/operations/revoke.md has the admin do: no Vault is needed for it.
    await world.sql(
      `SET SESSION AUTHORIZATION leasehold_admin; SELECT lease.revoke(name) FROM lease.live() WHERE "group" = 'eu_shop_api_shop'`,
    );
    expect(await logins("eu.shop.api")).toBe(0);
  });

  test.each([
    ["shop/nobody", "no workload"],
    ["shop/*", "name one of them"],
  ])("%s is refused: it is not one workload", async (name, message) => {
    const { code, err } = await revoke(name);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });
});
