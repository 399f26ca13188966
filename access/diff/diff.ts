import {
  AtomicGrant,
  DatabaseKey,
  enclosing,
  GrantedObject,
  grantedKey,
  GrantedPrivilege,
  PathLink,
  LINKS,
  Path,
  placeOf,
} from "./atomic-grants";
import { ComparedPart, ComparedPrivilege, comparedPrivileges, Held, unique, WHOLE } from "./compared";
import { AccessGraph, AccessObject, byCodeUnit, databaseId, Provenance, unknownRights } from "../model/graph";
import { checkGiven } from "../model/given";
import { bounds, ClockBound, Lifetime } from "../model/lifetime";
import { MovedCap, movedCaps } from "./caps";
import { LeavingWorkload, leavingOf } from "./leaving";
import type { AccessReport } from "../report/report";
import { comparableWorkloads } from "./older-workloads";
import { Region, regionsOf } from "./regions";
import {
  rightsChanges,
  silences,
  UnclassifiedChange,
  unclassifiedChanges,
  unreadChanges,
  unsaidChanges,
} from "../report/unclassified";

export { LeavingWorkload } from "./leaving";
export { Region } from "./regions";
export { UnclassifiedChange } from "../report/unclassified";

/**
 * What a change does to access:
 * `broadened`, something is allowed that was not; `narrowed`, the reverse; `longer` and `shorter`, the same is allowed for another
 * time; `rewired`, the same is allowed for the same time by another path, or under other limits; `unclassified`, something
 * changed that the model does not explain.
 */
export type Verdict = "broadened" | "longer" | "unclassified" | "rewired" | "shorter" | "narrowed";

/** Verdicts in the order in which people should read them: what grows first. */
export const VERDICTS: readonly Verdict[] = ["broadened", "longer", "unclassified", "rewired", "shorter", "narrowed"];

/** One change of somebody's access to one database (or, without it, to Vault). */
export interface AccessChange {
  readonly verdict: Exclude<Verdict, "unclassified">;
  /**
   * `cluster/namespace/serviceAccount`; `the network` for what whoever sits on the wire may do; a workload, such as
   * `Deployment eu/shop/web`, for the identity that it runs as; Vault, or a mount of it such as `mount database/main/shop`, for how long the logins
   * that it issues may live.
   */
  readonly who: string;
  /** Absent where no database is concerned. */
  readonly database?: DatabaseKey;
  /**
   * What was won or lost, or has another time or path. With `longer`, `shorter` and `rewired` it is empty when that is so
   * for all that the identity may do there before and after.
   */
  readonly privileges: readonly GrantedPrivilege[];
  /** On what: each region with all of the privileges. Empty together with them. */
  readonly on: readonly Region[];
  readonly before?: Side;
  readonly after?: Side;
  /** With `longer` and `shorter`: the bounds that moved that way, in seconds. */
  readonly clocks: readonly ClockChange[];
  /**
   * With `rewired`: the links that differ. With `broadened` and `narrowed` of what is held before and after: those by which
   * others come in, or other objects are reached.
   */
  readonly links: readonly LinkChange[];
}

/** One side of a change. */
export interface Side {
  /** How long each of the clocks runs; none of them for the network. */
  readonly lifetime: Lifetime;
  /** The statements that grant it. */
  readonly grantedBy: readonly Provenance[];
  /**
   * Where a clock or a link differs: the statements that set it, which are the identity's of the token and the auth role, and of the rest
   * those that first named the identity in the database.
   */
  readonly setBy?: readonly Provenance[];
}

export interface ClockChange {
  /** `lease cap`: the longest that a mount lets any login live. */
  readonly clock: ClockBound | "lease cap";
  readonly before: number;
  readonly after: number;
}

export interface LinkChange {
  readonly link: PathLink;
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What a pull request changes. */
export interface AccessDiff {
  readonly version: 1;
  /** The gravest verdict first; empty when nobody's access changes. */
  readonly verdicts: readonly Verdict[];
  readonly changes: readonly AccessChange[];
  readonly unclassified: readonly UnclassifiedChange[];
  /** Workloads that go together with access that their pods use until they have ended. Absent where none does. */
  readonly leaving?: readonly LeavingWorkload[];
}

/**
 * What differs between two reports: sets of privileges with their time and path are compared, not texts. Names of
 * constructs, source lines and the number of statements have no part in it.
 */
export function diffReports(before: AccessReport, after: AccessReport): AccessDiff {
  for (const [which, report] of Object.entries({ before, after }))
    checkGiven(
      isReport(report),
      `the report ${which}`,
      report,
      "give what parseReport(text) or accessReportOf(app) returns",
    );
  const groups = new Map<string, ComparedPrivilege[]>();
  const said = comparableWorkloads(before, after);
  const graphs = comparable(said.before, said.after);
  for (const entry of comparedPrivileges(...graphs)) {
    const key = JSON.stringify([entry.who, entry.database?.instance ?? null, entry.database?.database ?? null]);
    const known = groups.get(key);
    if (known) known.push(entry);
    else groups.set(key, [entry]);
  }
  const changes = [...[...groups.values()].flatMap(changesOf), ...movedCaps(...graphs).map(capChange)];
  const rank = ({ verdict }: AccessChange): number => VERDICTS.indexOf(verdict);
  const blocks = unclassifiedChanges(before.unclassified, after.unclassified, before.readFrom);
  const unclassified = [
    ...blocks,
    ...unreadChanges(after.unclassified, blocks),
    ...unsaidChanges(said.unsaid, before.readFrom),
    ...rightsChanges(before.graph, after.graph),
    ...silences(before.graph, after.graph),
  ];
  const losing = new Set(changes.filter(({ verdict }) => verdict === "narrowed").map(({ who }) => who));
  const leaving = leavingOf(...graphs, losing);
  const found = new Set<Verdict>([...changes, ...unclassified].map(({ verdict }) => verdict));
  return {
    version: 1,
    verdicts: VERDICTS.filter((verdict) => found.has(verdict)),
    // Stable: within a verdict the order stays that of names.
    changes: changes.sort((a, b) => rank(a) - rank(b)),
    unclassified,
    ...(leaving.length > 0 && { leaving }),
  };
}

function capChange({ who, before, after }: MovedCap): AccessChange {
  const [{ instance, database, leaseCap: now }] = after;
  const [{ leaseCap: old }] = before;
  return {
    verdict: now > old ? "longer" : "shorter",
    who,
    database: { instance, database },
    privileges: [],
    on: [],
    before: { lifetime: {}, grantedBy: unique(before.map(placeOf)) },
    after: { lifetime: {}, grantedBy: unique(after.map(placeOf)) },
    clocks: [{ clock: "lease cap", before: old, after: now }],
    links: [],
  };
}

/**
 * Of a database whose rights are not known on one side, those of the other side are left out: nobody can tell what was won or lost.
 * That they became unknown is a change of its own.
 */
function comparable(before: AccessGraph, after: AccessGraph): [AccessGraph, AccessGraph] {
  const unknown = new Set([...unknownRights(before), ...unknownRights(after)].map(databaseId));
  if (unknown.size === 0) return [before, after];
  const without = (graph: AccessGraph): AccessGraph => ({
    ...graph,
    databases: graph.databases.map((node) =>
      node.knownRights && unknown.has(databaseId(node)) ? { ...node, knownRights: undefined } : node,
    ),
  });
  return [without(before), without(after)];
}

const texts = new WeakMap<object, string>();

/** The text of a path or of a lifetime, made once: all that an identity is granted in a database has the same. */
function textOf(part: object): string {
  const known = texts.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  texts.set(part, text);
  return text;
}

const textsOf = (parts: readonly object[]): string => parts.map(textOf).join();

/** One change of one part: of an object without the objects in it that are named too. */
interface Happened {
  readonly verdict: AccessChange["verdict"];
  readonly before?: Held;
  readonly after?: Held;
  readonly clocks: readonly ClockChange[];
  readonly links: readonly LinkChange[];
}

/** What happened to a part; several things may, such as a longer lease over another mount. */
function happenedTo({ before, after }: ComparedPart): Happened[] {
  if (!before || !after) return [{ verdict: before ? "narrowed" : "broadened", before, after, clocks: [], links: [] }];
  const samePaths = textsOf(before.paths) === textsOf(after.paths);
  // Nearly nothing changes.
  if (samePaths && textOf(before.lifetime) === textOf(after.lifetime) && before.scopes.join() === after.scopes.join())
    return [];
  const [was, is] = [bounds(before.lifetime), bounds(after.lifetime)];
  const clocks = [...was].flatMap(([clock, old]) => {
    const now = is.get(clock);
    return now === undefined || now === old ? [] : [{ clock, before: old, after: now }];
  });
  const links = samePaths ? [] : linkChanges(before.paths, after.paths);
  const moved = (verdict: "longer" | "shorter", ones: readonly ClockChange[]): Happened[] =>
    ones.length === 0 ? [] : [{ verdict, before, after, clocks: ones, links: [] }];
  const scope = (verdict: "broadened" | "narrowed", less: Held, more: Held): Happened[] => {
    if (less.scopes.includes(WHOLE) || more.scopes.every((one) => one === WHOLE || less.scopes.includes(one)))
      return [];
    return [{ verdict, before, after, clocks: [], links: links.filter(({ link }) => SCOPE_LINKS.includes(link)) }];
  };
  const scopes = [...scope("broadened", before, after), ...scope("narrowed", after, before)];
  // What was told of who comes in is not told again as another way.
  const others = scopes.length === 0 ? links : links.filter((link) => !scopes[0].links.includes(link));
  return [
    ...scopes,
    ...moved(
      "longer",
      clocks.filter((clock) => clock.after > clock.before),
    ),
    ...moved(
      "shorter",
      clocks.filter((clock) => clock.after < clock.before),
    ),
    ...(others.length === 0 ? [] : [{ verdict: "rewired", before, after, clocks: [], links: others } as const]),
  ];
}

/** Links that say who comes in, or what is reached: another one is not only another way. */
const SCOPE_LINKS: readonly PathLink[] = [
  ...(["auth method", "audience", "token keys", "owner"] as const),
  ...(["pods", "demands", "runs"] as const),
];

function linkChanges(before: readonly Path[], after: readonly Path[]): LinkChange[] {
  const names = (paths: readonly Path[], link: PathLink): string[] => unique(paths.flatMap((path) => path[link] ?? []));
  const links = LINKS.map((link) => {
    const [was, is] = [names(before, link), names(after, link)];
    // Of many containers those that are the same say nothing.
    const without = (some: string[], others: string[]): string[] =>
      link === "runs" || link === "demands" ? some.filter((name) => !others.includes(name)) : some;
    return { link, before: without(was, is), after: without(is, was) };
  });
  const differ = links.filter((link) => JSON.stringify(link.before) !== JSON.stringify(link.after));
  // Two ways that swapped a link have the same names in all: then the whole of both is shown.
  return differ.length > 0 ? differ : links;
}

/** The changes of one identity in one database. */
function changesOf(entries: readonly ComparedPrivilege[]): AccessChange[] {
  const [{ who, database }] = entries;
  const happened = new Map<string, { what: Happened; parts: Map<GrantedPrivilege, ComparedPart[]> }>();
  let stayed = 0;
  for (const { privilege, parts } of entries) {
    for (const part of parts) {
      if (part.before && part.after) stayed += 1;
      for (const what of happenedTo(part)) {
        const { verdict, before, after, clocks, links } = what;
        const key = JSON.stringify([verdict, before?.lifetime, after?.lifetime, clocks, links]);
        const group = happened.get(key) ?? { what, parts: new Map<GrantedPrivilege, ComparedPart[]>() };
        const some = group.parts.get(privilege);
        if (some) some.push(part);
        else group.parts.set(privilege, [part]);
        happened.set(key, group);
      }
    }
  }

  const changes = [...happened.values()].flatMap(({ what: { verdict, before, after, clocks, links }, parts }) => {
    const head = { verdict, who, ...(database && { database }) };
    const change = (some: readonly ComparedPart[]): Omit<AccessChange, "verdict" | "who" | "privileges" | "on"> => ({
      ...(before && { before: side(some, "before", setters({ before, after, clocks, links })) }),
      ...(after && { after: side(some, "after", setters({ before, after, clocks, links })) }),
      clocks,
      links,
    });
    const count = [...parts.values()].reduce((sum, some) => sum + some.length, 0);
    // "All that it has there" says more than a list of it; of Vault there is little to list.
    const samePlace = verdict !== "broadened" && verdict !== "narrowed";
    if (before && after && database && count === stayed && samePlace)
      return [{ ...head, privileges: [], on: [], ...change([...parts.values()].flat()) }];
    // What happened to the same region is one row, and so are columns of one table.
    const rows = new Map<string, { region: Region; privileges: GrantedPrivilege[]; parts: ComparedPart[] }>();
    for (const [privilege, some] of parts) {
      const all = entries.filter((entry) => entry.privilege === privilege).flatMap((entry) => entry.parts);
      for (const region of regionsOf(some.map(objectOf), all.map(objectOf))) {
        const key = JSON.stringify(region);
        const row = rows.get(key) ?? { region, privileges: [], parts: [] };
        row.privileges.push(privilege);
        row.parts.push(...some.filter(({ object }) => isIn(object, region)));
        rows.set(key, row);
      }
    }
    const joined = new Map<string, { on: Region[]; privileges: GrantedPrivilege[]; parts: ComparedPart[] }>();
    for (const [key, { region, privileges, parts: some }] of rows) {
      const [object, table] = enclosing(region.object);
      const place = object.kind === "column" ? grantedKey(table) + JSON.stringify(privileges) : key;
      const row = joined.get(place) ?? { on: [], privileges, parts: [] };
      row.on.push(region);
      row.parts.push(...some);
      joined.set(place, row);
    }
    return [...joined.values()].map(({ on, privileges, parts: some }) => ({
      ...head,
      privileges,
      on,
      ...change(some),
    }));
  });
  return changes.sort((a, b) => byCodeUnit(place(a), place(b)));
}

/** Sorts what belongs together beside each other, and what reaches no data by itself behind what does. */
function place({ on: [region] }: AccessChange): string {
  if (region === undefined) return "";
  const { kind, schema = "", name = "", column = "" } = region.object as AccessObject;
  return JSON.stringify([kind === "database" || kind === "schema" ? 1 : 0, schema, name, column, kind]);
}

function objectOf({ object }: ComparedPart): GrantedObject {
  return object;
}

/** Whether an object is in the region. */
function isIn(object: GrantedObject, region: Region): boolean {
  const around = new Set(enclosing(object).map(grantedKey));
  return around.has(grantedKey(region.object)) && !region.except.some((left) => around.has(grantedKey(left)));
}

/** What of the graph a clock or a link is a field of. */
type Setter = "identity" | "edge" | "database";

const LINKS_OF: Readonly<Partial<Record<PathLink, Setter>>> = {
  "auth method": "identity",
  "auth role": "identity",
  audience: "identity",
  "token keys": "identity",
  "auth role is made": "identity",
  mount: "database",
  connection: "database",
  "Vault's login": "database",
  owner: "database",
  "estate role": "database",
};

function setters({ before, after, clocks, links }: Omit<Happened, "verdict">): ReadonlySet<Setter> {
  // A session follows from the other two: it is named alone only where both of them are.
  const own = clocks.filter(({ clock }) => clock !== "session max");
  const setter = (change: ClockChange): Setter => {
    if (change.clock.startsWith("token") || change.clock === "deleted pod") return "identity";
    // A lease that is as long as its database allows, before and after, changed with the database's cap.
    const capped = change.clock === "lease max" && isCap(before, change.before) && isCap(after, change.after);
    return capped ? "database" : "edge";
  };
  return new Set([...own.map(setter), ...links.map(({ link }) => LINKS_OF[link] ?? "edge")]);
}

function isCap(held: Held | undefined, seconds: number): boolean {
  return held !== undefined && held.ways.every(({ nodes }) => nodes.database?.leaseCap === seconds);
}

function side(parts: readonly ComparedPart[], which: "before" | "after", set: ReadonlySet<Setter>): Side {
  const held = parts.flatMap((part) => part[which] ?? []);
  const nodes = new Set(held.flatMap(({ ways }) => ways.flatMap((way) => nodesOf(way, set))));
  const setBy = unique([...nodes].map(({ path, source }) => (source === undefined ? { path } : { path, source })));
  return {
    lifetime: held[0].lifetime,
    grantedBy: unique(held.flatMap(({ grantedBy }) => grantedBy)),
    ...(setBy.length > 0 && { setBy }),
  };
}

function nodesOf({ nodes }: AtomicGrant, set: ReadonlySet<Setter>): Provenance[] {
  return (["identity", "edge", "database"] as const).flatMap((name) => (set.has(name) ? (nodes[name] ?? []) : []));
}

/** Plain JavaScript may give anything, such as the text of a report. */
function isReport(given: Partial<AccessReport> | undefined): boolean {
  return Array.isArray(given?.graph?.edges) && Array.isArray(given.unclassified);
}

/** Whether the access grew, or cannot be shown not to have. */
export function grows(diff: AccessDiff): boolean {
  checkGiven(Array.isArray(diff?.verdicts), "the diff", diff, "give what diffReports(before, after) returns");
  return diff.verdicts.some((verdict) => verdict === "broadened" || verdict === "longer" || verdict === "unclassified");
}
