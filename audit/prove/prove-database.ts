import type { DatabaseNode, EdgeNode } from "../../access/model/graph";
import type { PostgresServer } from "../../bench/servers/postgres";
import { findBackdoors } from "../doctor/backdoors";
import { ownRolesOf } from "../doctor/own-roles";
import { keyOf } from "../effective/comparison";
import { compareDatabase, Subject } from "../effective/database";
import type { EffectiveFinding } from "../effective/finding";
import { probeFuture, readCreators, readFuture } from "../effective/future";
import { beginReading, endReading, readEffective } from "../effective/read";
import type { FailedBlock } from "./apply";
import { issueLogin } from "./login";
import type { DatabaseOfProgram, Passwords, PostgresProgram } from "./program";

/** A database of the report, and where it stands in this run. */
export interface DatabaseToProve {
  readonly node: DatabaseNode;
  readonly here: DatabaseOfProgram;
  readonly server: PostgresServer;
  readonly edges: readonly EdgeNode[];
}

/** For tests: what somebody does to the server by hand once all is applied, before it is looked at. */
export type Tamper = (server: PostgresServer, database: string, logins: ReadonlyMap<string, string>) => Promise<void>;

/** What one database shows. */
export interface DatabaseProof {
  readonly findings: readonly EffectiveFinding[];
  /** Schemas and objects that the graph names and that are not there, as JSON lists. */
  readonly missing: ReadonlySet<string>;
  readonly objects: number;
  readonly privileges: number;
}

/** Gives every identity of the database a login, and compares what the login can do with the graph. */
export async function proveDatabase(
  database: DatabaseToProve,
  passwords: Passwords,
  tamper: Tamper | undefined,
): Promise<DatabaseProof> {
  const { subjects, refused } = await logIns(database, passwords);
  const logins = new Map(subjects.map(({ edge, role }) => [edge.identity, role]));
  await tamper?.(database.server, database.node.database, logins);
  const compared = await readDatabase(database, subjects);
  return { ...compared, findings: [...refused, ...compared.findings] };
}

interface ProvedSubject extends Subject {
  readonly edge: EdgeNode;
  readonly login?: { readonly user: string; readonly password: string };
}

/** A login for each edge; where none is given, the group role is looked at in its place. */
async function logIns(
  { node, here, server, edges }: DatabaseToProve,
  passwords: Passwords,
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
        database: keyOf(node),
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

async function readDatabase(
  { node: database, server, edges }: DatabaseToProve,
  subjects: readonly ProvedSubject[],
): Promise<DatabaseProof> {
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
export function refusedBlocks(
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
