import { counted } from "../../render/words";
import { findBackdoors } from "../doctor/backdoors";
import { ownRolesOf } from "../doctor/own-roles";
import type { DatabaseNode, EdgeNode } from "../../access/model/graph";
import type { AccessReport } from "../../access/report/report";
import { withScope } from "../../bench/machine/lifecycle";
import type { PostgresServer } from "../../bench/servers/postgres";
import { keyOf } from "../effective/comparison";
import { compareDatabase, Subject } from "../effective/database";
import { EffectiveFinding, mergeFindings } from "../effective/finding";
import { probeFuture, readCreators, readFuture } from "../effective/future";
import { beginReading, endReading, readEffective } from "../effective/read";
import { Applier, FailedBlock } from "./apply";
import { issueLogin } from "./login";
import { DatabaseOfProgram, Passwords, PostgresProgram, readPostgresProgram } from "./program";
import { loadSchema, prepare } from "./schema-files";
import { makeExisting, newPasswords, startServers } from "./servers";

export interface ProveOptions {
  readonly report: AccessReport;
  /** Folder of the synthesized program: `manifest.json` and `stacks/`. */
  readonly program: string;
  /** Schema files by database: each a folder, loaded as a migration would, or one file. */
  readonly schemas: ReadonlyMap<string, readonly string[]>;
  /** Files for the superuser, by database, before the schema: extensions, and what a DBA did by hand. */
  readonly prepare?: ReadonlyMap<string, readonly string[]>;
  readonly onProgress?: (line: string) => void;
  /** @internal For tests: what somebody does to the server by hand once all is applied, before it is looked at. */
  readonly tamper?: (server: PostgresServer, database: string, logins: ReadonlyMap<string, string>) => Promise<void>;
}

/** What was proved of one database. */
export interface ProvedDatabase {
  readonly instance: string;
  readonly database: string;
  readonly majorVersion: number;
  /** SQL files that were loaded. */
  readonly files: readonly string[];
  /** Who was looked at; each as a login of its own. */
  readonly who: readonly string[];
  readonly objects: number;
  readonly privileges: number;
}

export interface ProveResult {
  readonly version: 1;
  readonly databases: readonly ProvedDatabase[];
  readonly findings: readonly EffectiveFinding[];
  /** What this run says nothing about, in sentences. */
  readonly notProved: readonly string[];
}

/**
 * Applies the PostgreSQL part of the synthesized program to throw-away servers, and loads the schema where a migration
 * would run. Then it gives every identity a login through the lease functions, and compares what that login can do with
 * the graph.
 *
 * @throws when the program cannot be read, a schema file fails, or a server does not start
 */
export async function prove(options: ProveOptions): Promise<ProveResult> {
  const { report } = options;
  const passwords = newPasswords();
  const program = readPostgresProgram(options.program, passwords);
  const own = report.graph.databases.filter(({ external }) => !external);
  if (own.length === 0) throw new Error("the report has no database whose access the program grants: nothing to prove");
  const known = new Map(own.map((database) => [database, databaseOf(program, database)]));
  checkNames(options, own);
  const say = options.onProgress ?? ((): void => undefined);
  return withScope("prove", async (scope) => {
    const majorOf = (endpoint: string): number | undefined =>
      own.find((database) => known.get(database)?.endpoint === endpoint)?.majorVersion;
    const servers = await startServers(scope, program.servers, majorOf, passwords);
    say(`${servers.size} throw-away servers run`);
    const serverOf = (database: DatabaseNode): PostgresServer =>
      servers.get((known.get(database) as DatabaseOfProgram).endpoint) as PostgresServer;
    for (const database of own) {
      const { made, endpoint } = known.get(database) as DatabaseOfProgram;
      const { admin } = program.servers.find((server) => server.endpoint === endpoint) as { admin: string };
      if (!made) await makeExisting(serverOf(database), database.database, database.owner, admin);
    }
    const applier = new Applier(servers);
    await applier.apply(program.beforeSchema);
    say("roles, databases and lease functions are there");
    const files = new Map<DatabaseNode, string[]>();
    for (const database of own) {
      for (const path of filesOf(options.prepare, database)) await prepare(serverOf(database), database.database, path);
      const loaded: string[] = [];
      for (const path of filesOf(options.schemas, database))
        loaded.push(...(await loadSchema(serverOf(database), database.database, database.owner, path)));
      files.set(database, loaded);
      say(`${database.database}: ${counted(loaded.length, "schema file")} loaded as ${database.owner}`);
    }
    await applier.apply(program.whole);
    say("grants are there");
    const findings: EffectiveFinding[] = [];
    const databases: ProvedDatabase[] = [];
    const notProved: string[] = [];
    for (const database of own) {
      const here = known.get(database) as DatabaseOfProgram;
      const server = serverOf(database);
      const edges = report.graph.edges.filter(({ mountPath }) => mountPath === database.mountPath);
      const { subjects, refused } = await logIns(server, here, edges, passwords, database);
      await options.tamper?.(
        server,
        database.database,
        new Map(subjects.map(({ edge, role }) => [edge.identity, role])),
      );
      const proved = await readDatabase(server, report, database, subjects);
      findings.push(...refused, ...proved.findings);
      // A block of a stack that belongs to no database, such as that of the servers, is told once, with the first database.
      const mine = (stack: string): boolean =>
        stack === here.stack || (database === own[0] && ![...known.values()].some((other) => other.stack === stack));
      findings.push(...blocks(applier.failed, program, mine, database, proved.missing));
      databases.push({
        instance: database.instance,
        database: database.database,
        majorVersion: database.majorVersion,
        files: files.get(database) ?? [],
        who: edges.map(({ identity }) => identity),
        objects: proved.objects,
        privileges: proved.privileges,
      });
      say(`${database.database}: ${edges.length} identities compared`);
    }
    for (const database of report.graph.databases.filter(({ external }) => external))
      notProved.push(`${database.database} at ${database.mountPath}: another program grants there`);
    for (const database of own.filter((node) => filesOf(options.schemas, node).length === 0))
      notProved.push(`${database.database}: no schema files were given, so no table is there`);
    for (const database of own.filter((node) => !(known.get(node) as DatabaseOfProgram).made))
      notProved.push(
        `${database.database}: the program does not make it; proved as PostgreSQL makes a database, after the files of --prepare`,
      );
    notProved.push("what was made by hand on the real servers, and what Vault has: `leasehold doctor` looks there");
    const result: ProveResult = { version: 1, databases, findings: mergeFindings(findings), notProved };
    await scope.close();
    return result;
  });
}

function filesOf(all: ReadonlyMap<string, readonly string[]> | undefined, database: DatabaseNode): readonly string[] {
  return all?.get(database.database) ?? all?.get(`${database.instance}/${database.database}`) ?? [];
}

/** @throws for a name that is not a database of the report: its files would never be loaded */
function checkNames(options: ProveOptions, own: readonly DatabaseNode[]): void {
  const names = new Set(own.flatMap(({ instance, database }) => [database, `${instance}/${database}`]));
  for (const name of [...options.schemas.keys(), ...(options.prepare?.keys() ?? [])])
    if (!names.has(name))
      throw new Error(
        `${JSON.stringify(name)} is not a database of the report; it has ${own.map(({ database }) => database).join(", ") || "none"}`,
      );
  for (const { instance, database } of own) {
    const twin = own.find((other) => other.database === database && other.instance !== instance);
    if (twin && (options.schemas.has(database) || options.prepare?.has(database)))
      throw new Error(`${database} is on ${instance} and on ${twin.instance}: name one as ${instance}/${database}`);
  }
}

/** @throws when the report and the program beside it are not of one synthesis */
function databaseOf(program: PostgresProgram, { mountPath, database }: DatabaseNode): DatabaseOfProgram {
  const found = program.databases.get(mountPath);
  if (!found || found.database !== database)
    throw new Error(
      `the program has no secrets mount ${mountPath} with lease functions in ${database}: are the report and the stacks of one synthesis?`,
    );
  return found;
}

/** A login for each edge; where none is given, the group role is looked at in its place. */
async function logIns(
  server: PostgresServer,
  here: DatabaseOfProgram,
  edges: readonly EdgeNode[],
  passwords: Passwords,
  database: DatabaseNode,
): Promise<{ subjects: ProvedSubject[]; refused: EffectiveFinding[] }> {
  const subjects: ProvedSubject[] = [];
  const refused: EffectiveFinding[] = [];
  for (const edge of edges) {
    try {
      const login = await issueLogin(server, here, edge, passwords.login);
      const client = await server.connect({ ...login, database: here.database });
      await client.end();
      subjects.push({ edge, role: login.user, login });
    } catch (error) {
      refused.push({
        code: "login-refused",
        severity: "error",
        database: keyOf(database),
        who: [edge.identity],
        privileges: [],
        declared: "a login through the lease functions",
        effective: "none: Vault would get an error, and its pods no credential",
        why: (error as Error).message,
        fix: "put right what PostgreSQL names; the rest of this report is read from the group role",
      });
      subjects.push({ edge, role: edge.groupRole });
    }
  }
  return { subjects, refused };
}

interface ProvedSubject extends Subject {
  readonly edge: EdgeNode;
  readonly login?: { readonly user: string; readonly password: string };
}

async function readDatabase(
  server: PostgresServer,
  report: AccessReport,
  database: DatabaseNode,
  subjects: readonly ProvedSubject[],
): Promise<{ findings: EffectiveFinding[]; missing: ReadonlySet<string>; objects: number; privileges: number }> {
  // This is a superuser's session: it must not take an operator that a schema file planted for PostgreSQL's.
  const options = "-c search_path=pg_catalog";
  const client = await server.connect({ ...server.superuser, database: database.database, options });
  try {
    const { ordinary, superusers } = await readCreators(client, database.owner);
    const roles = subjects.map(({ role }) => role);
    const { future: probed, notProbed } = await probeFuture(client, ordinary, roles);
    // In a session of the login itself: the reader needs no right of a superuser, and it sees what the login sees.
    const read = async (subject: Subject): ReturnType<typeof readEffective> => {
      const login = subjects.find(({ role }) => role === subject.role)?.login;
      const session = await server.connect({ ...(login ?? server.superuser), database: database.database, options });
      try {
        await beginReading(session);
        return await readEffective(session, subject.role);
      } finally {
        await session.end();
      }
    };
    await beginReading(client);
    const kept = await readFuture(client, superusers, roles);
    const future = new Map(roles.map((role) => [role, [...(probed.get(role) ?? []), ...(kept.get(role) ?? [])]]));
    const compared = await compareDatabase({ client, database, subjects, read, future });
    const edges = report.graph.edges.filter(({ mountPath }) => mountPath === database.mountPath);
    const own = ownRolesOf(database, edges);
    const backdoors = await findBackdoors(client, database, edges, own);
    await endReading(client);
    const probes = notProbed.map(({ creator, kind, schema, because }): EffectiveFinding => ({
      code: "not-probed",
      severity: "warning",
      database: keyOf(database),
      who: [creator],
      ...(schema !== undefined && { object: { kind: "schema", schema } }),
      privileges: [],
      declared: `may make a ${kind}`,
      effective: `could not make one to see who would get it`,
      why: because,
      fix: "see what refuses it, such as an event trigger",
    }));
    return { ...compared, findings: [...compared.findings, ...backdoors, ...probes] };
  } finally {
    await client.end();
  }
}

/** Blocks that were refused, but for grants on what is reported missing: those are said once. */
function blocks(
  failed: readonly FailedBlock[],
  program: PostgresProgram,
  mine: (stack: string) => boolean,
  database: DatabaseNode,
  missing: ReadonlySet<string>,
): EffectiveFinding[] {
  const common = { severity: "error", database: keyOf(database), who: [], privileges: [] } as const;
  const explained = ({ schema, objects }: FailedBlock): boolean =>
    schema !== undefined &&
    (missing.has(JSON.stringify([schema])) || objects.some((name) => missing.has(JSON.stringify([schema, name]))));
  return [
    ...failed
      .filter((block) => mine(block.stack) && !explained(block))
      .map(({ address, message }): EffectiveFinding => ({
        ...common,
        code: "block-failed",
        declared: address,
        effective: "not applied: Terraform would stop here",
        why: message,
        fix: "put right what PostgreSQL names",
      })),
    ...program.notApplied
      .filter(({ stack }) => mine(stack))
      .map(({ address, because }): EffectiveFinding => ({
        ...common,
        severity: "warning",
        code: "block-not-applied",
        declared: address,
        effective: "not looked at",
        why: because,
        fix: "give it plain values, or judge it by hand",
      })),
  ];
}
