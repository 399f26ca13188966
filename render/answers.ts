import type { Clocks } from "../access/questions/clocks";
import { askAbout, extentOf } from "../access/questions/coverage";
import { formatSeconds } from "../access/model/duration";
import { formatLifetime } from "../access/model/lifetime";
import type { Unmentioned } from "../access/questions/mentions";
import { identityId } from "../access/model/names";
import {
  formatPattern,
  formatWorkload,
  matchesDatabase,
  matchesWorkload,
  parseObject,
  parsePrivilege,
  parseWorkload,
} from "../access/questions/pattern";
import type { Elsewhere, HeldPrivilege, Holder, WhatCan, WhoCan } from "../access/questions/query";
import type { AccessReport } from "../access/report/report";
import type { Near, Why, WhyPath } from "../access/questions/why";
import { databaseId, DatabaseNode, unknownRights } from "../access/model/graph";
import { knownRightsNotes, lookedAt } from "./known-rights";
import { LOOKS_UP, viewOf } from "./report-view";
import { Section } from "./section";
import { unexplained, unexplainedWarning } from "./unclassified";
import {
  clockWords,
  counted,
  databaseNames,
  joined,
  named,
  objectsWords,
  objectWords,
  placesWords,
  tokenClockWords,
  Words,
} from "./words";

/** The answer to a question, without a form: what is so, by which tables, and what it does not cover. */
export interface Answer {
  readonly line: Words;
  readonly sections: readonly Section[];
  readonly notes: readonly Words[];
}

/** What of a report is asked for. */
export interface Filter {
  /** As `parseWorkload` reads it. */
  readonly workload?: string;
  /** As `parseObject` reads it. */
  readonly object?: string;
  readonly privilege?: string;
}

/**
 * The report with only that access which is asked for. What is not classified stays: nobody knows whom it concerns.
 *
 * @throws QuestionError when the filter is malformed
 */
export function filterReport(report: AccessReport, filter: Filter): AccessReport {
  const { graph } = report;
  if (Object.values(filter).every((asked) => asked === undefined)) return report;
  const who = parseWorkload(filter.workload ?? "*");
  const question = askAbout(parsePrivilege(filter.privilege ?? "ANY"), parseObject(filter.object ?? "*"));
  const narrow = filter.object !== undefined || filter.privilege !== undefined;
  const databases = graph.databases.filter((database) => matchesDatabase(question.object, database));
  const mounts = new Set(databases.map(({ mountPath }) => mountPath));
  const identities = new Set(
    graph.identities.filter(({ key }) => matchesWorkload(who, key)).map(({ key }) => identityId(key)),
  );
  const edges = graph.edges
    .filter(({ identity, mountPath }) => identities.has(identity) && mounts.has(mountPath))
    .map((edge) => ({ ...edge, grants: edge.grants.filter((grant) => !narrow || extentOf(grant, question)) }))
    .filter(({ grants, actsAs }) => !narrow || grants.length > 0 || actsAs !== undefined);
  const kept = new Set(edges.map(({ identity, mountPath }) => JSON.stringify([identity, mountPath])));
  const holders = new Set(edges.map(({ identity }) => identity));
  return {
    ...report,
    graph: {
      identities: graph.identities.filter(({ key }) => (narrow ? holders : identities).has(identityId(key))),
      // What some of the workloads open is not what the server gets.
      databases: databases.map((database) => ({ ...database, vaultConnections: undefined })),
      edges,
      deliveries: graph.deliveries.filter(({ identity, mountPath }) =>
        narrow ? kept.has(JSON.stringify([identity, mountPath])) : identities.has(identity),
      ),
    },
  };
}

/** Who has what was asked for, a row for each privilege. */
export function whoCanAnswer(report: AccessReport, found: WhoCan): Answer {
  const { graph } = report;
  const nameOf = databaseNames(graph.databases);
  const whole = found.holders.filter(({ extent }) => extent === "whole").length;
  const parts = found.holders.length - whole;
  const people = (count: number): string => counted(count, "workload identity", "workload identities");
  const result =
    found.holders.length === 0
      ? "nobody"
      : [...(whole > 0 ? [people(whole)] : []), ...(parts > 0 ? [`${people(parts)} on part of it`] : [])].join(", ");
  return {
    line: [`${found.privilege} on `, named(formatPattern(found.object)), `: ${result}`],
    sections:
      found.holders.length === 0
        ? []
        : [
            {
              header: ["Who", "May", "On", "Covers", "Token", "Lease", "Session", "Why"],
              rows: found.holders.flatMap((holder) =>
                holder.privileges.map((held) => holderRow(holder, held, nameOf(holder.database))),
              ),
            },
          ],
    notes: notesOf(report, found),
  };
}

function holderRow({ identity, edge, lifetime }: Holder, held: HeldPrivilege, database: string): Words[] {
  const objects = objectsWords(held.objects, database);
  const grants = held.paths.flatMap(({ grant }) => grant?.grantedBy ?? [edge]);
  return [
    [named(identityId(identity.key))],
    [held.privilege],
    objects.length > 0 ? joined(objects, "\n") : objectWords({ kind: "owner", name: edge.actsAs ?? "" }, database),
    [held.extent === "whole" ? "all of it" : "part of it"],
    [tokenClockWords(lifetime)],
    [clockWords(lifetime.lease, "")],
    [lifetime.session ? formatSeconds(lifetime.session.max) : ""],
    placesWords(grants),
  ];
}

/** The way to a privilege link by link, or what comes nearest to it. */
export function whyAnswer(report: AccessReport, found: Why): Answer {
  const { graph } = report;
  const nameOf = databaseNames(graph.databases);
  const question: Words = [
    named(formatWorkload(found.workload)),
    ` ${found.privilege} on `,
    named(formatPattern(found.object)),
  ];
  const result = found.paths.length === 0 ? ": not granted" : `: granted, by ${counted(found.paths.length, "way")}`;
  const nearest: Section = {
    title: "What comes nearest",
    header: ["Who", "May", "On", "Differs in", "Why"],
    rows: found.nearest.map((near) => nearRow(near, nameOf(near.database))),
  };
  return {
    line: [...question, result],
    sections: [
      ...found.paths.map((path) => wayOf(path, nameOf(path.database))),
      ...(nearest.rows.length > 0 ? [nearest] : []),
    ],
    notes: notesOf(report, found),
  };
}

function notesOf(report: AccessReport, found: WhoCan | Why): Words[] {
  return [
    ...unmentionedNotes(found.unmentioned),
    ...elsewhereNotes(found.elsewhere),
    ...rightsNotes(found.rightsNotKnown),
    ...knownRightsNotes(found.lookedUp, databaseNames(report.graph.databases)),
    ...unexplainedNotes(report),
  ];
}

function wayOf(path: WhyPath, database: string): Section {
  const part = path.extent === "part" ? " (part of it)" : "";
  const { grant, edge } = path;
  return {
    about: [
      named(edge.identity),
      ` ${grant?.privilege ?? "ALL"} on `,
      ...objectWords(grant?.object ?? { kind: "owner", name: edge.actsAs ?? "" }, database),
      `${part}: ${formatLifetime(path.lifetime)}`,
    ],
    header: ["Link", "In", "Name", "What it lets through", "Made by"],
    rows: path.links.map(({ link, system, name, detail, madeBy }) => [
      [link],
      [system],
      [named(name)],
      [named(detail)],
      placesWords(madeBy),
    ]),
  };
}

function nearRow(near: Near, database: string): Words[] {
  const { grant, edge } = near;
  return [
    [named(edge.identity)],
    [grant?.privilege ?? "ALL"],
    objectWords(grant?.object ?? { kind: "owner", name: edge.actsAs ?? "" }, database),
    [near.differs],
    placesWords(grant?.grantedBy ?? [edge]),
  ];
}

/** Of identities and databases the graph knows all; of other names only those that a grant has. */
export function unmentionedNotes(unmentioned: readonly Unmentioned[]): Words[] {
  return unmentioned.map(({ part, asked, near }) => [
    part === "workload" || part === "database"
      ? `the program has no ${part} `
      : `no grant names the ${part === "name" ? "table, sequence or function" : part} `,
    named(asked),
    ...(near.length === 0
      ? []
      : [
          "; did you mean ",
          ...joined(
            near.map((name) => [named(name)]),
            " or ",
          ),
          "?",
        ]),
  ]);
}

/** An answer is about what is known; how much is not belongs to it. */
function unexplainedNotes(report: AccessReport): Words[] {
  return unexplained(report).length === 0 ? [] : [[unexplainedWarning(report), ": `leasehold access` lists them"]];
}

export function elsewhereNotes(elsewhere: readonly Elsewhere[]): Words[] {
  return elsewhere.map(({ database, deliveries }) => [
    "who may do what in ",
    named(`${database.instance}/${database.database}`),
    " is decided by another program",
    ...(deliveries.length === 0
      ? []
      : [
          "; this one delivers a login to ",
          ...joined(
            [...new Set(deliveries.map(({ workload }) => workload))].map((workload) => [named(workload)]),
            ", ",
          ),
        ]),
  ]);
}

/** Databases that Leasehold did not make: an answer from the program is not all that a login may do there. */
export function rightsNotes(databases: readonly DatabaseNode[]): Words[] {
  return databases.map((database) => [
    "what PUBLIC and the owners of ",
    named(databaseId(database)),
    ` may do, and so each login to it, is not known: ${LOOKS_UP}`,
  ]);
}

/** How long everything of a workload lives, and why. */
export function clocksAnswer({ workload, identities, unmentioned }: Clocks): Answer {
  const people = counted(identities.length, "workload identity", "workload identities");
  return {
    line: [named(formatWorkload(workload)), `: the clocks of ${people}`],
    sections: identities.map(({ identity, lines }) => ({
      about: [named(identity)],
      header: ["Of", "Clock", "Time", "What it does"],
      rows: lines.map(({ of, clock, seconds, meaning }) => [
        [named(of)],
        [clock],
        [seconds === undefined ? "not known here" : formatSeconds(seconds)],
        [named(meaning)],
      ]),
    })),
    notes: unmentionedNotes(unmentioned),
  };
}

/** What workloads may do: their rows of the matrix, what else their tokens hold, and where logins arrive. */
export function whatCanAnswer(report: AccessReport, found: WhatCan): Answer {
  const people = counted(found.identities.length, "workload identity", "workload identities");
  const asked = { workload: formatWorkload(found.workload) };
  const view = viewOf(filterReport(report, asked));
  const titles = ["Other policies", "Without access to a database", "Where it arrives"];
  return {
    line: [named(asked.workload), `: ${people}`],
    sections: [
      ...(view.matrix.rows.length > 0 ? [view.matrix] : []),
      ...view.sections.filter(({ title }) => titles.includes(title ?? "")),
    ],
    notes: [
      ...unmentionedNotes(found.unmentioned),
      ...elsewhereNotes([
        ...new Map(
          found.identities.flatMap(({ elsewhere }) => elsewhere.map((one) => [one.database.mountPath, one])),
        ).values(),
      ]),
      ...rightsNotes(
        unknownRights({ databases: found.identities.flatMap((one) => one.databases.map(({ database }) => database)) }),
      ),
      ...lookedAt(found.identities.flatMap((one) => one.databases.map(({ database }) => database))).map((node) => [
        "what PUBLIC may do in ",
        named(databaseId(node)),
        ", and so each login to it, was looked up on ",
        named(node.knownRights.lookedUp),
        ": `leasehold access` lists it",
      ]),
      ...unexplainedNotes(report),
    ],
  };
}
