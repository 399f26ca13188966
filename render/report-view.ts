import type { DatabaseKey } from "../access/diff/granted-object";
import { formatSeconds } from "../access/model/duration";
import { AccessGraph, DatabaseNode, unknownRights, workloadName } from "../access/model/graph";
import { lifetimeOf } from "../access/model/lifetime";
import { identityId } from "../access/model/names";
import { connectionBudgets, formatPodConnections } from "../access/questions/connections";
import type { AccessReport } from "../access/report/report";
import { knownRightsSection } from "./known-rights";
import { MatrixEntry, matrixOf } from "./matrix";
import type { Section } from "./section";
import { unclassifiedSection, unexplained, unexplainedWarning } from "./unclassified";
import {
  clockWords,
  counted,
  databaseNames,
  joined,
  named,
  objectWords,
  placesWords,
  privilegeWords,
  rowsOf,
  tokenClockWords,
  Words,
} from "./words";

/** What a report says, without a form. */
export interface ReportView {
  /** One line: how much there is. */
  readonly summary: string;
  /** What the rest of the report must not be read without. */
  readonly warning?: string;
  readonly matrix: Section;
  /** What stands in the matrix. */
  readonly entries: readonly MatrixEntry[];
  readonly sections: readonly Section[];
}

/** What the two times of a clock are. */
export const CLOCKS =
  "Token and lease: time until it ends unless it is renewed / time after which it ends in any case. " +
  "Session: time after which an open session is ended in any case.";

export function viewOf(report: AccessReport): ReportView {
  const { graph, unclassified, notJudged } = report;
  const entries = matrixOf(graph);
  const nameOf = databaseNames(graph.databases);
  const [raw, settings] = [unexplained(report), unclassified.filter(({ reason }) => reason === "setting")];
  const unknown = unknownRights(graph);
  const warnings = [
    ...(raw.length > 0 ? [`${unexplainedWarning(report)}: see "Unclassified".`] : []),
    ...(unknown.length > 0
      ? [`What PUBLIC and the owners may do is not known of ${counted(unknown.length, "database")}: see "Not known".`]
      : []),
  ];
  const others = notJudged.reduce((sum, { count }) => sum + count, 0);
  return {
    summary: [
      counted(graph.identities.length, "workload identity", "workload identities"),
      counted(graph.databases.length, "database"),
      counted(entries.length, "row") + " of access",
      `${raw.length} unclassified`,
      counted(settings.length, "setting"),
      `${counted(others, "resource")} of harmless types`,
    ].join(", "),
    ...(warnings.length > 0 && { warning: warnings.join(" ") }),
    matrix: {
      title: "Who may touch what",
      note: CLOCKS,
      header: ["Who", "May", "On", "Token", "Lease", "Session", "Via"],
      rows: rowsOf(entries, (entry) => matrixRow(entry, nameOf)),
    },
    entries,
    sections: [
      unclassifiedSection(
        "Unclassified",
        "Made by hand, or changed after it was made: what it does to access is not known.",
        raw,
      ),
      rightsSection(unknown),
      knownRightsSection(graph.databases, nameOf),
      hostSection(graph),
      deletedSection(graph),
      networkSection(graph),
      policySection(graph),
      withoutAccess(graph),
      deliverySection(graph),
      workloadSection(graph),
      connectionSection(graph),
      {
        ...unclassifiedSection("Settings", "Made from props that are not part of the access graph.", settings),
        folded: true,
      },
      {
        title: "Not judged",
        note: "Resources of types that let nobody in.",
        header: ["Provider", "Resources"],
        rows: notJudged.map(({ provider, count }) => [[named(provider)], [String(count)]]),
        folded: true,
      },
    ].filter(({ rows }) => rows.length > 0),
  };
}

/** Who, May, On, Token, Lease, Session, Via. */
export function matrixRow(
  { who, privileges, database, object, columns, lifetime, via }: MatrixEntry,
  nameOf: (database: DatabaseKey) => string,
): Words[] {
  // The role of the usual name says nothing that the first column does not.
  const usual = via.databaseRole === who.replace(/\//g, ".");
  return [
    [named(who)],
    privilegeWords(privileges),
    objectWords(object, nameOf(database), columns),
    [tokenClockWords(lifetime)],
    [clockWords(lifetime.lease, "")],
    [lifetime.session ? formatSeconds(lifetime.session.max) : ""],
    usual ? [named(via.mountPath)] : [named(via.mountPath), " as ", named(via.databaseRole)],
  ];
}

/** How the rights that a program does not say are found. */
export const LOOKS_UP = "`leasehold prove --schema …` or `leasehold doctor` looks it up";

/** How the report gets them. */
const TAKES_IN = "`leasehold preflight --rights` writes what the program takes as `knownRights`";

function rightsSection(databases: readonly DatabaseNode[]): Section {
  return {
    title: "Not known",
    note: `Leasehold did not make these databases, so the program does not say what PUBLIC and the owners may do there: ${LOOKS_UP}; ${TAKES_IN}.`,
    header: ["Database", "What", "Where"],
    rows: databases.map((node) => [
      [named(node.database), " on ", named(node.instance)],
      ["what PUBLIC and the owners may do; each login may do what PUBLIC may"],
      placesWords([node]),
    ]),
  };
}

/** Who stands behind the names of Vault: whoever answers there decides who comes in, and is shown the logins. */
function hostSection(graph: AccessGraph): Section {
  const rows = [
    ...graph.identities.flatMap(({ authPath, authHost, issuerKeys, key }) =>
      (issuerKeys?.map((one) => `key ${one}`) ?? [authHost]).map((host) => ({
        name: `auth/${authPath}`,
        what: ["says who a pod of ", named(key.cluster), " is"],
        host,
      })),
    ),
    ...graph.databases.map(({ mountPath, vaultAddress, instance }) => ({
      name: mountPath,
      what: ["gets the logins", ...(instance === "" ? [] : [", as ", named(instance)])],
      host: vaultAddress,
    })),
  ].filter(({ host }) => host !== undefined);
  return {
    title: "Hosts",
    note: "Where Vault asks who a pod is, and where it makes logins. Whoever answers there decides: compare them with those you mean.",
    header: ["Of", "Host", "What it does"],
    rows: [...new Map(rows.map((row) => [JSON.stringify([row.name, row.host]), row])).values()].map(
      ({ name, what, host = "" }) => [[named(name)], [named(host)], what],
    ),
  };
}

/** Whose tokens Vault checks by itself: the clock that runs after a pod is gone. */
function deletedSection(graph: AccessGraph): Section {
  return {
    title: "Deleted pods",
    note: "Vault asks nobody whether the pod is still there: a token works for so long after its pod was deleted.",
    header: ["Who", "Token of a deleted pod", "Issuer", "Where"],
    rows: graph.identities
      .filter(({ tokenIssuer }) => tokenIssuer !== undefined)
      .map((identity) => [
        [named(identityId(identity.key))],
        [
          identity.deletedPodToken === undefined
            ? "not known"
            : `logs in for ${formatSeconds(identity.deletedPodToken)}`,
        ],
        [named(identity.tokenIssuer ?? "")],
        placesWords([identity]),
      ]),
  };
}

function networkSection(graph: AccessGraph): Section {
  const nameOf = databaseNames(graph.databases);
  const open = graph.databases.filter(({ sslMode }) => sslMode !== "verify-full");
  const rows = [...new Map(open.map((node) => [`${nameOf(node)}\n${node.sslMode}`, node])).values()];
  return {
    title: "On the network",
    note: "Connections whose server is not checked, or that are not encrypted: whoever stands between may do this.",
    header: ["Database", "May", "sslmode"],
    rows: rows.map((node) => [
      [named(nameOf(node))],
      [["require", "verify-ca"].includes(node.sslMode) ? "IMPERSONATE" : "READ IN TRANSIT, IMPERSONATE"],
      [named(node.sslMode)],
    ]),
  };
}

function policySection(graph: AccessGraph): Section {
  return {
    title: "Other policies",
    note: "Held by the token as well; what they allow in Vault is not interpreted.",
    header: ["Who", "Policies"],
    rows: graph.identities
      .filter(({ policies }) => policies.length > 0)
      .map(({ key, policies }) => [
        [named(identityId(key))],
        joined(
          policies.map((policy) => [named(policy)]),
          ", ",
        ),
      ]),
  };
}

function withoutAccess(graph: AccessGraph): Section {
  const granted = new Set(graph.edges.map(({ identity }) => identity));
  return {
    title: "Without access to a database",
    header: ["Who", "Token", "Where"],
    rows: graph.identities
      .filter(({ key }) => !granted.has(identityId(key)))
      .map((identity) => [
        [named(identityId(identity.key))],
        [tokenClockWords(lifetimeOf(identity))],
        placesWords([identity]),
      ]),
  };
}

/** With a credential or without: a pod that runs as an identity may log in as it. */
function workloadSection(graph: AccessGraph): Section {
  return {
    title: "What runs as whom",
    header: ["Workload", "Runs as", "Where"],
    rows: rowsOf(graph.workloads ?? [], (workload) => [
      [named(workloadName(workload))],
      [named(workload.identity)],
      placesWords([workload]),
    ]),
    folded: true,
  };
}

/** How many connections may be opened to each server, and how many it takes: with the sum, so that it can be checked. */
function connectionSection(graph: AccessGraph): Section {
  return {
    title: "Connections",
    note: "At most, with every pool full. A pod is counted twice while it rotates its login or ends (overlap).",
    header: ["Server", "Together", "Takes", "Sum"],
    rows: connectionBudgets(graph).map(({ instance, pods, vault, reserved, total, limit, unknown }) => [
      [named(instance)],
      [`${unknown.length > 0 ? "at least " : ""}${total}`],
      [limit === undefined ? "not known: give `maxConnections`" : String(limit)],
      joined(
        [
          ...pods.map((one) => [named(one.workload), ` on `, named(one.mountPath), `: ${formatPodConnections(one)}`]),
          ...vault.map(({ mountPath, connections }) => ["Vault on ", named(mountPath), `: ${connections}`]),
          [`kept for others: ${reserved}`],
        ],
        "\n",
      ),
    ]),
  };
}

function deliverySection(graph: AccessGraph): Section {
  return {
    title: "Where it arrives",
    header: ["Workload", "As", "Credential of", "File"],
    rows: rowsOf(graph.deliveries, ({ workload, identity, mountPath, file }) => [
      [named(workload)],
      [named(identity)],
      [named(mountPath)],
      [named(file)],
    ]),
    folded: true,
  };
}
