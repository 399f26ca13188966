import { isCapChange } from "../access/diff/caps";
import type { DatabaseKey, GrantedObject } from "../access/diff/granted-object";
import {
  AccessChange,
  AccessDiff,
  ClockChange,
  LinkChange,
  Region,
  UnclassifiedChange,
  Verdict,
  VERDICTS,
} from "../access/diff/diff";
import { formatSeconds } from "../access/model/duration";
import type { UnclassifiedNode } from "../access/report/report";
import { formatLifetime } from "../access/model/lifetime";
import { blockWords, REASONS } from "./unclassified";
import {
  counted,
  databaseNames,
  DatabaseNames,
  joined,
  named,
  objectWords,
  placeName,
  placesWords,
  privilegeWords,
  Words,
} from "./words";

/** The signs of the first column; each verdict is also written out in the last. */
export const SIGNS: Readonly<Record<Verdict, string>> = {
  broadened: "+",
  longer: "↑",
  unclassified: "?",
  rewired: "~",
  shorter: "↓",
  narrowed: "−",
};

/** What is written in capitals: access grew, or cannot be shown not to have. */
const GRAVE: readonly Verdict[] = ["broadened", "longer", "unclassified"];

/** A row of the diff in a terminal. */
export interface ChangeRow {
  readonly verdict: Verdict;
  readonly cells: readonly Words[];
}

export const CHANGE_HEADER = ["±", "Who", "May", "On", "For", "Why", "Verdict"];
export const UNCLASSIFIED_HEADER = ["±", "What", "Stack", "Change", "Why", "Where", "Verdict"];

/** How many grants (of what is not explained: blocks) each verdict is about. */
export function counts(diff: AccessDiff): ReadonlyMap<Verdict, number> {
  const found = new Map<Verdict, number>();
  for (const verdict of VERDICTS) {
    const changes = diff.changes.filter((change) => change.verdict === verdict);
    const reaching = changes.filter((change) => !isMeans(change) && !isCapChange(change));
    const count =
      verdict === "unclassified"
        ? diff.unclassified.length
        : (reaching.length > 0 ? reaching : changes).reduce((sum, change) => sum + grants(change), 0);
    if (count > 0) found.set(verdict, count);
  }
  return found;
}

function grants({ privileges, on }: AccessChange): number {
  return Math.max(1, privileges.length) * Math.max(1, on.length);
}

/** Whether it is only about CONNECT and USAGE of a schema, which come with every grant and reach no data by themselves. */
export function isMeans({ privileges, on }: AccessChange): boolean {
  const kinds = new Set(on.map(({ object }) => object.kind));
  return (
    privileges.length > 0 &&
    privileges.every((privilege) => privilege === "CONNECT" || privilege === "USAGE") &&
    kinds.size > 0 &&
    [...kinds].every((kind) => kind === "database" || kind === "schema")
  );
}

/** The first line: what happened and how often, what grew in capitals. Our own words and numbers only. */
export function verdictLine(diff: AccessDiff): string {
  const found = counts(diff);
  if (found.size === 0) return "UNCHANGED: nobody's access changes";
  return [...found]
    .map(([verdict, count]) => {
      const name = GRAVE.includes(verdict) ? verdict.toUpperCase() : verdict;
      return `${name}: ${counted(count, verdict === "unclassified" ? "block" : "grant")}`;
    })
    .join("; ");
}

/** At most this many regions in a row: one row must never be what fills a comment. */
const REGIONS = 5;
/** Columns that a region leaves out, by name; the others are counted. */
const EXCEPTIONS = 8;

/** The rows about known access: the gravest first, of one verdict those that reach data first. */
export function changeRows(diff: AccessDiff): ChangeRow[] {
  const nameOf = namesOf(diff);
  return changesInOrder(diff).flatMap((change) => rowsOf(change, nameOf));
}

export function changesInOrder(diff: AccessDiff): AccessChange[] {
  const rank = (change: AccessChange): number => VERDICTS.indexOf(change.verdict) * 2 + (isMeans(change) ? 1 : 0);
  return [...diff.changes].sort((a, b) => rank(a) - rank(b));
}

/** Names of the databases of a diff. */
export function namesOf(diff: AccessDiff): DatabaseNames {
  return databaseNames(diff.changes.flatMap(({ database }) => (database ? [database] : [])));
}

function rowsOf(change: AccessChange, nameOf: DatabaseNames): ChangeRow[] {
  const { verdict, who, database, privileges, on } = change;
  const name = database && nameOf(database);
  const regions = on.map(({ object, except }): Words => [
    ...objectWords(object, name),
    ...exceptionWords(object, except, name),
  ]);
  const chunks = regions.length === 0 ? [[everythingThere(database, name)]] : chunked(regions, REGIONS);
  const all: Words = [isCapChange(change) ? "issue logins" : "all that it may"];
  const may = privileges.length === 0 ? all : privilegeWords(privileges);
  return chunks.map((chunk) => ({
    verdict,
    cells: [[SIGNS[verdict]], [named(who)], may, joined(chunk, "\n"), forWords(change), whyWords(change), [verdict]],
  }));
}

function everythingThere(database: DatabaseKey | undefined, name: string | undefined): Words {
  return database ? ["everything in ", named(name ?? "")] : ["Vault"];
}

/** ` except (email, card)`: a column of the table that was just named needs no more than its own name. */
export function exceptionWords(object: GrantedObject, except: Region["except"], database: string | undefined): Words {
  if (except.length === 0) return [];
  const ofTable = object.kind === "table" && object.name !== undefined;
  const shown = except
    .slice(0, EXCEPTIONS)
    .map((inner) => (ofTable && inner.kind === "column" ? [named(inner.column ?? "")] : objectWords(inner, database)));
  const more = except.length > EXCEPTIONS ? [` and ${except.length - EXCEPTIONS} more`] : [];
  return ofTable ? [" except (", ...joined(shown, ", "), ...more, ")"] : [" except ", ...joined(shown, ", "), ...more];
}

function forWords({ verdict, before, after, clocks }: AccessChange): Words {
  if (clocks.length > 0) return joined(clocks.map(clockChange), "\n");
  const lifetime = (verdict === "narrowed" ? before : (after ?? before))?.lifetime;
  if (!lifetime || (!lifetime.token && !lifetime.lease && !lifetime.session)) return [""];
  return [formatLifetime(lifetime).replace(/, /g, "\n")];
}

function clockChange({ clock, before, after }: ClockChange): Words {
  return [`${clock} ${formatSeconds(before)} → ${formatSeconds(after)}`];
}

/** The statement to look at: the one that grants it now, or of what is gone the one that did. */
function whyWords({ verdict, before, after, links }: AccessChange): Words {
  if (links.length > 0)
    return joined(
      links.slice(0, 3).map((link) => linkChangeWords(link)),
      "\n",
    );
  return placesWords((verdict === "narrowed" ? before : after)?.grantedBy ?? []);
}

/** Links are named by us; of a file that says otherwise no more is shown than letters. */
function linkName({ link }: LinkChange): string {
  return link.replace(/[^a-z ]/g, "?").slice(0, 40);
}

/** `policy old → new`. */
export function linkChangeWords(link: LinkChange, most = 2): Words {
  return [`${linkName(link)} `, ...linkWords(link, most)];
}

function linkWords({ before, after }: LinkChange, most: number): Words {
  const side = (names: readonly string[]): Words =>
    names.length === 0
      ? ["none"]
      : [
          ...joined(
            names.slice(0, most).map((name) => [named(name)]),
            ", ",
          ),
          ...(names.length > most ? [` and ${names.length - most} more`] : []),
        ];
  return [...side(before), " → ", ...side(after)];
}

/** What a base that an older Leasehold wrote says in other words, in one: it happens once, and nothing of the user needs to have changed. */
export interface OlderBase {
  readonly what: Words;
  readonly more: Words;
  readonly changes: readonly UnclassifiedChange[];
}

export function olderBase({ unclassified }: AccessDiff): OlderBase | undefined {
  const changes = unclassified.filter(({ older }) => older !== undefined);
  if (changes.length === 0) return undefined;
  const workloads = changes.filter(({ after }) => after?.block === "report").length;
  const blocks = changes.length - workloads;
  return {
    what: ["an older Leasehold wrote the base, and not all of it can be compared"],
    more: joined(
      [
        ...(blocks > 0 ? [[`${counted(blocks, "block")} with a digest of another kind`]] : []),
        ...(workloads > 0 ? [[`what the pods of ${counted(workloads, "workload")} run, or must have`]] : []),
      ],
      ", ",
    ),
    changes,
  };
}

/** The rows about what the model does not explain. */
export function unclassifiedRows(diff: AccessDiff): ChangeRow[] {
  const older = olderBase(diff);
  const sure = unclassifiedInOrder(diff).map(({ change, node }): ChangeRow => ({
    verdict: "unclassified",
    cells: [
      [SIGNS.unclassified],
      blockWords(node),
      [named(node.stack)],
      [change.change],
      [REASONS[node.reason]],
      [named(placeName(node))],
      ["unclassified"],
    ],
  }));
  if (!older) return sure;
  const cells = [[SIGNS.unclassified], older.what, [""], ["changed"], older.more, [""], ["unclassified"]];
  return [...sure, { verdict: "unclassified", cells }];
}

/** All but what `olderBase` says. What somebody wrote by hand comes before what follows from settings: it is more often what a reader looks for. */
export function unclassifiedInOrder(
  diff: AccessDiff,
): { readonly change: UnclassifiedChange; readonly node: UnclassifiedNode }[] {
  return diff.unclassified
    .filter(({ older }) => older === undefined)
    .flatMap((change) => {
      const node = change.after ?? change.before;
      return node ? [{ change, node }] : [];
    })
    .sort((a, b) => Number(a.node.reason === "setting") - Number(b.node.reason === "setting"));
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
