import type { DatabaseNode } from "../../access/model/graph";
import type { AccessReport } from "../../access/report/report";
import { withScope } from "../../bench/machine/lifecycle";
import type { PostgresServer } from "../../bench/servers/postgres";
import { counted } from "../../render/words";
import { EffectiveFinding, mergeFindings } from "../effective/finding";
import { Applier } from "./apply";
import { DatabaseOfProgram, PostgresProgram, readPostgresProgram } from "./program";
import { DatabaseToProve, proveDatabase, refusedBlocks, Tamper } from "./prove-database";
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
  readonly tamper?: Tamper;
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
  const { graph } = options.report;
  const passwords = newPasswords();
  const program = readPostgresProgram(options.program, passwords);
  const own = graph.databases.filter(({ external }) => !external);
  if (own.length === 0) throw new Error("the report has no database whose access the program grants: nothing to prove");
  const known = new Map(own.map((node) => [node, databaseOf(program, node)]));
  checkNames(options, own);
  const say = options.onProgress ?? ((): void => undefined);
  return withScope("prove", async (scope) => {
    const majorOf = (endpoint: string): number | undefined =>
      own.find((node) => known.get(node)?.endpoint === endpoint)?.majorVersion;
    const servers = await startServers(scope, program.servers, majorOf, passwords);
    say(`${servers.size} throw-away servers run`);
    const databases = own.map((node): DatabaseToProve => {
      const here = known.get(node) as DatabaseOfProgram;
      const edges = graph.edges.filter(({ mountPath }) => mountPath === node.mountPath);
      return { node, here, edges, server: servers.get(here.endpoint) as PostgresServer };
    });
    await makeThoseThatExist(databases, program);
    const applier = new Applier(servers);
    await applier.apply(program.beforeSchema);
    say("roles, databases and lease functions are there");
    const files = await loadFiles(databases, options, say);
    await applier.apply(program.whole);
    say("grants are there");
    const findings: EffectiveFinding[] = [];
    const proved: ProvedDatabase[] = [];
    for (const [index, database] of databases.entries()) {
      const { node, here, edges } = database;
      const compared = await proveDatabase(database, passwords, options.tamper);
      // A block of a stack that belongs to no database, such as that of the servers, is told once, with the first database.
      const others = databases.map((other) => other.here.stack);
      const mine = (stack: string): boolean => stack === here.stack || (index === 0 && !others.includes(stack));
      findings.push(...compared.findings, ...refusedBlocks(applier.failed, program, mine, node, compared.missing));
      proved.push({
        instance: node.instance,
        database: node.database,
        majorVersion: node.majorVersion,
        files: files.get(node) ?? [],
        who: edges.map(({ identity }) => identity),
        objects: compared.objects,
        privileges: compared.privileges,
      });
      say(`${node.database}: ${edges.length} identities compared`);
    }
    await scope.close();
    return {
      version: 1,
      databases: proved,
      findings: mergeFindings(findings),
      notProved: notProved(options, databases),
    };
  });
}

/** Databases that the program takes as given are made as PostgreSQL makes one. */
async function makeThoseThatExist(databases: readonly DatabaseToProve[], program: PostgresProgram): Promise<void> {
  for (const { node, here, server } of databases) {
    const { admin } = program.servers.find(({ endpoint }) => endpoint === here.endpoint) as { admin: string };
    if (!here.made) await makeExisting(server, node.database, node.owner, admin);
  }
}

/** @returns the schema files that were loaded, by database */
async function loadFiles(
  databases: readonly DatabaseToProve[],
  options: ProveOptions,
  say: (line: string) => void,
): Promise<Map<DatabaseNode, string[]>> {
  const files = new Map<DatabaseNode, string[]>();
  for (const { node, server } of databases) {
    for (const path of filesOf(options.prepare, node)) await prepare(server, node.database, path);
    const loaded: string[] = [];
    for (const path of filesOf(options.schemas, node))
      loaded.push(...(await loadSchema(server, node.database, node.owner, path)));
    files.set(node, loaded);
    say(`${node.database}: ${counted(loaded.length, "schema file")} loaded as ${node.owner}`);
  }
  return files;
}

function notProved({ report, schemas }: ProveOptions, databases: readonly DatabaseToProve[]): string[] {
  return [
    ...report.graph.databases
      .filter(({ external }) => external)
      .map(({ database, mountPath }) => `${database} at ${mountPath}: another program grants there`),
    ...databases
      .filter(({ node }) => filesOf(schemas, node).length === 0)
      .map(({ node }) => `${node.database}: no schema files were given, so no table is there`),
    ...databases
      .filter(({ here }) => !here.made)
      .map(
        ({ node }) =>
          `${node.database}: the program does not make it; proved as PostgreSQL makes a database, after the files of --prepare`,
      ),
    "what was made by hand on the real servers, and what Vault has: `leasehold doctor` looks there",
  ];
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
