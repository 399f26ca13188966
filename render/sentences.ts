import type { GrantedPrivilege } from "../access/diff/granted-object";
import {
  AccessChange,
  AccessDiff,
  LinkChange,
  Region,
  Side,
  UnclassifiedChange,
  Verdict,
  VERDICTS,
} from "../access/diff/diff";
import { formatSeconds } from "../access/model/duration";
import type { Provenance } from "../access/model/graph";
import { listsBy } from "../access/model/lists-by";
import type { UnclassifiedNode } from "../access/report/report";
import {
  changesInOrder,
  exceptionWords,
  isMeans,
  linkChangeWords,
  namesOf,
  OlderBase,
  olderBase,
  SIGNS,
  unclassifiedInOrder,
} from "./changes";
import { isCapChange } from "../access/diff/caps";
import { programChange } from "./program-change";
import { blockWords, REASONS } from "./unclassified";
import { DatabaseNames, identifier, joined, named, objectWords, privilegeWords, Words } from "./words";

/** One change in one sentence. */
export interface Sentence {
  readonly verdict: Verdict;
  /** `+ eu/shop/web may now SELECT shop.sales.orders`. */
  readonly what: Words;
  readonly verbs: readonly string[];
  /** What stands behind it: `at most 24h`, or what moved. */
  readonly more: Words;
  /** The statements to look at. */
  readonly at: readonly Provenance[];
  /** Of which side these are: what is gone stands in the base only. */
  readonly side: "before" | "after";
}

/** Objects in one sentence at most; columns of one table count as one each. */
const OBJECTS = 8;

/** An entry of the list: a sentence, and what is folded below. Without a sentence it says nothing that another one does not. */
export interface Entry {
  readonly verdict: Verdict;
  readonly sentence?: Sentence;
  /** What it is about, and where both sides have it. */
  readonly detail?: { readonly title: Words; readonly lines: readonly Words[] };
}

/** All that changed, the gravest first. */
export function entriesOf(diff: AccessDiff): Entry[] {
  const nameOf = namesOf(diff);
  const place = ({ verdict, who, database }: AccessChange): string =>
    JSON.stringify([verdict, who, database?.instance, database?.database]);
  const reaching = new Set(diff.changes.filter((change) => !isMeans(change)).map(place));
  const known = changesInOrder(diff).flatMap((change): EntryOfOne[] => {
    const sentences = sentencesOf(change, nameOf);
    const implied =
      (isMeans(change) && reaching.has(place(change))) || diff.changes.some((other) => tells(other, change));
    return sentences.map((sentence, index) => ({
      verdict: change.verdict,
      ...(!implied && { sentence }),
      ...(index === 0 && { detail: { title: ofAll([sentence]).what.slice(1), lines: detailOf(change) } }),
    }));
  });
  const older = olderBase(diff);
  const unknown = [
    ...unclassifiedInOrder(diff).map(({ change, node }) => unclassifiedEntry(change, node)),
    ...(older ? [olderEntry(older)] : []),
  ];
  const rank = ({ verdict }: Entry): number => VERDICTS.indexOf(verdict);
  // Both lists are in order of gravity; so is the whole, since sorting is stable.
  return [...together(known), ...unknown].sort((a, b) => rank(a) - rank(b));
}

/**
 * Whether a change says what another one says, and more. A lease that is as long as its mount allows moved together with that. Of a
 * workload that lets in others instead of those of before, one sentence says both: `runs web:1 → other:1`.
 */
function tells(one: AccessChange, other: AccessChange): boolean {
  if (isCapChange(other)) {
    const [{ before, after }] = other.clocks;
    const moved = one.clocks.some((c) => c.clock === "lease max" && c.before === before && c.after === after);
    return moved && JSON.stringify(one.database) === JSON.stringify(other.database);
  }
  const where = ({ who, database, privileges, on, links }: AccessChange): string =>
    JSON.stringify([who, database, privileges, on, links]);
  return (
    one.verdict === "broadened" && other.verdict === "narrowed" && one.links.length > 0 && where(one) === where(other)
  );
}

/** A sentence about one, before it is known of whom else it is true. */
interface SentenceOfOne extends Omit<Sentence, "what"> {
  readonly who: string;
  /** ` may now SELECT shop.sales.orders`. */
  readonly does: Words;
}

type EntryOfOne = Omit<Entry, "sentence"> & { readonly sentence?: SentenceOfOne };

/** One statement that changes the same for several is one sentence: it stands where the first of them did. */
function together(entries: readonly EntryOfOne[]): Entry[] {
  const key = ({ verdict, does, more, at }: SentenceOfOne): string =>
    JSON.stringify([verdict, does, more, at.map(({ path, source = path }) => source)]);
  const same = listsBy(
    entries.flatMap(({ sentence }) => sentence ?? []),
    key,
  );
  return entries.map(({ sentence, ...entry }): Entry => {
    const all = sentence && same.get(key(sentence));
    return all?.[0] === sentence && all ? { ...entry, sentence: ofAll(all) } : entry;
  });
}

/** People in one sentence at most. */
const PEOPLE = 8;

function ofAll(sentences: readonly SentenceOfOne[]): Sentence {
  const [{ does, who: _, ...sentence }] = sentences;
  const names = [...new Set(sentences.map(({ who }) => who))];
  const more = names.length - PEOPLE;
  const shown: Words[] = names.slice(0, PEOPLE).map((name) => [named(name)]);
  return {
    ...sentence,
    what: [`${SIGNS[sentence.verdict]} `, ...listed([...shown, ...(more > 0 ? [[`${more} more`]] : [])]), ...does],
  };
}

function unclassifiedEntry(change: UnclassifiedChange, node: UnclassifiedNode): Entry {
  const about: Words =
    node.reason === "unread"
      ? ["what a stack reads of the repository cannot be compared"]
      : [...blockWords(node), ` ${CHANGED[change.change]}`];
  const what: Words = [`${SIGNS.unclassified} `, ...about];
  return {
    verdict: "unclassified",
    sentence: {
      verdict: "unclassified",
      what,
      verbs: [],
      more: [`${REASONS[node.reason]}, in the stack `, named(node.stack)],
      at: [node],
      side: change.after ? "after" : "before",
    },
    detail: {
      title: what.slice(1),
      lines: (["before", "after"] as const).flatMap((side) => {
        const one = change[side];
        return one ? [[`${side}: `, ...placeWords(one), ", digest ", named(one.digest.slice(0, 12))]] : [];
      }),
    },
  };
}

function olderEntry({ what, more, changes }: OlderBase): Entry {
  const said: Words = [`${SIGNS.unclassified} `, ...what];
  const lines = changes.flatMap(({ after }): Words[] => {
    if (!after) return [];
    const name: Words = after.block === "report" ? [named(after.name)] : blockWords(after);
    return [[...name, ": ", ...placeWords(after)]];
  });
  return {
    verdict: "unclassified",
    sentence: { verdict: "unclassified", what: said, verbs: [], more, at: [], side: "after" },
    detail: { title: what, lines },
  };
}

const CHANGED: Readonly<Record<UnclassifiedChange["change"], string>> = {
  added: "is new",
  removed: "is gone",
  changed: "changed",
};

/** A change in one sentence; in several, where it is about more than one sentence can hold. */
function sentencesOf(change: AccessChange, nameOf: DatabaseNames): SentenceOfOne[] {
  const { verdict, who, database, privileges, on, before, after } = change;
  const name = database && nameOf(database);
  const side = verdict === "narrowed" ? "before" : "after";
  const place = (side === "before" ? before : after) ?? before ?? after;
  const about = {
    verdict,
    who,
    more: moreWords(change),
    at: place?.setBy ?? place?.grantedBy ?? [],
    side,
    verbs: privileges,
  } as const;
  const programs = programChange(change);
  if (programs) return [{ ...about, does: [" runs another version"], more: programs }];
  if (isCapChange(change)) {
    const logins: Words = ["issue logins", ...(name === undefined ? [] : [" to ", named(name)])];
    return [{ ...about, does: verdictWords(change, logins) }];
  }
  const doing: Words[] =
    privileges.length === 0
      ? [["do the same", ...(name === undefined ? [] : [" in ", named(name)])]]
      : chunked(on, OBJECTS).map((regions) => doWords(privileges, regions, name));
  return doing.map((what) => ({ ...about, does: verdictWords(change, what) }));
}

/** Links that bound what is done, and lead nowhere else. */
const LIMITS: readonly LinkChange["link"][] = ["connections of a login", "live leases"];

function verdictWords({ verdict, links }: AccessChange, what: Words): Words {
  switch (verdict) {
    case "broadened":
      return [" may now ", ...what];
    case "narrowed":
      return [" may no longer ", ...what];
    case "longer":
      return [" may ", ...what, " for longer"];
    case "shorter":
      return [" may ", ...what, " for a shorter time"];
    default:
      return [
        " may ",
        ...what,
        links.length > 0 && links.every(({ link }) => LIMITS.includes(link))
          ? " under another limit"
          : " by another path",
      ];
  }
}

/** What is said in lower case is not a privilege that GRANT has, or reads better so. */
const PHRASES: Readonly<Partial<Record<GrantedPrivilege, string>>> = {
  CONNECT: "CONNECT to",
  CREATE: "CREATE objects in",
  TEMPORARY: "make TEMPORARY tables in",
  USAGE: "use",
  LOGIN: "log in to",
  HOLD: "hold the",
  "ACT AS": "act as",
  "READ IN TRANSIT": "read",
  IMPERSONATE: "impersonate the server of",
  "RUN AS": "run as",
};

/** `SELECT and INSERT shop.sales.orders`. */
function doWords(privileges: readonly GrantedPrivilege[], on: readonly Region[], database: string | undefined): Words {
  const verbs = privileges.map((privilege): Words => {
    // A file may hold any word here, also one that objects of JavaScript have by themselves.
    const phrase = Object.hasOwn(PHRASES, privilege) ? PHRASES[privilege] : undefined;
    return phrase === undefined ? privilegeWords([privilege]) : [phrase];
  });
  return [...listed(verbs), " ", ...listed(regionsWords(on, database))];
}

/** Regions as one reads them: columns of one table behind it. */
function regionsWords(on: readonly Region[], database: string | undefined): Words[] {
  const tables = new Map<string, { whole: Words; columns: string[] }>();
  const words: Words[] = [];
  for (const { object, except } of on) {
    if (object.kind !== "column" || object.name === undefined || except.length > 0) {
      words.push([...objectWords(object, database), ...exceptionWords(object, except, database)]);
      continue;
    }
    const { schema, name, column = "" } = object;
    const key = JSON.stringify([schema, name]);
    const known = tables.get(key);
    if (known) known.columns.push(column);
    else tables.set(key, { whole: objectWords({ kind: "table", schema, name }, database), columns: [column] });
  }
  const partly = [...tables.values()].map(({ whole, columns }): Words => [
    ...whole,
    " (",
    ...joined(
      columns.map((column) => [named(identifier(column))]),
      ", ",
    ),
    ")",
  ]);
  return [...words, ...partly];
}

/** `a, b and c`. */
function listed(all: readonly Words[]): Words {
  if (all.length < 2) return all[0] ?? [];
  return [...joined(all.slice(0, -1), ", "), " and ", ...all[all.length - 1]];
}

/** Clocks where they moved; of what is new, the one bound that all else is below. */
function moreWords({ verdict, clocks, links, after }: AccessChange): Words {
  if (clocks.length > 0)
    return joined(
      clocks.map(({ clock, before, after: now }) => [`${clock} ${formatSeconds(before)} → ${formatSeconds(now)}`]),
      ", ",
    );
  if (links.length > 0)
    return joined(
      links.slice(0, 3).map((link) => linkChangeWords(link)),
      ", ",
    );
  const most = after?.lifetime.session?.max ?? after?.lifetime.token?.max;
  return verdict === "broadened" && most !== undefined ? [`at most ${formatSeconds(most)}`] : [];
}

function chunked<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Construct paths and source lines of both sides, and everything that the sentence shortens. */
function detailOf({ before, after, links }: AccessChange): Words[] {
  return [
    ...sideWords("before", before),
    ...sideWords("after", after),
    ...links.map((link) => linkChangeWords(link, 20)),
  ];
}

/** Places of one side in the details at most. */
const PLACES = 20;

function sideWords(title: string, side: Side | undefined): Words[] {
  const all = side?.setBy ?? side?.grantedBy ?? [];
  const more = all.length - PLACES;
  return [
    ...all.slice(0, PLACES).map((place): Words => [`${title}: `, ...placeWords(place)]),
    ...(more > 0 ? [[`${title}: ${more} more`]] : []),
  ];
}

function placeWords({ path, source }: Provenance): Words {
  return [named(path), ...(source === undefined ? [] : [" at ", named(source)])];
}
