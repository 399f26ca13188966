import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AccessReport } from "../../../access/report/report";
import { SHORT_LOCKS } from "../../../constructs/postgres/init-sql";
import { NO_SHORT_LOCK_TRIGGERS_SQL } from "../../support/short-locks";
import { findBackdoors, outOfReach } from "../../../audit/doctor/backdoors";
import { checkDatabase } from "../../../audit/doctor/doctor";
import { findInLeaseSchema } from "../../../audit/doctor/lease-schema";
import { judgeLeases } from "../../../audit/doctor/judge-leases";
import { readLeases } from "../../../audit/doctor/leases";
import { findMembers } from "../../../audit/doctor/members";
import { ownRolesOf } from "../../../audit/doctor/own-roles";
import { findOwnGrants } from "../../../audit/doctor/own-grants";
import { findPastTheGrants } from "../../../audit/doctor/past-the-grants";
import { findServerSettings } from "../../../audit/doctor/server-settings";
import { findSettings } from "../../../audit/doctor/settings";
import { findStrangers } from "../../../audit/doctor/strangers";
import { EffectiveFinding, LIVE_CODES, subjectOf } from "../../../audit/effective/finding";
import type { Queryable } from "../../../audit/effective/model";
import type { PostgresServer } from "../../../bench/servers/postgres";
import { proveWorld } from "../effective/world";
import { Catalog, CATALOGS, VIEWS } from "./catalogs";
import { CASES } from "./cases";

jest.setTimeout(20 * 60_000);

/** A server of one version with the small program applied, and what doctor finds there after SQL that is taken back. */
interface Looked {
  readonly client: Queryable;
  readonly report: AccessReport;
  /** @param check the file whose check looks; without one those of findBackdoors and of the leases */
  find(make: string, check?: string): Promise<string[]>;
}

async function looking(majorVersion: number, look: (looked: Looked) => Promise<void>): Promise<void> {
  await proveWorld({
    majorVersion,
    tamper: async (server: PostgresServer, database, logins, report) => {
      await server.asSuperuser("postgres", "CREATE ROLE leasehold_doctor LOGIN");
      await server.asSuperuser("postgres", "GRANT CONNECT ON DATABASE shop TO leasehold_doctor");
      const client = await server.connect({ ...server.superuser, database });
      const login = `"${logins.get("eu/shop/web")}"`;
      const find = async (make: string, check?: string): Promise<string[]> => {
        await client.query("BEGIN");
        try {
          await client.query(make.replaceAll(":login", login));
          // With the least rights, and with no name looked up elsewhere, as doctor does.
          await client.query(
            "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL SESSION AUTHORIZATION leasehold_doctor",
          );
          const found = await lookWith(client, report, make, check);
          return found.map((finding) => `${finding.code} ${subjectOf(finding).replace(/ #[0-9a-f]{16}$/, "")}`);
        } finally {
          await client.query("ROLLBACK");
          // What no transaction takes back.
          await client.query("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
        }
      };
      try {
        await look({ client, report, find });
      } finally {
        await client.end();
        await server.asSuperuser("shop", "DROP OWNED BY leasehold_doctor; DROP ROLE leasehold_doctor");
      }
    },
  });
}

/** The check of a file alone: what is found is found by it. What compares a role is shown the identities that the change names, or web. */
async function lookWith(
  client: Queryable,
  report: AccessReport,
  make: string,
  check?: string,
): Promise<EffectiveFinding[]> {
  const [node] = report.graph.databases;
  const { edges } = report.graph;
  const own = ownRolesOf(node, edges);
  const leases = async (): Promise<EffectiveFinding[]> => judgeLeases(node, edges, await readLeases(client), 0.8);
  switch (check) {
    case undefined:
      return [...(await findBackdoors(client, node, edges, own)), ...(await leases())];
    case "doctor/members.ts":
      return findMembers(client, node, own);
    case "doctor/strangers.ts":
      return findStrangers(client, node, own);
    case "doctor/settings.ts":
      return findSettings(client, node, own);
    case "doctor/server-settings.ts":
      return findServerSettings(client, node);
    case "doctor/own-grants.ts":
      return findOwnGrants(client, node, own);
    case "doctor/superuser-made.ts":
    case "doctor/past-the-grants.ts":
      return findPastTheGrants(client, node);
    case "doctor/lease-schema.ts":
      return findInLeaseSchema(client, node, edges, own);
    case "doctor/leases.ts":
      return leases();
    default:
      return checkDatabase(
        client,
        node,
        edges.filter(
          ({ groupRole }) =>
            make === NOTHING ||
            make.includes(groupRole) ||
            groupRole === "eu_shop_web_shop" ||
            /turnover|customer/.test(make),
        ),
      );
  }
}

/** Changes nothing: everything is looked at. */
const NOTHING = "SELECT 1";

const parts = (catalog: Catalog | string | undefined): Catalog => (typeof catalog === "object" ? catalog : {});
const words = (text: string): string[] => text.split(" ").filter((word) => word !== "");

/** Every column that the table names, with how: of a check, said, or not. */
function named(catalog: Catalog): Map<string, string[]> {
  const all = new Map<string, string[]>();
  const add = (column: string, how: string): void => void all.set(column, [...(all.get(column) ?? []), how]);
  for (const [check, columns] of Object.entries(catalog.read ?? {}))
    for (const column of Object.keys(columns)) add(column, check);
  for (const column of Object.keys(catalog.said ?? {})) add(column, "said");
  for (const [why, columns] of Object.entries(catalog.not ?? {})) for (const column of words(columns)) add(column, why);
  return all;
}

const columns = new Map<string, Set<string>>();
/** Versions whose server was looked at to the end. */
const looks = new Set<number>();

async function lookAtColumns(major: number, { client, report, find }: Looked): Promise<string[]> {
  const problems: string[] = [];
  expect(await find(NOTHING, "doctor/doctor.ts")).toEqual([]);
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
           FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' GROUP BY 1 ORDER BY 1`,
  );
  expect(rows.length).toBeGreaterThan(60);
  for (const { name, columns: there } of rows) {
    columns.set(name, new Set([...(columns.get(name) ?? []), ...there]));
    if (CATALOGS[name] === undefined) problems.push(`${name}: nobody says whether it bears on access`);
    if (typeof CATALOGS[name] === "string") continue;
    const known = named(parts(CATALOGS[name]));
    // A number that stands for the row.
    for (const column of there.filter((one) => one !== "oid" && !known.has(one)))
      problems.push(`${name}.${column}: nobody says whether it bears on access`);
  }
  const said = (await outOfReach(client, report.graph.databases[0], report.graph.databases, true)).join("\n");
  for (const [name, catalog] of Object.entries(CATALOGS))
    for (const [column, sentence] of Object.entries(parts(catalog).said ?? {}))
      if (!said.includes(sentence)) problems.push(`${name}.${column}: doctor does not say: ${sentence}`);
  for (const sentence of Object.values(VIEWS))
    if (!said.includes(sentence)) problems.push(`doctor does not say: ${sentence}`);
  await client.query(`BEGIN; ${NO_SHORT_LOCK_TRIGGERS_SQL}`);
  const without = (await outOfReach(client, report.graph.databases[0], report.graph.databases, true)).join("\n");
  await client.query("ROLLBACK");
  if (said.includes(SHORT_LOCKS) || !without.includes(`the event triggers ${SHORT_LOCKS} are not there`))
    problems.push("doctor does not say where a login can stop all others");
  const tried = new Map<string, string[]>();
  for (const [name, catalog] of Object.entries(CATALOGS))
    for (const [check, tries] of Object.entries(parts(catalog).read ?? {}))
      for (const [column, { make, finds, from = 0, until = 99 }] of Object.entries(tries)) {
        if (major < from || major > until || !columns.get(name)?.has(column)) continue;
        const key = JSON.stringify([check, make]);
        const found = tried.get(key) ?? (await find(make, check).catch((error: Error) => [error.message]));
        tried.set(key, found);
        if (!found.some((one) => one.startsWith(finds)))
          problems.push(`${name}.${column} (${check}): no ${finds} among: ${found.slice(0, 5).join(" | ")}`);
      }
  return problems;
}

async function lookAtCases(major: number, { client, find }: Looked): Promise<string[]> {
  const problems: string[] = [];
  const { rows } = await client.query<{ name: string }>("SELECT rolname::text AS name FROM pg_roles");
  const there = new Set(rows.map(({ name }) => name));
  // What Vault has, and what compares roles, is looked at in backdoors.test.ts.
  const mine = (text: string): boolean =>
    !text.startsWith("role-without-lease") &&
    [...LIVE_CODES, "direct-privilege"].some((code) => text.startsWith(`${code} `));
  for (const { name, make, finds, from = 0 } of CASES) {
    if (major < from) continue;
    const found = await find(make).catch((error: Error) => [error.message]);
    const predefined = (one: string): boolean => !/ in pg_/.test(one) || there.has(one.replace(/^.* in /, ""));
    for (const one of finds.filter((text) => mine(text) && predefined(text)))
      if (!found.some((text) => text.startsWith(one)))
        problems.push(`${name}: no ${one} among: ${found.slice(0, 5).join(" | ")}`);
    for (const text of found)
      if (!finds.some((one) => text === one || (/[ /]$/.test(one) && text.startsWith(one))))
        problems.push(`${name}: also ${text}`);
  }
  return problems;
}

describe.each([14, 15, 16, 17, 18])("PostgreSQL %s", (major) => {
  // One server for both, which are told apart by what was not found.
  const problems: { columns: string[]; cases: string[] } = { columns: [], cases: [] };
  beforeAll(() =>
    looking(major, async (looked) => {
      problems.columns = await lookAtColumns(major, looked);
      problems.cases = await lookAtCases(major, looked);
      looks.add(major);
    }),
  );

  test("each column of each catalog is read by a check that finds a change, is said to be out of reach, or does not bear on access", () => {
    expect(problems.columns).toEqual([]);
    expect(looks).toContain(major);
  });

  test("what somebody does by hand is found here, too", () => {
    expect(problems.cases).toEqual([]);
    expect(looks).toContain(major);
  });
});

test("the table names nothing that no version has, no column twice in one way, and no check that is not there", () => {
  const problems: string[] = [];
  for (const [name, catalog] of Object.entries(CATALOGS)) {
    if (!columns.has(name)) problems.push(`${name}: no version has it`);
    for (const [column, how] of named(parts(catalog))) {
      if (!columns.get(name)?.has(column)) problems.push(`${name}.${column}: no version has it`);
      if (how.length > 1) problems.push(`${name}.${column}: named as ${how.join(" and as ")}`);
    }
    for (const check of Object.keys(parts(catalog).read ?? {}))
      if (!existsSync(join(__dirname, "../../../audit", check))) problems.push(`${check}: there is no such check`);
  }
  expect(problems).toEqual([]);
});
