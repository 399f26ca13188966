import { createServer, Server } from "http";
import { AddressInfo } from "net";
import fc from "fast-check";
import { Rehearsal } from "../../../bench/rehearse/engine";
import { RESOURCES } from "../../../bench/rehearse/handlers";
import { randomPassword } from "../../../bench/rehearse/handlers/random";
import { Context } from "../../../bench/rehearse/model/handler";
import { readArguments } from "../../../bench/rehearse/model/arguments";
import { parseStack, programOf } from "../../../bench/rehearse/program";
import { JsonObject, Secrets, Where } from "../../../bench/rehearse/model/values";

/** Answers everything and notes what was sent: for what goes over the wire, not for what Vault makes of it. */
let server: Server;
let sent: { path: string; body: JsonObject }[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      if (request.method === "PUT")
        sent.push({ path: request.url ?? "", body: JSON.parse(text || "{}") as JsonObject });
      response.end(JSON.stringify({ data: { accessor: "acc", data: {} } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => (sent = []));

const rehearsal = (vaultPod?: { caPem: string; reviewerJwt: string }) =>
  new Rehearsal(
    {
      vault: { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "root-token" },
      kubernetes: { request: () => Promise.reject(new Error("none")) },
      postgres: (endpoint) => endpoint,
    },
    { onHelmRelease: () => Promise.resolve() },
    // What is read back is tried on a real Vault, against recordings of the provider.
    { refresh: false, ...(vaultPod ? { vaultPod } : {}) },
  );
const program = (resource: JsonObject) => programOf([parseStack("s", { resource })]);
const to = (path: string) => sent.filter((request) => request.path === `/v1/${path}`).map(({ body }) => body);
const mountWith = (connection: JsonObject) =>
  program({
    vault_database_secrets_mount: {
      m: { path: "db", postgresql: [{ name: "shop", username: "vault", ...connection }] },
    },
  });

describe("the database mount", () => {
  test("sends a write-only password with its version, and never without", async () => {
    const bench = rehearsal();
    await bench.apply(mountWith({ password_wo: "first-pw" }));
    expect(to("db/config/shop")[0]).not.toHaveProperty("password");
    await bench.apply(mountWith({ password_wo: "first-pw", password_wo_version: 1 }));
    expect(to("db/config/shop")[1]).toHaveProperty("password", "first-pw");
    await bench.apply(mountWith({ password_wo: "other-pw", password_wo_version: 1, allowed_roles: ["b", "a"] }));
    expect(to("db/config/shop")[2]).not.toHaveProperty("password");
    expect(to("db/config/shop")[2]).toMatchObject({ allowed_roles: "b,a", verify_connection: true });
    await bench.apply(mountWith({ password_wo: "other-pw", password_wo_version: 2, allowed_roles: ["b", "a"] }));
    expect(to("db/config/shop")[3]).toHaveProperty("password", "other-pw");
    expect(JSON.stringify(bench.state)).not.toMatch(/first-pw|other-pw/);
  });

  test("never sends rotation statements: the provider looks for them beside the block", async () => {
    await rehearsal().apply(mountWith({ root_rotation_statements: ["ALTER ROLE x"] }));
    expect(to("db/config/shop")).toHaveLength(1);
    expect(JSON.stringify(sent)).not.toContain("ALTER ROLE x");
  });

  test("keeps no password, and so cannot ignore a change of one", async () => {
    const bench = rehearsal();
    const mount = program({
      vault_database_secrets_mount: {
        m: {
          path: "db",
          postgresql: [{ name: "shop", password: "first-pw" }],
          lifecycle: { ignore_changes: ["postgresql[0].password"] },
        },
      },
    });
    await bench.apply(mount);
    await expect(bench.apply(mount)).rejects.toThrow("postgresql[0].password is sensitive");
  });

  test("is replaced when a connection is renamed or goes, and not when one comes", () => {
    const handler = RESOURCES.vault_database_secrets_mount;
    const named = (...names: string[]) => ({ path: "db", postgresql: names.map((name) => ({ name })) });
    expect(handler?.replacedBy(named("a"), named("b"))).toEqual(["postgresql[0].name"]);
    expect(handler?.replacedBy(named("a", "b"), named("a"), { engine_count: 2 })).toEqual(["engine_count"]);
    expect(handler?.replacedBy(named("a"), named("a", "b"), { engine_count: 1 })).toEqual([]);
  });

  test("refuses what the pinned provider silently leaves out", () => {
    const where = new Where("s", "m");
    const read = (connection: JsonObject) => () =>
      RESOURCES.vault_database_secrets_mount?.read({ path: "db", postgresql: [{ name: "a", ...connection }] }, where);
    expect(read({ rotation_period: 60 })).toThrow(/Enterprise/);
  });
});

describe("the KV entry", () => {
  const entry = (more: JsonObject) =>
    program({
      vault_kv_secret_v2: { k: { mount: "kv", name: "dba", data_json_wo: '{"password":"a-secret"}', ...more } },
    });

  test("is written on create and when its version changes", async () => {
    const bench = rehearsal();
    await bench.apply(entry({ data_json_wo_version: 1 }));
    await bench.apply(entry({ data_json_wo_version: 1, data_json_wo: '{"password":"b-secret"}' }));
    expect(to("kv/data/dba")).toHaveLength(1);
    await bench.apply(entry({ data_json_wo_version: 2, data_json_wo: '{"password":"b-secret"}' }));
    expect(to("kv/data/dba")[1]).toMatchObject({ data: { password: "b-secret" } });
    expect(JSON.stringify(bench.state)).not.toMatch(/a-secret|b-secret/);
  });

  test("fails as the provider does when something else changes and the version does not", async () => {
    const bench = rehearsal();
    await bench.apply(entry({ data_json_wo_version: 1 }));
    await expect(
      bench.apply(entry({ data_json_wo_version: 1, custom_metadata: [{ max_versions: 2 }] })),
    ).rejects.toThrow(/data_json_wo_version: another argument changed/);
  });

  test("does not tell its data when it is not JSON", async () => {
    const failure = await rehearsal()
      .apply(entry({ data_json_wo: "not-json-secret" }))
      .catch((error: Error) => error);
    expect(String(failure)).toMatch(/vault_kv_secret_v2\.k, data_json_wo: not a JSON object/);
    expect(String(failure)).not.toContain("not-json-secret");
  });
});

describe("Kubernetes auth", () => {
  const config = (more: JsonObject) =>
    program({ vault_kubernetes_auth_backend_config: { k: { kubernetes_host: "https://k", ...more } } });

  test("gets the pod's CA and token from the bench only where the program leaves them out", async () => {
    const pod = { caPem: "the-ca", reviewerJwt: "the-jwt" };
    await rehearsal(pod).apply(config({}));
    await rehearsal(pod).apply(config({ disable_local_ca_jwt: true, kubernetes_ca_cert: "mine" }));
    await rehearsal().apply(config({}));
    const [played, own, none] = to("auth/kubernetes/config");
    expect(played).toMatchObject({ kubernetes_ca_cert: "the-ca", token_reviewer_jwt: "the-jwt" });
    expect(own).toMatchObject({ kubernetes_ca_cert: "mine", disable_local_ca_jwt: true });
    expect(own).not.toHaveProperty("token_reviewer_jwt");
    expect(none).not.toHaveProperty("kubernetes_ca_cert");
  });
});

describe("JWT auth", () => {
  const backend = (more: JsonObject) => program({ vault_jwt_auth_backend: { j: { path: "jwt-ap", ...more } } });
  const keys = { jwks_url: "https://ap.example.com/keys", jwks_ca_pem: "the-ca" };

  test("is mounted and configured as one resource, whole each time: Vault forgets what is not sent", async () => {
    const bench = rehearsal();
    await bench.apply(backend({ bound_issuer: "https://ap", ...keys }));
    expect(to("sys/auth/jwt-ap")).toEqual([{ type: "jwt", description: "", local: false }]);
    expect(to("auth/jwt-ap/config")[0]).toEqual({ bound_issuer: "https://ap", ...keys, namespace_in_state: true });
  });

  test("a role sends its bounds always, and of its token what is there", async () => {
    const bench = rehearsal();
    const role = { backend: "jwt-ap", role_name: "shop.web", user_claim: "sub" };
    await bench.apply(
      program({
        vault_jwt_auth_backend_role: { r: { ...role, bound_audiences: ["vault"], bound_claims: { a: "b, c" } } },
      }),
    );
    expect(to("auth/jwt-ap/role/shop.web")).toEqual([
      {
        user_claim: "sub",
        user_claim_json_pointer: false,
        bound_audiences: ["vault"],
        bound_claims: { a: ["b", "c"] },
        clock_skew_leeway: 0,
        expiration_leeway: 0,
        not_before_leeway: 0,
        token_type: "default",
        verbose_oidc_logging: false,
      },
    ]);
  });

  test.each([{}, { ...keys, jwt_validation_pubkeys: ["key"] }])(
    "is refused without exactly one kind of keys",
    async (more) => {
      await expect(rehearsal().apply(backend({ bound_issuer: "https://ap", ...more }))).rejects.toThrow(
        /exactly one of/,
      );
    },
  );
});

describe("random passwords", () => {
  test("have the asked length, minima and characters", async () => {
    const where = new Where("s", "ephemeral.random_password.p");
    const open = (raw: JsonObject) =>
      randomPassword.open(readArguments(raw, randomPassword.table, where), {
        where,
        secrets: new Secrets(),
      } as Context);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 6, max: 60 }), async (length) => {
        const { result } = await open({ length, override_special: "-_", min_special: 2, min_numeric: 3 });
        const password = String(result);
        expect(password).toMatch(new RegExp(`^[A-Za-z0-9_-]{${length}}$`));
        expect(password.replace(/[^-_]/g, "").length).toBeGreaterThanOrEqual(2);
        expect(password.replace(/\D/g, "").length).toBeGreaterThanOrEqual(3);
      }),
    );
    await expect(async () => open({ length: 2, min_numeric: 3 })).rejects.toThrow(/sum of the minima/);
  });
});
