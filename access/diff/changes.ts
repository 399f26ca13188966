import { AccessObject, byCodeUnit } from "../model/graph";
import type { AccessChange } from "./change";
import { ComparedPart, ComparedPrivilege } from "./compared";
import { enclosing, GrantedObject, grantedKey, GrantedPrivilege } from "./granted-object";
import { Happened, happenedTo } from "./happened";
import { Region, regionsOf } from "./regions";
import { setters, side } from "./setters";

/** The same that happened to several parts, by privilege. */
interface HappenedTogether {
  readonly what: Happened;
  readonly parts: Map<GrantedPrivilege, ComparedPart[]>;
}

/** Regions with the privileges that changed in each of them. */
interface Row {
  readonly on: Region[];
  readonly privileges: GrantedPrivilege[];
  readonly parts: ComparedPart[];
}

/** The changes of one identity in one database. */
export function changesOf(entries: readonly ComparedPrivilege[]): AccessChange[] {
  const stayed = entries.flatMap(({ parts }) => parts).filter(({ before, after }) => before && after).length;
  return together(entries)
    .flatMap((group) => changesOfGroup(group, entries, stayed))
    .sort((a, b) => byCodeUnit(place(a), place(b)));
}

/** What happened to the parts, each thing once. */
function together(entries: readonly ComparedPrivilege[]): HappenedTogether[] {
  const groups = new Map<string, HappenedTogether>();
  for (const { privilege, parts } of entries)
    for (const part of parts)
      for (const what of happenedTo(part)) {
        const { verdict, before, after, clocks, links } = what;
        const key = JSON.stringify([verdict, before?.lifetime, after?.lifetime, clocks, links]);
        const group: HappenedTogether = groups.get(key) ?? { what, parts: new Map() };
        const some = group.parts.get(privilege);
        if (some) some.push(part);
        else group.parts.set(privilege, [part]);
        groups.set(key, group);
      }
  return [...groups.values()];
}

/** @param stayed How many parts the identity holds there before and after. */
function changesOfGroup(
  { what, parts }: HappenedTogether,
  entries: readonly ComparedPrivilege[],
  stayed: number,
): AccessChange[] {
  const [{ who, database }] = entries;
  const { verdict, before, after, clocks, links } = what;
  const change = (row: Row): AccessChange => ({
    verdict,
    who,
    ...(database && { database }),
    privileges: row.privileges,
    on: row.on,
    ...(before && { before: side(row.parts, "before", setters(what)) }),
    ...(after && { after: side(row.parts, "after", setters(what)) }),
    clocks,
    links,
  });
  const all = [...parts.values()].flat();
  // "All that it has there" says more than a list of it; of Vault there is little to list.
  const samePlace = verdict !== "broadened" && verdict !== "narrowed";
  if (before && after && database && all.length === stayed && samePlace)
    return [change({ privileges: [], on: [], parts: all })];
  return joinedColumns(rowsOf(parts, entries)).map(change);
}

/** What happened to the same region is one row, with all of its privileges. */
function rowsOf(
  parts: ReadonlyMap<GrantedPrivilege, readonly ComparedPart[]>,
  entries: readonly ComparedPrivilege[],
): Row[] {
  const rows = new Map<string, Row>();
  for (const [privilege, some] of parts) {
    const all = entries.filter((entry) => entry.privilege === privilege).flatMap((entry) => entry.parts);
    for (const region of regionsOf(some.map(objectOf), all.map(objectOf))) {
      const key = JSON.stringify(region);
      const row: Row = rows.get(key) ?? { on: [region], privileges: [], parts: [] };
      row.privileges.push(privilege);
      row.parts.push(...some.filter(({ object }) => isIn(object, region)));
      rows.set(key, row);
    }
  }
  return [...rows.values()];
}

/** Columns of one table are one row, where the same privileges changed. */
function joinedColumns(rows: readonly Row[]): Row[] {
  const joined = new Map<string, Row>();
  for (const { on, privileges, parts } of rows) {
    const [object, table] = enclosing(on[0].object);
    const key = object.kind === "column" ? grantedKey(table) + JSON.stringify(privileges) : JSON.stringify(on[0]);
    const row: Row = joined.get(key) ?? { on: [], privileges, parts: [] };
    row.on.push(...on);
    row.parts.push(...parts);
    joined.set(key, row);
  }
  return [...joined.values()];
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
