import { knownRightsNotes, lookedAt } from "../known-rights";
import { budgetParts, budgetSum, connectionBudgets } from "../../access/questions/connections";
import { AccessChange, diffReports, Verdict } from "../../access/diff/diff";
import { DatabaseKey, GrantedObject, grantedKey, GrantedPrivilege } from "../../access/diff/granted-object";
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
import { Lifetime, lifetimeOf } from "../../access/model/lifetime";
import { groupBy, listsBy } from "../../access/model/lists-by";
import { identityId } from "../../access/model/names";
import type { AccessReport, NotJudged, UnclassifiedNode } from "../../access/report/report";
import { rightsNodes } from "../../access/report/unclassified";
import { visible } from "../escape";
import { distinctPlaces } from "../matrix";
import { verbMeaning } from "../verbs";
import { databaseNames, DatabaseNames, identifier, objectWords, toText } from "../words";
import { ShownGrant, shownGrants } from "./shown-grants";

/**
 * What the page shows, as plain data. Every verdict is decided here, and every name is written here in characters that
 * can be seen. The script of the page only filters, draws and makes sentences; it never gets a name as it was given.
 */
export interface Explorer {
  /** What the report is of: program, environment, commit. */
  readonly about?: string;
  /** Whether there was a report to compare with. */
  readonly compared: boolean;
  readonly verdicts: readonly Verdict[];
  readonly rows: readonly Row[];
  readonly changes: readonly Change[];
  readonly unclassified: readonly Block[];
  readonly notJudged: readonly NotJudged[];
  /** What verbs mean that not every reader knows, of those that occur. */
  readonly meanings: Readonly<Record<string, string>>;
  /** To each server, how many connections may be opened and how many it takes, with the sum. */
  readonly connections: readonly { readonly server: string; readonly sum: string; readonly parts: readonly string[] }[];
  /** What PUBLIC and the owners could do where Leasehold did not make the database, and on which day: a sentence each. */
  readonly lookedUp: readonly string[];
  readonly counts: { readonly workloads: number; readonly databases: number };
}

/** What one identity may do with one object, or with some columns of it, by one path. */
export interface Row {
  /** `cluster/namespace/serviceAccount`, or `the network`. */
  readonly who: string;
  readonly identity?: IdentityNode;
  readonly edge?: Omit<EdgeNode, "grants">;
  readonly database?: DatabaseNode;
  /** The database as people call it; `""` without one. */
  readonly db: string;
  readonly kind: GrantedObject["kind"] | "elsewhere";
  readonly schema?: string;
  /** All objects of the kind in the schema, those to come included. */
  readonly wide: boolean;
  /** The object without its database: `sales.wizard`. */
  readonly on: string;
  /** The same with it, by which objects are told apart: `shop.sales.wizard`. */
  readonly object: string;
  /** Some columns only; empty for the whole. */
  readonly columns: readonly string[];
  readonly verbs: readonly Verb[];
  readonly clocks: readonly Clock[];
  readonly deliveries: readonly DeliveryNode[];
  /** Workloads whose pods have its ServiceAccount, with a credential or without. */
  readonly runners: readonly Runner[];
  /** It is not so any more. */
  readonly gone: boolean;
  /** Reaches no data by itself, and other rows say the same: shown only when somebody asks for it. */
  readonly quiet: boolean;
}

/** A workload that runs as an identity: `Deployment eu/shop/web`. */
export interface Runner extends Provenance {
  readonly name: string;
}

/** One privilege of a row. */
export interface Verb {
  readonly verb: GrantedPrivilege;
  readonly by: readonly Provenance[];
  /** Places in `changes`. */
  readonly changes: readonly number[];
  readonly gone: boolean;
}

/** One of the clocks. */
export interface Clock {
  readonly clock: "token" | "lease" | "session" | "deleted pod";
  readonly ttl?: string;
  readonly max: string;
}

/** One entry of the diff. */
export interface Change {
  readonly verdict: AccessChange["verdict"];
  readonly who: string;
  readonly db: string;
  /** What is concerned: `SELECT on sales.wizard`; `""` for all that the identity may do there. */
  readonly what: string;
  /** What moved: `lease max: 1h → 24h`. */
  readonly details: readonly string[];
  readonly links: readonly string[];
  readonly clocks: readonly string[];
  readonly before: readonly Provenance[];
  readonly after: readonly Provenance[];
}

/** Something that the picture does not cover. */
export interface Block extends Omit<UnclassifiedNode, "digest"> {
  readonly change?: "added" | "removed" | "changed";
}

/** What is shown of a report, compared with another if there is one. */
export function explorerOf(report: AccessReport, base?: AccessReport, about?: string): Explorer {
  made = new Map();
  places = new Map();
  clocks = new Map();
  runners = runnersOf(report.graph.workloads ?? []);
  const diff = base && diffReports(base, report);
  const databases = [...report.graph.databases, ...(base?.graph.databases ?? [])];
  const nameOf = databaseNames(databases);
  const changes = diff?.changes ?? [];
  const rows = sorted(quieten(rowsOf(shownGrants(report.graph, base?.graph, changes), nameOf), changes));
  return {
    ...(about !== undefined && { about: visible(about) }),
    compared: base !== undefined,
    verdicts: diff?.verdicts ?? [],
    rows,
    changes: changes.map((change) => changeOf(change, nameOf)),
    unclassified: [
      ...report.unclassified.map((node) =>
        blockOf(node, diff?.unclassified.find(({ after }) => after === node)?.change),
      ),
      ...rightsNodes(report.graph).map((node) =>
        blockOf(
          node,
          diff?.unclassified.find(({ after }) => after?.reason === "rights" && after.digest === node.digest)?.change,
        ),
      ),
      ...(diff?.unclassified ?? []).flatMap(({ before, after }) =>
        before && !after ? [blockOf(before, "removed")] : [],
      ),
    ],
    notJudged: report.notJudged.map(safe),
    meanings: meaningsOf(rows),
    lookedUp: lookedAt(report.graph.databases).flatMap((database) => {
      const { rights, lookedUp } = database.knownRights;
      const found = rights.map((right) => ({ database, right, lookedUp }));
      return knownRightsNotes(found, nameOf).map((words) => visible(toText(words)));
    }),
    connections: connectionBudgets(report.graph).map((budget) => ({
      server: visible(budget.instance),
      sum: visible(budgetSum(budget)),
      // One by one: a longer text is cut, and the sum at its end with it.
      parts: budgetParts(budget).map(visible),
    })),
    counts: {
      workloads: new Set(report.graph.identities.map(({ key }) => identityId(key))).size,
      databases: new Set(report.graph.databases.map(grantedDatabase)).size,
    },
  };
}

function meaningsOf(rows: readonly Row[]): Record<string, string> {
  const verbs = [...new Set(rows.flatMap((row) => row.verbs.map(({ verb }) => verb)))].sort(byCodeUnit);
  return Object.fromEntries(
    verbs.flatMap((verb) => {
      const meaning = verbMeaning(verb);
      return meaning === undefined ? [] : [[verb, meaning]];
    }),
  );
}

/** What is plain is most of what there is, and shown as it is. */
const PLAIN = /^[!-[\]-~](?:(?!::|##| {2})[ -[\]-~])*$/;

function safeText(text: string): string {
  return text === "" || (text.length <= 200 && PLAIN.test(text) && !/^::|^##| $/.test(text)) ? text : visible(text);
}

/** What was made of a node for the page, by the node: many rows share it. Emptied for every page. */
let made = new Map<object, object>();

/** A node with every name in characters that can be seen. */
function safe<T>(value: T): T {
  if (typeof value === "string") return safeText(value) as T;
  if (typeof value !== "object" || value === null) return value;
  const known = made.get(value);
  if (known) return known as T;
  const copy = Array.isArray(value)
    ? value.map(safe)
    : Object.fromEntries(Object.entries(value).map(([key, part]) => [key, safe(part)]));
  made.set(value, copy);
  return copy as T;
}

/** A place alone: a node that is the place of its own statement is told elsewhere. */
function placeOf({ path, source }: Provenance): Provenance {
  const key = `${path}\n${source ?? ""}`;
  const place = places.get(key) ?? safe(source === undefined ? { path } : { path, source });
  places.set(key, place);
  return place;
}

let places = new Map<string, Provenance>();

/** Places by the list that named them: rows share them. */
function placesOf(by: readonly Provenance[]): readonly Provenance[] {
  const known = made.get(by) ?? by.map(placeOf);
  made.set(by, known);
  return known as readonly Provenance[];
}

function grantedDatabase({ instance, database }: DatabaseKey): string {
  return JSON.stringify([instance, database]);
}

function blockOf({ digest: _, ...node }: UnclassifiedNode, change?: Block["change"]): Block {
  return safe({ ...node, ...(change && { change }) });
}

/** Grants as rows: the verbs of one object together, and columns of one table for which the same is so. */
function rowsOf(shown: readonly ShownGrant[], nameOf: DatabaseNames): Row[] {
  const groups = groupBy(shown, ({ who, database, group }) =>
    JSON.stringify([who, database && grantedDatabase(database), group]),
  );
  return groups.flatMap((all) => {
    const objects = groupBy(all, ({ object }) => grantedKey(object as GrantedObject));
    return groupBy(objects, rowKey).map((some) => {
      const [first] = some;
      if (some.length === 1) return rowOf(first, columnsOf(some), nameOf);
      // The same verbs by several statements: each of them is named.
      const shownOnce = first.map((grant, index) => ({
        ...grant,
        by: distinctPlaces(some.flatMap((own) => own[index].by)),
      }));
      return rowOf(shownOnce, columnsOf(some), nameOf);
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

function columnsOf(objects: readonly (readonly ShownGrant[])[]): string[] {
  return objects.flatMap(([{ object }]) => (object.kind === "column" ? [object.column ?? ""] : []));
}

function rowOf(shown: readonly ShownGrant[], columns: readonly string[], nameOf: DatabaseNames): Row {
  // What is there now says by which path; what is gone has only the old one.
  const { who, identity, edge, database, object, deliveries } = shown.find(({ gone }) => !gone) ?? shown[0];
  const db = database ? nameOf(database) : "";
  const whole = object.kind === "column" ? ({ ...object, kind: "table", column: undefined } as const) : object;
  const named = whole.kind === "elsewhere" ? undefined : whole;
  const wide = "schema" in object && object.kind !== "schema" && object.name === undefined;
  const within = named && (named.kind === "vault" || named.kind === "policy") ? undefined : db;
  return {
    who: safe(who),
    ...(identity && { identity: safe(identity) }),
    ...(edge && { edge: withoutGrants(edge) }),
    ...(database && { database: safe(database) }),
    db: safe(db),
    kind: object.kind,
    ...("schema" in object && object.schema !== undefined && { schema: safe(identifier(object.schema)) }),
    wide,
    on: named ? shortly(objectText(named, db), wide) : "what another program grants",
    object: named ? shortly(toText(objectWords(named, within)), wide) : `what another program grants in ${safe(db)}`,
    columns: columns.map((column) => safe(identifier(column))),
    verbs: [...shown]
      .sort((a, b) => verbRank(a.verb) - verbRank(b.verb))
      .map(({ verb, by, changes, gone }) => ({ verb, by: placesOf(by), changes, gone })),
    clocks: clocksOf(identity, edge),
    deliveries: safe(deliveries),
    runners: runners.get(who) ?? [],
    gone: shown.every(({ gone }) => gone),
    quiet: false,
  };
}

/** Who runs as each identity. Rows of one identity share the list. */
let runners: ReadonlyMap<string, readonly Runner[]> = new Map();

function runnersOf(workloads: readonly WorkloadNode[]): Map<string, Runner[]> {
  const all = workloads.map((workload) => ({
    identity: workload.identity,
    runner: { name: safeText(workloadName(workload)), ...placeOf(workload) },
  }));
  const byIdentity = listsBy(all, ({ identity }) => identity);
  return new Map([...byIdentity].map(([identity, some]) => [identity, some.map(({ runner }) => runner)]));
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

function withoutGrants(edge: EdgeNode): Omit<EdgeNode, "grants"> {
  const known = made.get(edge);
  if (known) return known as Omit<EdgeNode, "grants">;
  const { grants: _, ...rest } = edge;
  const copy = safe(rest);
  made.set(edge, copy);
  return copy;
}

/** The clocks of an edge; of an identity's token without one. Rows of one edge share them. */
function clocksOf(identity: IdentityNode | undefined, edge: EdgeNode | undefined): readonly Clock[] {
  const known = edge && clocks.get(edge);
  if (known) return known;
  const all = identity || edge ? clocksOfLifetime(lifetimeOf(identity ?? ELSEWHERE, edge)) : [];
  if (edge) clocks.set(edge, all);
  return all;
}

let clocks = new Map<EdgeNode, readonly Clock[]>();

function clocksOfLifetime({ token, lease, session, deletedPod }: Lifetime): Clock[] {
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

/** What reaches data comes first, then what only may: in each, by name. */
function sorted(rows: readonly Row[]): Row[] {
  const kinds = ["owner", "elsewhere", "policy", "vault", "wire"];
  const key = (row: Row): string => [kinds.indexOf(row.kind) + 1, row.who, row.db, row.object].join("\n");
  const keyed = rows.map((row) => [key(row), row] as const);
  return keyed.sort(([a], [b]) => byCodeUnit(a, b)).map(([, row]) => row);
}

function changeOf(change: AccessChange, nameOf: DatabaseNames): Change {
  const db = change.database ? nameOf(change.database) : "";
  const on = change.on.map(({ object, except }) => {
    const text = objectText(object, db);
    return except.length === 0 ? text : `${text} except ${except.map((left) => objectText(left, db)).join(", ")}`;
  });
  return {
    verdict: change.verdict,
    who: safe(change.who),
    db: safe(db),
    what: change.privileges.length === 0 ? "" : `${change.privileges.join(", ")} on ${on.join("; ")}`,
    details: [
      ...change.clocks.map(
        ({ clock, before, after }) => `${clock}: ${formatSeconds(before)} → ${formatSeconds(after)}`,
      ),
      ...change.links.map(({ link, before, after }) => `${link}: ${listed(before)} → ${listed(after)}`),
    ],
    links: change.links.map(({ link }) => link),
    clocks: change.clocks.map(({ clock }) => clock.split(" ")[0]),
    before: (change.before?.grantedBy ?? []).map(placeOf),
    after: (change.after?.grantedBy ?? []).map(placeOf),
  };
}

function objectText(object: GrantedObject, db: string): string {
  return toText(objectWords(object, object.kind === "database" ? db : undefined));
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map(safeText).join(", ");
}
