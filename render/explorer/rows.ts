import type { AccessChange } from "../../access/diff/diff";
import { GrantedObject, grantedKey, GrantedPrivilege } from "../../access/diff/granted-object";
import { formatSeconds } from "../../access/model/duration";
import {
  byCodeUnit,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  IdentityNode,
  Provenance,
  WorkloadNode,
  workloadName,
} from "../../access/model/graph";
import { lifetimeOf } from "../../access/model/lifetime";
import { groupBy, listsBy } from "../../access/model/lists-by";
import { distinctPlaces } from "../matrix";
import { DatabaseNames, identifier, objectWords, toText } from "../words";
import type { Clock, Row, Runner, Verb } from "./model";
import { once, safe, safeText } from "./safe";
import type { ShownGrant } from "./shown-grants";

/** What the rows of all holders have in common. */
export interface Around {
  readonly nameOf: DatabaseNames;
  readonly changes: readonly AccessChange[];
  readonly workloads: readonly WorkloadNode[];
}

/** Makes the rows of one holder after another: those that reach data first, in each by name. */
export function rowMaker({ nameOf, changes, workloads }: Around): (shown: readonly ShownGrant[]) => Row[] {
  const runners = listsBy(workloads, ({ identity }) => identity);
  const database = once(({ knownRights: _, ...node }: DatabaseNode) => safe(node));
  return (shown) => {
    if (shown.length === 0) return [];
    // Rows of a holder share what is around them; after them nobody needs it.
    const identity = once((node: IdentityNode) => safe(node));
    const deliveries = once((nodes: readonly DeliveryNode[]) => safe(nodes));
    const running = (runners.get(shown[0].who) ?? []).map(runnerOf);
    const wayOf = once((nodes: Nodes): Way => ({
      identity: nodes.identity && identity(nodes.identity),
      edge: nodes.edge && safe(withoutGrants(nodes.edge)),
      database: nodes.database && database(nodes.database),
      clocks: clocksOf(nodes),
      deliveries: deliveries(nodes.deliveries),
      runners: running,
    }));
    return sorted(
      quieten(
        together(shown).map((row) => rowOf(row, wayOf, nameOf)),
        changes,
      ),
    );
  };
}

type Nodes = ShownGrant["nodes"];
type Way = Pick<Row, "identity" | "edge" | "database" | "clocks" | "deliveries" | "runners">;

function withoutGrants({ grants: _, ...edge }: EdgeNode): Omit<EdgeNode, "grants"> {
  return edge;
}

function runnerOf(workload: WorkloadNode): Runner {
  return { name: safeText(workloadName(workload)), ...placeOf(workload) };
}

/** A place alone: a node that is the place of its own statement is told elsewhere. */
export function placeOf({ path, source }: Provenance): Provenance {
  return source === undefined ? { path: safeText(path) } : { path: safeText(path), source: safeText(source) };
}

/** What one row says. */
interface Together {
  readonly shown: readonly ShownGrant[];
  readonly columns: readonly string[];
}

/** The grants of one holder as rows: the verbs of one object together, and columns of one table for which the same is so. */
function together(shown: readonly ShownGrant[]): Together[] {
  const groups = groupBy(shown, ({ nodes: { database }, group }) =>
    JSON.stringify([database?.instance, database?.database, group]),
  );
  return groups.flatMap((all) => {
    const objects = groupBy(all, ({ object }) => grantedKey(object as GrantedObject));
    return groupBy(objects, rowKey).map((some) => {
      const [first] = some;
      const columns = some.flatMap(([{ object }]) => (object.kind === "column" ? [object.column ?? ""] : []));
      if (some.length === 1) return { shown: first, columns };
      // The same verbs by several statements: each of them is named.
      const shownOnce = first.map((grant, index) => ({
        ...grant,
        by: distinctPlaces(some.flatMap((own) => own[index].by)),
      }));
      return { shown: shownOnce, columns };
    });
  });
}

/** What the grants on one object are in one row with: on a column, those on others of its table with the same verbs. */
function rowKey(some: readonly ShownGrant[]): string {
  const { object } = some[0];
  return object.kind === "column"
    ? JSON.stringify([object.schema, object.name, some.map(({ verb, changes, gone }) => [verb, changes, gone])])
    : grantedKey(object as GrantedObject);
}

function rowOf({ shown, columns }: Together, wayOf: (nodes: Nodes) => Way, nameOf: DatabaseNames): Row {
  // What is there now says by which path; what is gone has only the old one.
  const { who, nodes, object } = shown.find(({ gone }) => !gone) ?? shown[0];
  const db = nodes.database ? nameOf(nodes.database) : "";
  const whole = object.kind === "column" ? ({ ...object, kind: "table", column: undefined } as const) : object;
  const named = whole.kind === "elsewhere" ? undefined : whole;
  const wide = "schema" in object && object.kind !== "schema" && object.name === undefined;
  const within = named && (named.kind === "vault" || named.kind === "policy") ? undefined : db;
  const { identity, edge, database, clocks, deliveries, runners } = wayOf(nodes);
  // Written out: several spreads make V8 give each row a class of its own.
  return {
    who: safeText(who),
    identity,
    edge,
    database,
    db: safeText(db),
    kind: object.kind,
    schema: "schema" in object && object.schema !== undefined ? safeText(identifier(object.schema)) : undefined,
    wide,
    on: named ? shortly(objectText(named, db), wide) : "what another program grants",
    object: named
      ? shortly(toText(objectWords(named, within)), wide)
      : `what another program grants in ${safeText(db)}`,
    columns: columns.map((column) => safeText(identifier(column))),
    verbs: verbsOf(shown),
    clocks,
    deliveries,
    runners,
    gone: shown.every(({ gone }) => gone),
    quiet: false,
  };
}

function verbsOf(shown: readonly ShownGrant[]): Verb[] {
  const verbs = shown.map(({ verb, by, changes, gone }) => ({ verb, by: by.map(placeOf), changes, gone }));
  return verbs.sort((a, b) => verbRank(a.verb) - verbRank(b.verb));
}

/** An object without its database. */
export function objectText(object: GrantedObject, db: string): string {
  return toText(objectWords(object, object.kind === "database" ? db : undefined));
}

/** Of a whole schema the page says in its own words that it goes for what is to come. */
function shortly(text: string, wide: boolean): string {
  return wide ? text.replace(/ \(and those to come\)$/, "") : text;
}

/** As people say them, not by the alphabet. */
function verbRank(verb: GrantedPrivilege): number {
  const rank = ["SELECT", "INSERT", "UPDATE", "DELETE"].indexOf(verb);
  return rank < 0 ? 4 : rank;
}

/** An identity that no node describes: its token is not known here. */
const ELSEWHERE = { external: true, tokenTtl: 0, tokenMaxTtl: 0 };

/** The clocks of an edge; of an identity's token without one. */
function clocksOf({ identity, edge }: Nodes): Clock[] {
  if (!identity && !edge) return [];
  const { token, lease, session, deletedPod } = lifetimeOf(identity ?? ELSEWHERE, edge);
  return [
    ...(token ? [{ clock: "token", ttl: formatSeconds(token.ttl), max: formatSeconds(token.max) } as const] : []),
    ...(lease ? [{ clock: "lease", ttl: formatSeconds(lease.ttl), max: formatSeconds(lease.max) } as const] : []),
    ...(session ? [{ clock: "session", max: formatSeconds(session.max) } as const] : []),
    ...(deletedPod ? [{ clock: "deleted pod", max: formatSeconds(deletedPod.max) } as const] : []),
  ];
}

/** CONNECT, the USAGE of a schema and the login to Vault: without them nothing works, and they reach no data by themselves. */
function isImplied({ kind, verbs }: Row): boolean {
  return (
    kind === "vault" ||
    (kind === "schema" && verbs.every(({ verb }) => verb === "USAGE")) ||
    (kind === "database" && verbs.every(({ verb }) => verb === "CONNECT"))
  );
}

/** Marks the rows that say nothing that a row about data does not say: no verdict is hidden that is shown nowhere else. */
function quieten(rows: readonly Row[], changes: readonly AccessChange[]): Row[] {
  const told = new Map<string, Set<string>>();
  const says = (row: Row): string[] =>
    row.verbs.flatMap((verb) => [
      verb.gone ? "was" : "is",
      ...verb.changes.map((index) => `${changes[index].verdict} ${verb.gone}`),
    ]);
  for (const row of rows.filter((row) => row.edge && !isImplied(row))) {
    for (const place of [row.who, `${row.who}\n${row.db}`]) {
      const said = told.get(place) ?? new Set<string>();
      for (const saying of says(row)) said.add(saying);
      told.set(place, said);
    }
  }
  return rows.map((row) => {
    if (!isImplied(row)) return row;
    const others = told.get(row.kind === "vault" ? row.who : `${row.who}\n${row.db}`);
    return { ...row, quiet: others !== undefined && says(row).every((saying) => others.has(saying)) };
  });
}

/** What reaches data comes first, then what only may. */
const KINDS: readonly Row["kind"][] = ["owner", "elsewhere", "policy", "vault", "wire"];

/** What reaches data is of the first rank. */
export function rankOf({ kind }: Row): number {
  return KINDS.indexOf(kind) + 1;
}

/** By rank, in each by name. */
function sorted(rows: readonly Row[]): Row[] {
  const keyed = rows.map((row) => [[rankOf(row), row.db, row.object].join("\n"), row] as const);
  return keyed.sort(([a], [b]) => byCodeUnit(a, b)).map(([, row]) => row);
}
