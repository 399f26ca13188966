import * as fc from "fast-check";
import { loadModule } from "libpg-query";
import { KubernetesServer, startKubernetes } from "../../bench/servers/kubernetes";
import { PostgresServer, startPostgres } from "../../bench/servers/postgres";
import { startVault, VaultServer } from "../../bench/servers/vault";
import { Field } from "./fields";
import { readTerraform, Reading } from "./judges/terraform";
import { Asked, Case, cases, outcomeOf, Shape } from "./program";
import { tryOnKubernetes } from "./servers/kubernetes";
import * as onPostgres from "./servers/postgres";
import * as onVault from "./servers/vault";

/** Cases on each kind of server. `npm run nightly` sets 100,000 for those without servers. */
const RUNS = Math.max(25, Math.floor(Number(process.env.LEASEHOLD_CASES ?? 0) / 200));
/** The same cases at each `npm test`: what is new is for `npm run nightly`, which takes another seed each time. */
const SEED = Number(process.env.LEASEHOLD_SEED ?? 20261122);

// A first run builds Vault and the API server.
const BUILD = 75 * 60_000;
const TIMEOUT = RUNS * 20_000 + 60_000;

beforeAll(() => loadModule());

interface Accepted {
  readonly one: Case;
  readonly asked: Asked;
  readonly reading: Reading;
}

/** The reading of a case, if it is accepted. */
function read(one: Case): Accepted | undefined {
  const outcome = outcomeOf(one);
  return outcome.accepted ? { one, asked: new Asked(one), reading: readTerraform(outcome.program) } : undefined;
}

/** Accepted cases with something hostile in one of these props, as many as are wanted. */
function accepted(fields: readonly Field[], fit: (asked: Asked) => boolean): Accepted[] {
  const found: Accepted[] = [];
  for (let round = 0; found.length < RUNS; round++) {
    if (round > 20) throw new Error(`only ${found.length} of ${RUNS} cases were accepted, seed ${SEED}`);
    for (const one of fc.sample(cases, { numRuns: RUNS * 8, seed: SEED + round })) {
      if (found.length === RUNS) break;
      if (!one.attempts.some(({ field, plain }) => !plain && fields.includes(field)) || !fit(new Asked(one))) continue;
      const accepted = read(one);
      if (accepted) found.push(accepted);
    }
  }
  return found;
}

/** What is wrong with each case, with the case itself; an error of a server is what is wrong. */
async function all<T extends { readonly one: Case }>(
  tried: readonly T[],
  run: (one: T) => Promise<string[]>,
): Promise<string[]> {
  const problems: string[] = [];
  for (const one of tried) {
    const found = await run(one).catch((error: Error) => [error.message]);
    problems.push(...found.map((problem) => `seed ${SEED}, ${JSON.stringify(one.one)}: ${problem}`));
  }
  return problems;
}

const PLAIN_SHAPE: Shape = {
  format: "custom",
  ownDatabase: false,
  ownMountPath: true,
  ownGroupRole: true,
  ownFile: false,
  server: false,
  foreign: false,
};

const found = (field: Field, value: string): Case => ({
  shape: PLAIN_SHAPE,
  attempts: [{ field, value, plain: false }],
});

/** Cases that a night's run found, tried each time. */
const FOUND = {
  postgres: [
    // An argument of a type that the server does not come with.
    found("function", "'; DROP ROLE x; --price(iNONEnteger, text)"),
    found("allOf", "public"),
    found("schema", "public"),
  ],
  // Near to the first is what Vault trims, near to the second half of a character.
  vault: [found("policyPath", "a END b"), found("policyPath", "[⒀𝙘𛂏𞠬⽧🠕")],
};

const SQL: Field[] = ["schema", "table", "otherTable", "column", "otherColumn", "allOf", "sequence", "function"];
const ROLES: Field[] = ["database", "owner", "groupRole"];

describe("a real PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => void (server = await startPostgres()), BUILD);
  afterAll(() => server?.stop());

  test(
    "gives the group the very objects that were asked for, and no other",
    async () => {
      const before = FOUND.postgres.map((one) => read(one) as Accepted);
      const tried = [...before, ...accepted([...SQL, ...ROLES], (asked) => !onPostgres.impossible(asked))];
      expect(await all(tried, ({ reading, asked }) => onPostgres.tryOnPostgres(server, reading, asked))).toEqual([]);
    },
    TIMEOUT,
  );
});

describe("a real Vault", () => {
  let vault: VaultServer;
  beforeAll(async () => void (vault = await startVault()), BUILD);
  afterAll(() => vault?.stop());

  test(
    "keeps roles, statements and entries as they are, and allows the very path that was asked for",
    async () => {
      const fields: Field[] = [
        ...ROLES,
        "policyPath",
        "policyText",
        "parameter",
        "parameterValue",
        "kvMount",
        "mountPath",
      ];
      const before = FOUND.vault.map((one) => read(one) as Accepted);
      const more: Field[] = ["audience", "givenPolicy", "authPath"];
      const tried = [...before, ...accepted([...fields, ...more], (asked) => !onVault.impossible(asked))];
      expect(await all(tried, ({ reading, asked }) => onVault.tryOnVault(vault, reading, asked))).toEqual([]);
    },
    TIMEOUT,
  );
});

describe("a real API server", () => {
  let kubernetes: KubernetesServer;
  beforeAll(async () => void (kubernetes = await startKubernetes()), BUILD);
  afterAll(() => kubernetes?.stop());

  test(
    "admits every object with the very names, labels, annotations and files",
    async () => {
      const names: Field[] = ["namespace", "serviceAccount", "deployment", "labelKey", "labelValue", "annotationKey"];
      const texts: Field[] = [
        "annotationValue",
        "reloadPath",
        "template",
        "applicationName",
        "file",
        "secretName",
        "secretPath",
      ];
      const more: Field[] = [
        "telemetryKey",
        "telemetryValue",
        "vaultAddress",
        "ca",
        "audience",
        "tlsSecret",
        "storage",
      ];
      // Each namespace has the ServiceAccount `default` from the start.
      const tried = accepted([...names, ...texts, ...more], (asked) => asked.text("serviceAccount") !== "default");
      expect(await all(tried, ({ reading }) => tryOnKubernetes(kubernetes, reading))).toEqual([]);
    },
    TIMEOUT,
  );
});
