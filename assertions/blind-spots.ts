import { identityId } from "../access/model/names";
import { formatWorkload, matchesWorkload, ObjectPattern, WorkloadPattern } from "../access/questions/pattern";
import { databaseId, unknownRights } from "../access/model/graph";
import { elsewhereOf, FoundRight, lookedUpOf, rightsNotKnown } from "../access/questions/paths";
import { GRANTABLE, ObjectKind } from "../access/model/privileges";
import { identitiesOf, Unmentioned, unmentionedObject, unmentionedWorkload } from "../access/questions/mentions";
import type { Facts } from "./subject";

/** How an assertion that somebody has no access treats what the access graph cannot tell. */
export interface Leniency {
  /**
   * `allow`: a workload or database that the graph does not know has no access. Else the assertion fails, since a misspelt name
   * has none either.
   *
   * @default - it fails
   */
  readonly unknown?: "allow";
  /**
   * What somebody has looked at, and what gives none of the access in question. Name blocks that the graph does not
   * explain by their construct paths, and other Vault policies of an identity by their names. Name databases by
   * `instance/database`: those that another program grants on, or of which it is not known what PUBLIC may do. `all`
   * stands for all of these, future ones included.
   *
   * @default - none: the assertion fails and names them
   */
  readonly reviewed?: "all" | readonly string[];
}

/** How an assertion that nobody has access is made. */
export interface Absence extends Leniency {
  /** Workloads that may have it, such as the migration, which acts as the owner of all. @default - none */
  readonly except?: readonly string[];
}

/** Parts of the program that an assertion would need to see and cannot; one line each. */
export interface Question {
  readonly who: WorkloadPattern;
  /** Identities of whom nothing is asserted. @default - none */
  readonly except?: readonly WorkloadPattern[];
  /** @default - every database that the workload gets a login to */
  readonly object?: ObjectPattern;
  /**
   * Whether the assertion is about what logins may do. Other policies give other logins, and PUBLIC's rights give more;
   * neither makes anything last longer. @default true
   */
  readonly rights?: boolean;
}

/** Reasons for which it cannot be said that there is no access. Empty: the graph tells all. */
export function blindSpots(facts: Facts, question: Question, { unknown, reviewed = [] }: Leniency): string[] {
  const missing = [
    ...unmentionedWorkload(facts.graph, question.who),
    ...(question.object ? unmentionedObject(facts.graph, question.object) : []),
  ].filter(({ part }) => part === "workload" || part === "database");
  const seen = (name: string): boolean => reviewed === "all" || reviewed.includes(name);
  return [
    ...(unknown === "allow" ? [] : missing.map(formatUnmentioned)),
    ...unclassified(facts, seen),
    ...(question.rights === false ? [] : [...policies(facts, question, seen), ...publicRights(facts, question, seen)]),
    ...elsewhere(facts, question, seen),
  ];
}

/** `the graph knows no database paymnets: did you mean payments?` */
export function formatUnmentioned({ part, asked, near }: Unmentioned): string {
  const what = part === "name" ? "table, sequence or function" : part;
  return `the graph knows no ${what} ${asked}${near.length > 0 ? `: did you mean ${near.join(" or ")}?` : ""}`;
}

/** Settings are left out: they are props of our own constructs, none of which gives access that the graph does not show. */
function unclassified(facts: Facts, seen: (name: string) => boolean): string[] {
  return facts.unclassified
    .filter(({ reason, path }) => reason !== "setting" && !seen(path))
    .map(({ reason, type, block, path, source }) => {
      const what = `${type === "" ? block : type} ${path}${source === undefined ? "" : ` (${source})`}`;
      return reason === "raw"
        ? `the graph does not explain ${what}, which is made by hand`
        : `the graph does not explain ${what}, which is not as Leasehold made it`;
    });
}

function policies(facts: Facts, { who, except = [] }: Question, seen: (name: string) => boolean): string[] {
  const asked = identitiesOf(facts.graph, who).filter(({ key }) => !except.some((each) => matchesWorkload(each, key)));
  return asked.flatMap((identity) =>
    identity.policies
      .filter((policy) => !seen(policy))
      .map(
        (policy) => `${identityId(identity.key)} also holds the Vault policy ${policy}, which the graph does not read`,
      ),
  );
}

/**
 * What PUBLIC may do, every login of the database may do. While PUBLIC may connect, the logins of the server's other
 * databases may do it, too.
 */
function publicRights(
  { graph }: Facts,
  { who, except = [], object }: Question,
  seen: (name: string) => boolean,
): string[] {
  const asked = identitiesOf(graph, who).filter(({ key }) => !except.some((each) => matchesWorkload(each, key)));
  const names = new Set(asked.map(({ key }) => identityId(key)));
  const mounts = new Set(graph.edges.filter(({ identity }) => names.has(identity)).map(({ mountPath }) => mountPath));
  const servers = new Set(
    graph.databases.filter(({ mountPath }) => mounts.has(mountPath)).map(({ instance }) => instance),
  );
  const looked = lookedUp(graph, object).filter(({ database }) => servers.has(database.instance));
  const known = looked
    .filter(({ database }) => !seen(databaseId(database)))
    .map(
      ({ database, right, lookedUp: day }) =>
        `${right.who} may ${right.privilege} in ${databaseId(database)}, as was looked up on ${day}: see "Looked up" in the report`,
    );
  const unknown = (object ? rightsNotKnown(graph, object) : unknownRights(graph))
    .filter(({ instance }) => servers.has(instance))
    .map(databaseId)
    .filter((name) => !seen(name))
    .map(
      (name) =>
        `it is not known what PUBLIC may do in ${name}, which Leasehold did not make, and so each login of that server`,
    );
  return [...new Set(known), ...unknown];
}

/** What PUBLIC may do every login may. Who may act as an owner is no workload. */
function lookedUp(graph: Facts["graph"], object: ObjectPattern | undefined): FoundRight[] {
  const asked = object ?? { database: { text: "", open: true } };
  return lookedUpOf(graph, { privilege: "ANY", object: asked, kinds: ALL_KINDS }).filter(
    ({ right }) => right.who === "PUBLIC",
  );
}

const ALL_KINDS = Object.keys(GRANTABLE) as ObjectKind[];

function elsewhere(facts: Facts, { who, object }: Question, seen: (name: string) => boolean): string[] {
  const found = object
    ? elsewhereOf(facts.graph, object, who)
    : elsewhereOf(facts.graph, { database: { text: "", open: true } }, who).filter(
        ({ deliveries }) => deliveries.length > 0,
      );
  return found
    .map(({ database }) => `${database.instance}/${database.database}`)
    .filter((name) => !seen(name))
    .map((name) => `another program says what ${formatWorkload(who)} may do in ${name}`);
}
