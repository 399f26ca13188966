import { formatLifetime } from "../access/model/lifetime";
import { linksOf } from "../access/model/links";
import { identityId } from "../access/model/names";
import type { Reach } from "../access/questions/paths";
import {
  formatPattern,
  formatWorkload,
  matchesWorkload,
  ObjectPattern,
  parseObject,
  parsePrivilege,
  parseWorkload,
  WorkloadPattern,
} from "../access/questions/pattern";
import { whatCan, whoCan } from "../access/questions/query";
import { formatPrivilege, why } from "../access/questions/why";
import { Absence, blindSpots, formatUnmentioned, Leniency } from "./blind-spots";
import { ExpectedBounds, tooLong } from "./bounds";
import { actualItems, difference, ExpectedAccess, expectedItems, Item, keyOf, writtenAccess } from "./expected";
import type { Facts } from "./subject";

/** Whether an assertion holds; without it what is found instead, for people. */
export interface Verdict {
  readonly pass: boolean;
  readonly message: string;
}

/** How many counterexamples are shown link by link; the others have a line each. */
const SHOWN = 3;

/** That nobody of the pattern has the privilege on anything of the object: a part of it is a counterexample. */
export function judgeNone(facts: Facts, who: string, privilege: string, object: string, options: Absence): Verdict {
  const workload = parseWorkload(who);
  const except = (options.except ?? []).map(parseWorkload);
  const { holders: all, object: pattern } = whoCan(facts.graph, privilege, object, workload);
  const holders = all.filter(({ identity: { key } }) => !except.some((each) => matchesWorkload(each, key)));
  const paths = holders.flatMap(({ privileges }) => privileges.flatMap((held) => held.paths));
  const title = `expected ${nobody(who, except)} to have ${verb(privilege)} on ${formatPattern(pattern)}`;
  if (paths.length > 0) {
    const rest = paths.slice(SHOWN).map((path) => `  ${path.edge.identity}: ${formatWhere(path)}`);
    const found = `${holders.length} ${holders.length === 1 ? "has" : "have"}:`;
    return failed(`${title}; ${found}`, [
      ...paths.slice(0, SHOWN).map(formatChain),
      ...(rest.length > 0 ? [[`and by ${rest.length} more:`, ...rest].join("\n")] : []),
    ]);
  }
  const blind = blindSpots(facts, { who: workload, except, object: pattern }, options);
  return blind.length === 0 ? PASSED : failed(`${title}, and that cannot be told:`, [lines(blind), howToAllow(blind)]);
}

/** That everyone of the pattern has the privilege on all of the object, in each database that fits. */
export function judgeGranted(facts: Facts, who: string, privilege: string, object: string): Verdict {
  const workload = parseWorkload(who);
  const { identities, unmentioned } = whatCan(facts.graph, workload);
  const asked = parsePrivilege(privilege);
  const pattern = parseObject(object);
  const { holders, unmentioned: unknown } = whoCan(facts.graph, asked, pattern, workload);
  const title = `expected ${formatWorkload(workload)} to have ${verb(asked)} on ${formatPattern(pattern)}`;
  const problems = identities.flatMap(({ identity }) => {
    const name = identityId(identity.key);
    const own = holders.filter(({ edge }) => edge.identity === name);
    if (own.length === 0) return [`${name} has not${nearest(facts, name, asked, pattern)}`];
    return own
      .filter(({ extent }) => extent === "part")
      .map(({ privileges }) => {
        const parts = privileges.flatMap(({ paths }) => paths.map(formatWhere));
        return `${name} has it on a part only: ${parts.join(", ")}`;
      });
  });
  const strange = [...unmentioned, ...unknown.filter(({ part }) => part !== "workload")].map(formatUnmentioned);
  if (problems.length === 0 && identities.length > 0) return PASSED;
  return failed(`${title}, and that is not so:`, [lines([...problems, ...strange])]);
}

/** That each of the pattern has what is expected; with `exact`, and nothing else. */
export function judgeSet(
  facts: Facts,
  who: string,
  expected: ExpectedAccess,
  exact: boolean,
  leniency: Leniency,
): Verdict {
  const workload = parseWorkload(who);
  const items = expectedItems(facts, expected);
  const actual = actualItems(facts, workload);
  const title = `expected ${formatWorkload(workload)} to have ${exact ? "exactly what is written" : "what is written"}`;
  const problems = [...actual].flatMap(([name, has]) => {
    const { missing, surplus } = difference(has, items);
    const found = [
      ...missing.map((item) => `  missing  ${formatItem(facts, item)}`),
      ...(exact ? surplus.map((item) => `  surplus  ${formatItem(facts, item)}`) : []),
    ];
    return found.length === 0 ? [] : [[`${name}:`, ...found].join("\n"), whatItHas(facts, name)];
  });
  if (problems.length > 0) return failed(`${title}, and it differs:`, problems);
  const blind = exact
    ? blindSpots(facts, { who: workload }, leniency)
    : whatCan(facts.graph, workload).unmentioned.map(formatUnmentioned);
  // A workload that is not known has nothing. With `unknown: "allow"` that is accepted; without it, it is a failure.
  const vacuous = actual.size === 0 && items.length > 0 && blind.length === 0;
  if (vacuous) return failed(`${title}:`, [lines([`the graph knows no workload ${formatWorkload(workload)}`])]);
  return blind.length === 0 ? PASSED : failed(`${title}, and that cannot be told:`, [lines(blind), howToAllow(blind)]);
}

/** That nothing of the pattern lasts longer than the bounds. */
export function judgeBounds(facts: Facts, who: string, expected: ExpectedBounds, leniency: Leniency): Verdict {
  const workload = parseWorkload(who);
  const title = `expected ${formatWorkload(workload)} to last no longer than written`;
  const blind = blindSpots(facts, { who: workload, rights: false }, leniency);
  const unknown = whatCan(facts.graph, workload).unmentioned.map(formatUnmentioned);
  const problems = unknown.length > 0 ? [] : tooLong(facts, workload, expected);
  if (problems.length > 0) return failed(`${title}, and it does:`, [lines(problems)]);
  return blind.length === 0 ? PASSED : failed(`${title}, and that cannot be told:`, [lines(blind), howToAllow(blind)]);
}

const PASSED: Verdict = { pass: true, message: "" };

function failed(title: string, blocks: readonly string[]): Verdict {
  const indented = blocks.filter((block) => block !== "").map((block) => block.replace(/^(?=.)/gm, "  "));
  return { pass: false, message: [title, ...indented].join("\n\n") };
}

function lines(all: readonly string[]): string {
  return [...new Set(all)].join("\n");
}

function nobody(who: string, except: readonly WorkloadPattern[]): string {
  const shown = formatWorkload(parseWorkload(who));
  const but = except.length === 0 ? "" : ` but ${except.map(formatWorkload).join(" and ")}`;
  return `${shown === "*" ? "nobody" : `nothing of ${shown}`}${but}`;
}

function verb(privilege: string): string {
  const asked = parsePrivilege(privilege);
  return asked === "ANY" ? "any privilege" : asked;
}

function formatWhere(path: Reach): string {
  return `${formatPrivilege(path)} in ${path.database.instance}/${path.database.database} (${granters(path)})`;
}

function granters({ grant, edge }: Reach): string {
  return [...new Set((grant?.grantedBy ?? [edge]).map(({ source, path }) => source ?? path))].join(", ");
}

/** A path, a line for each link, with the line of the program that made it. */
function formatChain(path: Reach): string {
  const rows = linksOf(path).map(({ link, name, detail, madeBy }) => ({
    link,
    what: link === "grant" ? `${name} ${detail}` : name,
    at: madeBy.map(({ source, path: place }) => source ?? place),
  }));
  const width = Math.max(...rows.map(({ what }) => what.length));
  const body = rows.map(({ link, what, at }) => `  ${link.padEnd(16)}${what.padEnd(width)}  ${at.join(", ")}`);
  return [
    `${path.edge.identity}: ${formatPrivilege(path)} in ${path.database.instance}/${path.database.database}`,
    ...body,
    `  ${"lasts".padEnd(16)}${formatLifetime(path.lifetime)}`,
  ].join("\n");
}

function formatItem(facts: Facts, { database, object, privilege, grantedBy }: Item): string {
  const places = [...new Set(grantedBy.map(({ source, path }) => source ?? path))];
  return `${keyOf(facts, database, object)}: ${privilege}${places.length > 0 ? ` (${places.join(", ")})` : ""}`;
}

/** As it could be written in the test. */
function whatItHas(facts: Facts, name: string): string {
  const [identity] = whatCan(facts.graph, name).identities;
  const entries = Object.entries(writtenAccess(facts, identity)).map(
    ([key, privileges]) => `  ${JSON.stringify(key)}: [${privileges.map((each) => JSON.stringify(each)).join(", ")}],`,
  );
  return entries.length === 0 ? `${name} has nothing` : [`${name} has {`, ...entries, "}"].join("\n");
}

function nearest(facts: Facts, who: string, privilege: string, object: ObjectPattern): string {
  const [near] = why(facts.graph, who, privilege, object).nearest;
  if (!near || near.differs === "workload") return "";
  return `; the nearest that it has is ${formatWhere(near)}`;
}

function howToAllow(blind: readonly string[]): string {
  const unknown = blind.some((line) => line.startsWith("the graph knows no"));
  const other = blind.some((line) => !line.startsWith("the graph knows no"));
  return lines([
    ...(unknown ? ['if it is right that there is none yet, say { unknown: "allow" }'] : []),
    ...(other ? ["when somebody has looked at it, name the path, policy or database in { reviewed: [...] }"] : []),
  ]);
}
