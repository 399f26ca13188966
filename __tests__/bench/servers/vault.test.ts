import { existsSync } from "node:fs";
import { Scope } from "../../../bench/machine/lifecycle";
import { startVault, VaultError, type VaultServer } from "../../../bench/servers/vault";

// A first run builds Vault.
const BUILD = 45 * 60_000;
const log = (line: string): void => void process.stderr.write(`${line}\n`);

describe("startVault", () => {
  let vault: VaultServer;
  beforeAll(async () => {
    vault = await startVault({ onProgress: log });
  }, BUILD);
  afterAll(() => vault?.stop());

  test("gives a real Vault: initialised, unsealed, not in development mode", async () => {
    const status = await vault.request("GET", "sys/seal-status", undefined, null);
    expect(status).toMatchObject({ initialized: true, sealed: false, storage_type: "inmem", type: "shamir" });
    expect(status.version).toMatch(/^1\.\d+\.\d+/);
    // Development mode would have mounted one at secret/.
    const { data } = await vault.request("GET", "sys/mounts");
    expect(Object.keys(data ?? {})).not.toContain("secret/");
  });

  test("has the Kubernetes auth method and the PostgreSQL plugin built in", async () => {
    const { data } = await vault.request("GET", "sys/plugins/catalog");
    expect(data?.auth).toContain("kubernetes");
    expect(data?.database).toContain("postgresql-database-plugin");
  });

  test("request carries a body, answers {} where Vault sends nothing, and lists", async () => {
    await expect(vault.request("POST", "sys/mounts/kv", { type: "kv" })).resolves.toEqual({});
    await vault.request("POST", "v1/kv/a", { word: "sesame" });
    expect((await vault.request("GET", "kv/a")).data).toEqual({ word: "sesame" });
    expect((await vault.request("LIST", "kv")).data).toEqual({ keys: ["a"] });
  });

  test("a refused request throws the status and Vault's own words", async () => {
    const refused = vault.request("GET", "kv/a", undefined, null);
    await expect(refused).rejects.toBeInstanceOf(VaultError);
    await expect(refused).rejects.toMatchObject({
      status: 403,
      errors: [expect.stringContaining("permission denied")],
    });
  });

  test("sealed, it serves nothing; unsealed, it has its data again", async () => {
    await vault.request("POST", "sys/mounts/kept", { type: "kv" });
    await vault.seal();
    await expect(vault.request("GET", "sys/mounts")).rejects.toMatchObject({ status: 503 });
    await vault.unseal();
    expect(Object.keys((await vault.request("GET", "sys/mounts")).data ?? {})).toContain("kept/");
  });

  test('refuses to restart with storage "inmem"', async () => {
    await expect(vault.restart()).rejects.toThrow(/loses all/);
  });
});

describe("startVault with storage raft", () => {
  test("keeps its data through a crash", async () => {
    const scope = new Scope("test");
    try {
      const vault = await startVault({ storage: "raft" });
      scope.defer("stop", () => vault.stop());
      await vault.request("POST", "sys/mounts/kv", { type: "kv" });
      await vault.request("POST", "kv/a", { word: "sesame" });
      await vault.kill();
      await expect(vault.request("GET", "kv/a")).rejects.toThrow();
      await vault.restart();
      expect((await vault.request("GET", "kv/a")).data).toEqual({ word: "sesame" });
      await scope.close();
      expect(existsSync(vault.dir)).toBe(false);
    } finally {
      await scope.close();
    }
  }, 120_000);
});
