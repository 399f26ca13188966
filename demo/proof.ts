import { Bench, Claim, endPod, logIn, Pod, tryDatabase, tryStatement } from "../bench";

/** A row of the proof table. */
export interface ProofRow {
  readonly ok: boolean;
  readonly pod: string;
  readonly about: string;
  readonly detail: string;
  readonly expected: string;
  readonly got: string;
}

/** Plays the life of each claimed workload's pods, tries what must work and what must not, and ends one of them. */
export async function proveClaims(
  bench: Bench,
  claims: readonly Claim[],
  otherDatabases: readonly string[],
  say: (line: string) => void,
): Promise<ProofRow[]> {
  const rows: ProofRow[] = [];
  const workloads = [...new Set(claims.map(({ namespace, deployment }) => `${namespace}/${deployment}`))];
  for (const workload of workloads) {
    const [namespace, deployment] = workload.split("/");
    const pod = await bench.play(namespace, deployment);
    const twin = await bench.play(namespace, deployment);
    say(`${workload}: two pods play their lives`);
    for (const claim of claims.filter((c) => c.namespace === namespace && c.deployment === deployment)) {
      rows.push(...(await statements(bench, pod, claim, otherDatabases)));
      rows.push(await distinct(bench, pod, twin, claim));
    }
    const first = claims.find((c) => c.namespace === namespace && c.deployment === deployment) as Claim;
    rows.push(...(await vaultPaths(bench, pod, workload, workloads)));
    rows.push(...(await endings(bench, pod, twin, first)));
  }
  return rows;
}

async function statements(
  bench: Bench,
  pod: Pod,
  claim: Claim,
  otherDatabases: readonly string[],
): Promise<ProofRow[]> {
  const rows: ProofRow[] = [];
  const name = `${claim.namespace}/${claim.deployment}`;
  const { client, credential } = await logIn(bench, pod, claim);
  for (const statement of claim.statements) {
    const { ok, got } = await tryStatement(client, statement);
    rows.push({
      ok,
      pod: name,
      about: statement.about,
      detail: short(statement.sql),
      expected: statement.allowed ? "works" : "refused",
      got: short(got),
    });
  }
  await client.end();
  for (const database of otherDatabases) {
    const { ok, got } = await tryDatabase(bench, credential, database, claim.host);
    rows.push({
      ok,
      pod: name,
      about: "another database",
      detail: `connect to ${database}`,
      expected: "refused",
      got: short(got),
    });
  }
  return rows;
}

/** What the pod's own Vault token opens: no credential of another identity, no bootstrap password, no configuration. */
async function vaultPaths(bench: Bench, pod: Pod, workload: string, workloads: readonly string[]): Promise<ProofRow[]> {
  const token = pod.agentToken();
  const others = workloads
    .filter((other) => other !== workload)
    .map((other) => `database/main/shop/creds/eu.${other.replace("/", ".")}`);
  const closed = [
    ...others,
    "leasehold/data/postgres/main/admin",
    "leasehold/data/postgres/main/shop/vault",
    "database/main/shop/config/postgresql",
  ];
  return Promise.all(
    closed.map(async (path) =>
      row(workload, "another path of Vault", `read ${path}`, false, await readable(bench, path, token)),
    ),
  );
}

/** What a token of the operator policy opens: configuration and roles, and no credential. */
export async function proveOperator(bench: Bench): Promise<ProofRow[]> {
  const created = await bench.vault.request("POST", "auth/token/create", {
    policies: ["operator-database.main.shop"],
    ttl: "60s",
  });
  const token = created.auth?.client_token;
  const try_ = async (about: string, path: string, allowed: boolean): Promise<ProofRow> =>
    row("an operator", about, `read ${path}`, allowed, await readable(bench, path, token));
  const change = async (about: string, path: string, body: object, allowed: boolean): Promise<ProofRow> =>
    row("an operator", about, `write ${path}`, allowed, await answered(bench, "POST", path, token, body));
  return [
    await change("how long logins live", "database/main/shop/roles/eu.shop.web", { default_ttl: 3600 }, true),
    await change(
      "what a role runs",
      "database/main/shop/roles/eu.shop.web",
      { creation_statements: ["SELECT 1"] },
      false,
    ),
    await change(
      "where the connection goes",
      "database/main/shop/config/postgresql",
      { connection_url: "postgresql://h/d" },
      false,
    ),
    await try_("the connection", "database/main/shop/config/postgresql", true),
    await try_("a database role", "database/main/shop/roles/eu.shop.web", true),
    await try_("a credential", "database/main/shop/creds/eu.shop.web", false),
    await try_("another database's connection", "database/ledger/billing/config/postgresql", false),
    await try_("a bootstrap password", "leasehold/data/postgres/main/admin", false),
  ];
}

async function readable(bench: Bench, path: string, token: string | undefined): Promise<Answer> {
  return answered(bench, "GET", path, token);
}

interface Answer {
  readonly allowed: boolean;
  readonly got: string;
}

async function answered(bench: Bench, method: string, path: string, token?: string, body?: object): Promise<Answer> {
  if (token === undefined) return { allowed: false, got: "no token to try with" };
  return bench.vault.request(method, path, body, token).then(
    () => ({ allowed: true, got: "done" }),
    (error: Error & { status?: number }) => ({
      allowed: false,
      got: error.status === 403 ? "403 permission denied" : `broken: ${error.message}`,
    }),
  );
}

function row(
  pod: string,
  about: string,
  detail: string,
  allowed: boolean,
  outcome: { allowed: boolean; got: string },
): ProofRow {
  const refused = outcome.got.startsWith("403");
  return {
    ok: allowed ? outcome.allowed : refused,
    pod,
    about,
    detail: short(detail),
    expected: allowed ? "works" : "refused",
    got: short(outcome.got),
  };
}

async function distinct(bench: Bench, pod: Pod, twin: Pod, claim: Claim): Promise<ProofRow> {
  const [a, b] = await Promise.all(
    [pod, twin].map(async (p) => {
      const { client, credential } = await logIn(bench, p, claim);
      await client.end();
      return credential.user;
    }),
  );
  return {
    ok: a !== b,
    pod: `${claim.namespace}/${claim.deployment}`,
    about: "a login of its own",
    detail: `file ${claim.file} of two pods`,
    expected: "two logins",
    got: a === b ? "one login" : "two logins",
  };
}

async function endings(bench: Bench, pod: Pod, twin: Pod, claim: Claim): Promise<ProofRow[]> {
  const name = `${claim.namespace}/${claim.deployment}`;
  const { client, credential } = await logIn(bench, pod, claim);
  const other = await logIn(bench, twin, claim);
  const endpoint = `${credential.host ?? claim.host}:${credential.port ?? 5432}`;
  const times = await endPod(bench, pod, endpoint, credential.user, client);
  const survives = await other.client.query("SELECT 1").then(
    () => true,
    () => false,
  );
  await client.end().catch(() => undefined);
  await other.client.end();
  const again = await logIn(bench, twin, claim).then(
    async (l) => (await l.client.end(), true),
    () => false,
  );
  const atEnd = (about: string, ok: boolean, expected: string, got: string): ProofRow => ({
    ok,
    pod: name,
    about,
    detail: "the pod ends",
    expected,
    got,
  });
  return [
    atEnd("its token is revoked", times.revoked, "gone", `gone after ${times.tokenGone} ms`),
    atEnd("its open session ends", true, "gone", `gone after ${times.sessionGone} ms`),
    atEnd("its login is dropped", true, "gone", `gone after ${times.roleGone} ms`),
    atEnd("its twin lives on", survives && again, "works", survives && again ? "works" : "broken"),
  ];
}

function short(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 64 ? `${line.slice(0, 63)}…` : line;
}
