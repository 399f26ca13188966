import { byCodeUnit } from "../model/graph";
import type {
  AccessObject,
  DatabaseNode,
  DeliveryNode,
  EdgeNode,
  GrantNode,
  IdentityNode,
  Provenance,
  WorkloadKind,
  WorkloadNode,
} from "../model/graph";
import { identityId, type IdentityKey, type IdentityKind } from "../model/names";
import { GRANTABLE, ObjectKind, Privilege } from "../model/privileges";
import { createHash } from "node:crypto";
import { AccessReport, NotJudged, REPORT_SCHEMA, REPORT_VERSION, UnclassifiedNode } from "./report";
import { knownAcrossCopies } from "../model/copies";

/** The text, such as that of `access.json`, is not a report of version 1. */
export class ReportError extends Error {
  static {
    knownAcrossCopies(this, "ReportError");
  }

  constructor(problems: readonly string[]) {
    super(`this is not an access report of version 1.x:\n${problems.map((problem) => `  ${problem}`).join("\n")}\n`);
    this.name = "ReportError";
  }
}

/** More than any program says; what is larger was not written by a synthesis. */
const MOST_CHARACTERS = 256 * 1024 * 1024;
/** As many problems are named; the rest of a file that has more would teach nobody anything. */
const MOST_PROBLEMS = 10;

/**
 * Reads the text of an `access.json`.
 *
 * It may come from a stranger's branch, so nothing of it is taken over: every value is checked and copied into new
 * objects that have the known fields only, in a fixed order. A field that is not known is refused, since it could say something
 * about access that a comparison would then leave out.
 *
 * Older versions 1.x are read as what they say. Of a newer one, what is not understood is listed under `unclassified` with the
 * reason `unknown`, so that a comparison counts it as growth.
 *
 * @throws ReportError that says what is wrong, where (as a JSON pointer) and how to put it right
 */
export function parseReport(text: string): AccessReport {
  if (text.length > MOST_CHARACTERS)
    throw new ReportError([`it is ${text.length} characters long; give the access.json of one program`]);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw new ReportError(["it is not JSON; give the access.json that `cdktf synth` wrote, whole"]);
  }
  return readReport(value);
}

/** The same for what was parsed already. @throws ReportError */
export function readReport(value: unknown): AccessReport {
  const problems: string[] = [];
  const minor = minorOf(value);
  const unknown: UnclassifiedNode[] = [];
  const newer =
    minor > NEWEST ? (pointer: string, part: unknown) => unknown.push(notUnderstood(pointer, part)) : undefined;
  const said = isRecord(value) && minor !== NEWEST ? asNewest(value, minor, problems) : value;
  const report = REPORT(said, { problems, newer });
  if (problems.length > 0) throw new ReportError(problems);
  if (unknown.length === 0) return report;
  const edges = report.graph.edges.filter((edge, index) => {
    const whole = hasBothEnds(report.graph, edge);
    if (!whole) unknown.push(notUnderstood(`/graph/edges/${index}`, edge));
    return whole;
  });
  return { ...report, graph: { ...report.graph, edges }, unclassified: [...report.unclassified, ...unknown] };
}

/** Whether identity and database of an edge were understood: without them no question about it has an answer. */
function hasBothEnds({ identities, databases }: AccessReport["graph"], edge: EdgeNode): boolean {
  return (
    identities.some(({ key }) => identityId(key) === edge.identity) &&
    databases.some(({ mountPath }) => mountPath === edge.mountPath)
  );
}

const NEWEST = Number(REPORT_VERSION.split(".")[1]);

/** The minor version of a report. What is not a report counts as the newest: its reader then says what is wrong. */
function minorOf(value: unknown): number {
  const version = isRecord(value) && Object.hasOwn(value, "version") ? value.version : undefined;
  if (version === undefined) return NEWEST;
  if (version === 1) return 0;
  const minor = typeof version === "string" ? /^1\.([1-9]\d{0,5})$/.exec(version)?.[1] : undefined;
  if (minor !== undefined) return Number(minor);
  throw new ReportError([
    `/version is ${show(version)}, and this Leasehold reads versions 1.x; use the Leasehold that wrote the file`,
  ]);
}

/** What 1.0 wrote in its own way: a number as version, one more in the graph, and a path as schema. */
function asNewest(value: Record<string, unknown>, minor: number, problems: string[]): Record<string, unknown> {
  const said = { ...value, version: REPORT_VERSION, $schema: REPORT_SCHEMA };
  if (minor > 0) return said;
  const top: Where = { problems };
  oneOf("leasehold/schema/access-1.json")(value.$schema, at(top, "$schema"));
  if (!isRecord(value.graph)) return said;
  const { version, ...graph } = value.graph;
  const inGraph = at(top, "graph");
  oneOf(1)(version, at(inGraph, "version"));
  if ("workloads" in graph) refuse(at(inGraph, "workloads"), graph.workloads, "absent: 1.0 has none");
  return { ...said, graph };
}

/** A part of a newer report: known by its place, without positions in lists, and by a digest of what it says. */
function notUnderstood(pointer: string, part: unknown): UnclassifiedNode {
  return {
    path: pointer,
    stack: "access.json",
    block: "report",
    type: pointer.replace(/\/\d+(?=\/|$)/g, "/*"),
    name: "",
    reason: "unknown",
    digest: createHash("sha256").update(canonical(part)).digest("hex"),
  };
}

function canonical(part: unknown): string {
  try {
    return JSON.stringify(part, (_, inner: unknown) =>
      isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => byCodeUnit(a, b))) : inner,
    );
  } catch {
    throw new ReportError(["it is nested too deep; give the access.json of one program"]);
  }
}

/** The text of `access.json`: the same report gives the same bytes, whatever the order of fields in memory. @throws ReportError */
export function formatReport(report: AccessReport): string {
  const read = readReport(JSON.parse(JSON.stringify(report)));
  return `${JSON.stringify(read, (_, part: unknown) => withoutFillers(part), 2)}\n`;
}

/** What stands in memory for a thing that is not known or has no name, by field: in the file it is absent. */
const FILLERS: Readonly<Record<string, string | number>> = {
  instance: "",
  owner: "",
  majorVersion: 0,
  tokenTtl: 0,
  tokenMaxTtl: 0,
  type: "",
  name: "",
};

/** Only of the nodes that have fillers: a table whose name is empty is not all tables of its schema. */
function withoutFillers(part: unknown): unknown {
  if (!isRecord(part)) return part;
  const filled =
    "digest" in part
      ? ["type", "name"]
      : part.external === true
        ? ["instance", "owner", "majorVersion", "tokenTtl", "tokenMaxTtl"]
        : [];
  if (filled.length === 0) return part;
  return Object.fromEntries(
    Object.entries(part).filter(([key, value]) => !filled.includes(key) || FILLERS[key] !== value),
  );
}

/** The place of a value. Its pointer is made only when somebody is told of it: a large report has a million fields. */
interface Where {
  /** What it stands in, and as what; absent of the file itself. */
  readonly above?: Where;
  readonly key?: string | number;
  readonly problems: string[];
  /** Of a newer version: told what is not understood, and where. */
  readonly newer?: (pointer: string, part: unknown) => void;
}

/** Reads a value, and notes what is wrong with it. What it returns then is never used. */
type Reader<T> = (value: unknown, where: Where) => T;

/** A reader for each field; those that may be absent come by themselves. */
type Fields<T> = { readonly [K in keyof Required<T>]: Reader<Exclude<T[K], undefined>> };

function refuse(where: Where, value: unknown, expected: string): undefined {
  const { problems } = where;
  if (problems.length < MOST_PROBLEMS)
    problems.push(`${pointerOf(where) || "it"} is ${show(value)}, but should be ${expected}`);
  return undefined;
}

function at(above: Where, key: string | number): Where {
  return { above, key, problems: above.problems, newer: above.newer };
}

function pointerOf({ above, key }: Where): string {
  if (!above) return "";
  return `${pointerOf(above)}/${escaped(String(key).replace(/~/g, "~0").replace(/\//g, "~1"))}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of the file in a message: short, on one line, and without what a terminal would obey. */
function show(value: unknown): string {
  if (value === undefined) return "absent";
  if (Array.isArray(value)) return "a list";
  if (isRecord(value)) return "an object";
  return escaped(JSON.stringify(typeof value === "string" ? value.slice(0, 60) : value));
}

function escaped(text: string): string {
  const hex = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`;
  return text.slice(0, 400).replace(/[^\x20-\x7e]/g, (unit) => hex(unit.charCodeAt(0)));
}

const text: Reader<string> = (value, where) =>
  typeof value === "string" ? value : (refuse(where, value, "text") as never);

const flag: Reader<boolean> = (value, where) =>
  typeof value === "boolean" ? value : (refuse(where, value, "true or false") as never);

function whole(least: number): Reader<number> {
  return (value, where) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= least
      ? value
      : (refuse(where, value, `a whole number of at least ${least}`) as never);
}

function oneOf<T extends string | number>(...allowed: readonly T[]): Reader<T> {
  const expected = allowed.map((one) => JSON.stringify(one)).join(" or ");
  return (value, where) => (allowed.includes(value as T) ? (value as T) : (refuse(where, value, expected) as never));
}

const digest: Reader<string> = (value, where) =>
  typeof value === "string" && /^[0-9a-f]{64}$/.test(value)
    ? value
    : (refuse(where, value, "64 hexadecimal digits in lower case") as never);

function list<T>(item: Reader<T>): Reader<T[]> {
  return (value, where) =>
    Array.isArray(value)
      ? value.flatMap((entry, index) => entryOf(item, entry, at(where, index)))
      : (refuse(where, value, "a list") as never);
}

/** An entry of a list; of a newer version one that is not understood is told as a whole, and left out. */
function entryOf<T>(item: Reader<T>, entry: unknown, where: Where): T[] {
  const { newer } = where;
  if (!newer) return [item(entry, where)];
  const problems: string[] = [];
  const inner: [string, unknown][] = [];
  const read = item(entry, { ...where, problems, newer: (...told) => inner.push(told) });
  if (problems.length > 0) {
    newer(pointerOf(where), entry);
    return [];
  }
  for (const told of inner) newer(...told);
  return [read];
}

/** @param optional may be absent @param filled those of them that memory has a filler for */
function object<T extends object>(
  fields: Fields<T>,
  optional: readonly (keyof T & string)[] = [],
  filled: readonly (keyof T & string)[] = [],
): Reader<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value, where) => {
    if (!isRecord(value)) return refuse(where, value, "an object") as never;
    for (const key of Object.keys(value))
      if (!(names as readonly string[]).includes(key)) {
        const here = at(where, key);
        if (where.newer) where.newer(pointerOf(here), value[key]);
        else refuse(here, value[key], "absent: no such field is known; use the Leasehold that wrote the file");
      }
    const read: Partial<Record<keyof T, unknown>> = {};
    for (const name of names) {
      const present = Object.hasOwn(value, name);
      if (!present && optional.includes(name)) {
        if (filled.includes(name)) read[name] = FILLERS[name];
        continue;
      }
      read[name] = fields[name](present ? value[name] : undefined, at(where, name));
    }
    return read as T;
  };
}

const seconds = whole(0);
const count = whole(0);
const place: Fields<Provenance> = { path: text, source: text };

const KEY = object<IdentityKey>(
  { kind: oneOf<IdentityKind>("kubernetes"), cluster: text, namespace: text, serviceAccount: text },
  ["kind"],
);

const IDENTITY = object<IdentityNode>(
  {
    ...place,
    key: KEY,
    vaultNamespace: text,
    authPath: text,
    authHost: text,
    authRole: text,
    audience: text,
    tokenTtl: seconds,
    tokenMaxTtl: seconds,
    policies: list(text),
    external: flag,
    exposure: seconds,
  },
  ["source", "vaultNamespace", "authHost", "tokenTtl", "tokenMaxTtl", "exposure"],
  ["tokenTtl", "tokenMaxTtl"],
);

const DATABASE = object<DatabaseNode>(
  {
    ...place,
    instance: text,
    database: text,
    vaultNamespace: text,
    mountPath: text,
    vaultAddress: text,
    owner: text,
    admin: text,
    majorVersion: count,
    sslMode: text,
    leaseCap: seconds,
    external: flag,
    maxConnections: count,
    reservedConnections: count,
    vaultConnections: count,
    publicRights: oneOf("unknown"),
  },
  [
    ...(["source", "instance", "vaultNamespace", "vaultAddress", "owner", "admin", "majorVersion"] as const),
    ...(["maxConnections", "reservedConnections", "vaultConnections", "publicRights"] as const),
  ],
  ["instance", "owner", "majorVersion"],
);

/** What an object of each kind is named by: a table without a name stands for all of its schema. */
const OBJECTS: Readonly<Record<ObjectKind, Reader<AccessObject>>> = {
  database: named("database", {}),
  schema: named("schema", { schema: text }),
  table: named("table", { schema: text, name: text }, ["name"]),
  column: named("column", { schema: text, name: text, column: text }),
  sequence: named("sequence", { schema: text, name: text }, ["name"]),
  function: named("function", { schema: text, name: text }, ["name"]),
};

function named(
  kind: ObjectKind,
  names: Partial<Record<"schema" | "name" | "column", Reader<string>>>,
  optional: readonly ("schema" | "name" | "column")[] = [],
): Reader<AccessObject> {
  return object({ kind: oneOf(kind), ...names } as Fields<AccessObject>, optional);
}

const KIND = oneOf(...(Object.keys(OBJECTS) as ObjectKind[]));

function kindOf(grant: unknown): ObjectKind | undefined {
  const kind = isRecord(grant) && isRecord(grant.object) ? grant.object.kind : undefined;
  return typeof kind === "string" && Object.hasOwn(OBJECTS, kind) ? (kind as ObjectKind) : undefined;
}

/** Object and privilege go together: a sequence has no INSERT. */
const GRANT: Reader<GrantNode> = (value, where) => {
  const kind = kindOf(value);
  const unknown: Reader<AccessObject> = (entry, here) => {
    if (isRecord(entry)) KIND(entry.kind, at(here, "kind"));
    else refuse(here, entry, "an object");
    return entry as AccessObject;
  };
  return object<GrantNode>({
    object: kind === undefined ? unknown : OBJECTS[kind],
    privilege: oneOf<Privilege>(...(kind === undefined ? new Set(Object.values(GRANTABLE).flat()) : GRANTABLE[kind])),
    grantedBy: list(object<Provenance>(place, ["source"])),
  })(value, where);
};

const EDGE = object<EdgeNode>(
  {
    ...place,
    identity: text,
    mountPath: text,
    groupRole: text,
    databaseRole: text,
    policy: text,
    actsAs: text,
    leaseTtl: seconds,
    leaseMaxTtl: seconds,
    connectionLimit: count,
    maxLiveLeases: count,
    grants: list(GRANT),
  },
  ["source", "actsAs"],
);

const DELIVERY = object<DeliveryNode>(
  { ...place, workload: text, identity: text, mountPath: text, file: text, pool: count },
  ["source", "pool"],
);

const WORKLOAD = object<WorkloadNode>(
  {
    ...place,
    kind: oneOf<WorkloadKind>("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"),
    namespace: text,
    name: text,
    identity: text,
    pods: count,
    surge: count,
    drain: seconds,
    grace: seconds,
    rollout: seconds,
  },
  ["source", "pods", "surge", "drain", "grace", "rollout"],
);

const UNCLASSIFIED = object<UnclassifiedNode>(
  {
    ...place,
    stack: text,
    block: oneOf("resource", "data", "ephemeral", "provider", "module", "stack", "report"),
    type: text,
    name: text,
    reason: oneOf("raw", "overridden", "setting", "unknown"),
    digest,
  },
  ["source", "type", "name"],
  ["type", "name"],
);

const REPORT = object<AccessReport>({
  $schema: oneOf(REPORT_SCHEMA),
  version: oneOf(REPORT_VERSION),
  graph: object<AccessReport["graph"]>(
    {
      identities: list(IDENTITY),
      databases: list(DATABASE),
      edges: list(EDGE),
      deliveries: list(DELIVERY),
      workloads: list(WORKLOAD),
    },
    ["workloads"],
  ),
  unclassified: list(UNCLASSIFIED),
  notJudged: list(object<NotJudged>({ provider: text, count })),
});
