import { waitFor } from "../../bench/machine/process";
import { ONLY_TLS_SQL } from "../../constructs/postgres/init-sql";
import { App } from "cdktf";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { generate } from "selfsigned";
import { emptyState, loadProgram, PostgresServer, startPostgres, startVault, VaultServer } from "../../bench";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  IDatabaseAccess,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
} from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, DatabasesStack, VaultConfigStack } from "../../stacks";
import { delivered, parseKeywords, parseServiceFile } from "../support/delivery";
import { ADMIN_SQL, applyAll } from "../support/external-world";
import { renderTemplate } from "../support/go-template";

jest.setTimeout(10 * 60_000);

interface Pair {
  readonly cert: string;
  readonly key: string;
}

async function authority(name: string): Promise<Pair> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, critical: true },
    ],
  });
  return { cert, key };
}

/** A server's certificate for 127.0.0.1, which the bench itself uses, and for this name. */
async function issued(by: Pair, name: string): Promise<Pair> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "postgres" }], {
    keyType: "ec",
    algorithm: "sha256",
    ca: by,
    extensions: [
      { name: "basicConstraints", cA: false },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: name },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { cert, key };
}

/** What an app reads from a file of each format: how to check the server, and against which CA. */
type Read = (text: string) => { readonly mode?: string; readonly caFile?: string };

const url = (text: string): Read extends (text: string) => infer R ? R : never => {
  const { searchParams } = new URL(text.replace(/^(jdbc:|.*?=')/, "").replace(/'$/, ""));
  return { mode: searchParams.get("sslmode") ?? undefined, caFile: searchParams.get("sslrootcert") ?? undefined };
};
const fields = ({ sslmode, sslrootcert }: Record<string, string>): ReturnType<Read> => ({
  mode: sslmode,
  caFile: sslrootcert,
});
const lines = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );

const FORMATS: readonly [string, (database: IDatabaseAccess) => Credential, Read][] = [
  ["uri", (database) => Credential.uri(database), url],
  ["json", (database) => Credential.json(database), (text) => fields(JSON.parse(text) as Record<string, string>)],
  ["keywords", (database) => Credential.keywords(database), (text) => fields(parseKeywords(text))],
  ["service file", (database) => Credential.serviceFile(database), (text) => fields(parseServiceFile(text))],
  ["JDBC URL", (database) => Credential.jdbcUrl(database), url],
  ["JDBC properties", (database) => Credential.jdbcProperties(database), (text) => fields(lines(text))],
  ["dotenv", (database) => Credential.dotenv(database), url],
  ["SQLAlchemy", (database) => Credential.sqlalchemy(database), url],
  [
    "Npgsql",
    (database) => Credential.npgsql(database),
    (text) => {
      const mode = /SSL Mode=VerifyFull/.test(text) ? "verify-full" : undefined;
      return { mode, caFile: /Root Certificate="([^"]*)"/.exec(text)?.[1] };
    },
  ],
  [
    "Prisma",
    (database) => Credential.prisma(database),
    (text) => {
      const { searchParams } = new URL(text);
      const strict = searchParams.get("sslmode") === "require" && searchParams.get("sslaccept") === "strict";
      return { mode: strict ? "verify-full" : undefined, caFile: searchParams.get("sslcert") ?? undefined };
    },
  ],
];

describe("TLS to PostgreSQL, verified from one end to the other", () => {
  let folder: string;
  let vault: VaultServer;
  let postgres: PostgresServer;
  let [old, next, stranger]: Pair[] = [];
  let files = 0;
  const state = emptyState();

  const caFile = (pem: string): string => {
    const path = join(folder, `ca-${(files += 1)}.pem`);
    writeFileSync(path, pem);
    return path;
  };

  /** Applies the program whose server has this CA: Terraform's connections and Vault's check the server by it. */
  async function apply(ca: string, passwordVersion = 1): Promise<void> {
    const outdir = join(folder, `out-${(files += 1)}`);
    const app = new App({ outdir });
    const environment = sandbox;
    const config = new VaultConfigStack(app, "config", { environment });
    const cluster = new KubernetesAuth(config, "eu", {
      kubernetesHost: "https://k",
      clientReviewsItself: true,
      audience: "https://k",
    });
    const instance = PostgresInstance.fromEndpoint(config, "main", {
      endpoint: { host: "localhost", port: postgres.port },
      admin: AdminCredential.fromKv("postgres/main/admin"),
      majorVersion: 18,
      ca,
      caFile: caFile(ca),
    });
    const databases = new DatabasesStack(app, "databases", { environment, instance, after: [config] });
    const database = new PostgresDatabase(databases, "shop", { instance });
    const access = new DatabaseAccess(new AccessStack(app, "access", { environment, database }), "shop", {
      database,
      passwordVersion,
    });
    access.access(new WorkloadIdentity(config, "web", { cluster, namespace: "shop" }));
    app.synth();
    await applyAll(await loadProgram(outdir), { vault, state, postgres: (endpoint) => endpoint });
  }

  async function login(): Promise<{ username: string; password: string }> {
    const { data } = await vault.request("GET", "database/main/shop/creds/eu.shop.web");
    return data as { username: string; password: string };
  }

  /** Logs in as an app that checks the server by this CA, under this name. @returns "ok", or why not */
  async function connects(ca: string, host = "localhost"): Promise<string> {
    const { username, password } = await login();
    const at = { host, port: postgres.port, database: "shop", user: username, password };
    const client = new Client({ ...at, ssl: { ca, ...(host === "localhost" && { servername: host }) } });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query<{ ssl: boolean }>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
      return rows[0].ssl ? "ok" : "without TLS";
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Gives the server another certificate, as an operator does: it reads its files again and keeps its sessions. */
  async function present({ cert, key }: Pair): Promise<void> {
    for (const [name, pem] of [
      ["next.crt", cert],
      ["next.key", key],
    ]) {
      const text = `SELECT unnest(string_to_array('${pem.trim().replace(/\r/g, "")}', E'\\n'))`;
      await postgres.asSuperuser("postgres", `COPY (${text}) TO PROGRAM 'umask 077; cat > ${name}'`);
    }
    for (const [name, value] of [
      ["ssl_cert_file", "next.crt"],
      ["ssl_key_file", "next.key"],
    ])
      await postgres.asSuperuser("postgres", `ALTER SYSTEM SET ${name} = '${value}'`);
    await postgres.asSuperuser("postgres", "SELECT pg_reload_conf()");
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "leasehold-tls-"));
    [old, next, stranger] = await Promise.all(["old", "next", "stranger"].map(authority));
    const { cert, key } = await issued(old, "localhost");
    const trusted = [old, next, stranger].map((pair) => pair.cert).join("\n");
    [vault, postgres] = await Promise.all([
      startVault(),
      startPostgres({ major: 18, tls: { certificate: cert, key, ca: trusted } }),
    ]);
    await postgres.asSuperuser("postgres", ADMIN_SQL);
    await apply(old.cert);
  });
  afterAll(async () => {
    await Promise.all([vault?.stop(), postgres?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  test("Terraform's connections and Vault's were encrypted, and Vault checks by the CA of the program", async () => {
    await login();
    const { rows } = await postgres.asSuperuser(
      "postgres",
      "SELECT bool_and(ssl) AS all, count(*)::int AS n FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'vault'",
    );
    expect(rows).toEqual([{ all: true, n: expect.any(Number) as number }]);
    expect((rows as { n: number }[])[0].n).toBeGreaterThan(0);
  });

  test.each(FORMATS)("an app that reads %s is told to verify, and by which file", async (_, format, read) => {
    const pod = caFile(old.cert);
    const { username, password } = await login();
    const place = { endpoint: { host: "localhost", port: postgres.port }, caFile: pod } as const;
    const text = renderTemplate(delivered(place, format).secret.template, { username, password });
    const told = read(text);
    expect(told).toEqual({ mode: "verify-full", caFile: pod });
    expect(await connects(readFileSync(told.caFile as string, "utf8"))).toBe("ok");
  });

  test("an app refuses a server whose CA it does not know, and one of another name", async () => {
    expect(await connects(stranger.cert)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    await present(await issued(old, "elsewhere.internal"));
    expect(await connects(old.cert)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    await present(await issued(old, "localhost"));
    expect(await connects(old.cert)).toBe("ok");
  });

  test("Terraform refuses a server whose CA it does not know, before it says its password", async () => {
    await expect(apply(stranger.cert, 2)).rejects.toThrow(/unable to verify|self-signed|UNABLE_TO_VERIFY/);
  });

  test("Vault refuses a server whose CA it does not know, and one of another name", async () => {
    const config = "database/main/shop/config/postgresql";
    const { data } = await vault.request("GET", config);
    const { connection_details: details } = data as {
      connection_details: { connection_url: string; username: string };
    };
    const write = (body: object): Promise<unknown> =>
      vault.request("PUT", "database/main/shop/config/probe", {
        plugin_name: "postgresql-database-plugin",
        connection_url: details.connection_url,
        username: "postgres",
        password: postgres.superuser.password,
        ...body,
      });
    await write({ tls_ca: old.cert });
    await expect(write({ tls_ca: stranger.cert })).rejects.toThrow(/x509: certificate signed by unknown authority/);
    await present(await issued(old, "elsewhere.internal"));
    await expect(write({ tls_ca: old.cert })).rejects.toThrow(
      /x509: certificate is valid for elsewhere.internal, not localhost/,
    );
    await present(await issued(old, "localhost"));
  });

  test("a CA is rotated without a gap: both are trusted, then the server changes, then the old one goes", async () => {
    const both = `${old.cert.trim()}\n${next.cert.trim()}\n`;
    await apply(both, 2);
    expect(await connects(both)).toBe("ok");
    await present(await issued(next, "localhost"));
    // Vault's open connections would hide it: from here on it makes new ones.
    await vault.request("PUT", "database/main/shop/reset/postgresql", {});
    expect(await connects(both)).toBe("ok");
    await apply(next.cert, 2);
    expect(await connects(next.cert)).toBe("ok");
    expect(await connects(old.cert)).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });

  test("a server that Leasehold makes takes nobody over the network without TLS", async () => {
    const loaded = async (): Promise<number> => {
      const { rows } = await postgres.asSuperuser(
        "postgres",
        "SELECT extract(epoch FROM pg_conf_load_time())::float AS t",
      );
      return (rows[0] as { t: number }).t;
    };
    // A connection that is opened later is of a server that has read its files again.
    const reload = async (): Promise<void> => {
      const before = await loaded();
      await postgres.asSuperuser("postgres", "SELECT pg_reload_conf()");
      await waitFor(async () => (await loaded()) > before || undefined, {
        what: "the server has read its files again",
        timeoutMs: 60_000,
      });
    };
    const plain = async (): Promise<string> => {
      const { username: user, password } = await login();
      const client = new Client({ host: "localhost", port: postgres.port, database: "shop", user, password });
      client.on("error", () => undefined);
      return client.connect().then(
        async () => {
          await client.end();
          return "ok";
        },
        (error: Error) => error.message,
      );
    };
    // As the image leaves it, before it runs what the pod brings.
    await postgres.asSuperuser("postgres", ONLY_TLS_SQL.replace("hostssl all all all", "host all all all"));
    await reload();
    expect(await plain()).toBe("ok");
    await postgres.asSuperuser("postgres", ONLY_TLS_SQL);
    await reload();
    expect(await plain()).toMatch(/no pg_hba.conf entry for host .*no encryption/);
    expect(await connects(next.cert)).toBe("ok");
  });
});
