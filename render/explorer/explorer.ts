import { AccessChange, diffReports, UnclassifiedChange } from "../../access/diff/diff";
import type { DatabaseKey } from "../../access/diff/granted-object";
import { formatSeconds } from "../../access/model/duration";
import { byCodeUnit } from "../../access/model/graph";
import { identityId } from "../../access/model/names";
import { budgetParts, budgetSum, connectionBudgets } from "../../access/questions/connections";
import type { AccessReport, UnclassifiedNode } from "../../access/report/report";
import { rightsNodes } from "../../access/report/unclassified";
import { visible } from "../escape";
import { knownRightsNotes, lookedAt } from "../known-rights";
import { verbMeaning } from "../verbs";
import { databaseNames, DatabaseNames, toText } from "../words";
import type { Block, Change, Explorer, Row } from "./model";
import { objectText, placeOf, rankOf, rowMaker } from "./rows";
import { safe, safeText } from "./safe";
import { shownGrants } from "./shown-grants";

/** What is kept in place of the rows of a holder, one for each row: the rows of a large program do not fit into the memory. */
type Keep<R> = (rows: readonly Row[]) => readonly R[];

/** What is shown of a report, compared with another if there is one. */
export function explorerOf(report: AccessReport, base?: AccessReport, about?: string): Explorer;
export function explorerOf<R>(
  report: AccessReport,
  base: AccessReport | undefined,
  about: string | undefined,
  keep: Keep<R>,
): Explorer<R>;
export function explorerOf(
  report: AccessReport,
  base?: AccessReport,
  about?: string,
  keep: Keep<unknown> = (rows) => rows,
): Explorer<unknown> {
  const { graph } = report;
  const diff = base && diffReports(base, report);
  const nameOf = databaseNames([...graph.databases, ...(base?.graph.databases ?? [])]);
  const changes = diff?.changes ?? [];
  const verbs = new Set<string>();
  const ranks: unknown[][] = [];
  const rowsOf = rowMaker({ nameOf, changes, workloads: graph.workloads ?? [] });
  const holders = [...shownGrants(graph, base?.graph, changes)].map(([who, shown]) => [safeText(who), shown] as const);
  for (const [, shown] of holders.sort(([a], [b]) => byCodeUnit(a, b))) {
    const rows = rowsOf(shown());
    for (const row of rows) for (const { verb } of row.verbs) verbs.add(verb);
    for (const [index, kept] of keep(rows).entries()) (ranks[rankOf(rows[index])] ??= []).push(kept);
  }
  return {
    ...(about !== undefined && { about: visible(about) }),
    compared: base !== undefined,
    verdicts: diff?.verdicts ?? [],
    rows: ranks.flat(),
    changes: changes.map((change) => changeOf(change, nameOf)),
    unclassified: blocksOf(report, diff?.unclassified ?? []),
    notJudged: report.notJudged.map(safe),
    meanings: meaningsOf(verbs),
    lookedUp: lookedAt(graph.databases).flatMap((database) => {
      const { rights, lookedUp } = database.knownRights;
      const found = rights.map((right) => ({ database, right, lookedUp }));
      return knownRightsNotes(found, nameOf).map((words) => visible(toText(words)));
    }),
    connections: connectionBudgets(graph).map((budget) => ({
      server: visible(budget.instance),
      sum: visible(budgetSum(budget)),
      // One by one: a longer text is cut, and the sum at its end with it.
      parts: budgetParts(budget).map(visible),
    })),
    counts: {
      workloads: new Set(graph.identities.map(({ key }) => identityId(key))).size,
      databases: new Set(graph.databases.map(grantedDatabase)).size,
    },
  };
}

function meaningsOf(verbs: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(
    [...verbs].sort(byCodeUnit).flatMap((verb) => {
      const meaning = verbMeaning(verb);
      return meaning === undefined ? [] : [[verb, meaning]];
    }),
  );
}

/** What the picture does not cover: what there is, with what changed of it, and what is gone. */
function blocksOf({ unclassified, graph }: AccessReport, changes: readonly UnclassifiedChange[]): Block[] {
  const changeOfNode = new Map(changes.map(({ after, change }) => [after, change]));
  const changeOfRights = new Map(
    changes.flatMap(({ after, change }) => (after?.reason === "rights" ? [[after.digest, change]] : [])),
  );
  return [
    ...unclassified.map((node) => blockOf(node, changeOfNode.get(node))),
    ...rightsNodes(graph).map((node) => blockOf(node, changeOfRights.get(node.digest))),
    ...changes.flatMap(({ before, after }) => (before && !after ? [blockOf(before, "removed")] : [])),
  ];
}

function grantedDatabase({ instance, database }: DatabaseKey): string {
  return JSON.stringify([instance, database]);
}

function blockOf({ digest: _, ...node }: UnclassifiedNode, change?: Block["change"]): Block {
  return safe({ ...node, ...(change && { change }) });
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

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map(safeText).join(", ");
}
