import type {
  AccessObject,
  ContainerNode,
  DatabaseNode,
  DeliveryNode,
  DemandNode,
  EdgeNode,
  GrantNode,
  IdentityNode,
  LookedUp,
  Provenance,
  WorkloadKind,
  WorkloadNode,
} from "../model/graph";
import { KnownRight, RIGHT_KINDS } from "../model/known-rights";
import type { IdentityKey, IdentityKind } from "../model/names";
import { GRANTABLE, ObjectKind, Privilege } from "../model/privileges";
import {
  digest,
  type Fields,
  flag,
  isRecord,
  list,
  object,
  oneOf,
  type Reader,
  readPart,
  refuse,
  text,
  whole,
} from "./readers";
import { AccessReport, NotJudged, REPORT_SCHEMA, REPORT_VERSION, UnclassifiedNode } from "./report";

/** What stands in memory for what is not known of an identity that is declared elsewhere; in the file it is absent. */
const IDENTITY_FILLERS = { tokenTtl: 0, tokenMaxTtl: 0 };
/** The same of a database that exists already. */
const DATABASE_FILLERS = { instance: "", owner: "", majorVersion: 0 };
/** The same of a block that has no type or no name. */
const UNCLASSIFIED_FILLERS = { type: "", name: "" };

/** A report as it stands in the file. Only nodes have fillers: a table whose name is empty is not all tables of its schema. */
export function withoutFillers({ graph, unclassified, ...rest }: AccessReport): object {
  const identities = graph.identities.map((node) => (node.external ? without(node, IDENTITY_FILLERS) : node));
  const databases = graph.databases.map((node) => (node.external ? without(node, DATABASE_FILLERS) : node));
  return {
    ...{ $schema: rest.$schema, version: rest.version, graph: { ...graph, identities, databases } },
    ...{ unclassified: unclassified.map((node) => without(node, UNCLASSIFIED_FILLERS)), notJudged: rest.notJudged },
  };
}

function without<T extends object>(node: T, fillers: Partial<T>): Partial<T> {
  const kept = Object.entries(node).filter(
    ([key, value]) => !Object.hasOwn(fillers, key) || fillers[key as keyof T] !== value,
  );
  return Object.fromEntries(kept) as Partial<T>;
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
    tokenIssuer: text,
    issuerKeys: list(text),
    deletedPodToken: seconds,
    authRole: text,
    audience: text,
    tokenTtl: seconds,
    tokenMaxTtl: seconds,
    policies: list(text),
    external: flag,
    exposure: seconds,
  },
  [
    ...(["source", "vaultNamespace", "authHost", "tokenIssuer", "issuerKeys", "deletedPodToken"] as const),
    ...(["tokenTtl", "tokenMaxTtl", "exposure"] as const),
  ],
  IDENTITY_FILLERS,
);

const RIGHT = object<KnownRight>(
  {
    who: text,
    privilege: text,
    kind: oneOf(...RIGHT_KINDS),
    schema: text,
    name: text,
    column: text,
  },
  ["schema", "name", "column"],
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
    vaultLogin: text,
    estateRole: text,
    connection: text,
    adminPassword: text,
    majorVersion: count,
    sslMode: text,
    leaseCap: seconds,
    external: flag,
    maxConnections: count,
    reservedConnections: count,
    vaultConnections: count,
    vaultPassword: oneOf("kept"),
    publicRights: oneOf("unknown"),
    knownRights: object<LookedUp>({ lookedUp: text, rights: list(RIGHT) }),
  },
  [
    ...([
      "source",
      "instance",
      "vaultNamespace",
      "vaultAddress",
      "owner",
      "admin",
      "adminPassword",
      "majorVersion",
    ] as const),
    ...([
      "maxConnections",
      "reservedConnections",
      "vaultConnections",
      "vaultPassword",
      "publicRights",
      "knownRights",
    ] as const),
  ],
  DATABASE_FILLERS,
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

const PLACES = list(object<Provenance>(place, ["source"]));

/** Object and privilege go together: a sequence has no INSERT. */
const GRANTS: Readonly<Record<ObjectKind, Reader<GrantNode>>> = Object.fromEntries(
  (Object.keys(OBJECTS) as ObjectKind[]).map((kind) => [
    kind,
    object<GrantNode>({ object: OBJECTS[kind], privilege: oneOf<Privilege>(...GRANTABLE[kind]), grantedBy: PLACES }),
  ]),
) as Record<ObjectKind, Reader<GrantNode>>;

/** Of an object whose kind is not known: says so. */
const UNKNOWN_GRANT = object<GrantNode>({
  object: (entry, where) => {
    if (isRecord(entry)) readPart(KIND, entry.kind, where, "kind");
    else refuse(where, entry, "an object");
    return entry as AccessObject;
  },
  privilege: oneOf<Privilege>(...new Set(Object.values(GRANTABLE).flat())),
  grantedBy: PLACES,
});

const GRANT: Reader<GrantNode> = (value, where) => {
  const kind = kindOf(value);
  return (kind === undefined ? UNKNOWN_GRANT : GRANTS[kind])(value, where);
};

const EDGE = object<EdgeNode>(
  {
    ...place,
    identity: text,
    mountPath: text,
    groupRole: text,
    schemaWideRole: text,
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

/** `false` is written as an absent field, so that there is one way to say it. */
const only: Reader<true> = (value, where) =>
  value === true ? true : (refuse(where, value, "true, or absent") as never);

const CONTAINER = object<ContainerNode>({ name: text, image: text, runs: digest, init: only }, ["image", "init"]);

const DEMAND = object<DemandNode>({ name: text, says: digest, opens: only }, ["opens"]);

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
    starts: text,
    demands: list(DEMAND),
    containers: list(CONTAINER),
    placement: digest,
  },
  ["source", "pods", "surge", "drain", "grace", "rollout", "starts", "demands", "containers", "placement"],
);

const UNCLASSIFIED = object<UnclassifiedNode>(
  {
    ...place,
    stack: text,
    block: oneOf("resource", "data", "ephemeral", "provider", "module", "output", "backend", "stack", "report"),
    type: text,
    name: text,
    reason: oneOf("raw", "overridden", "setting", "unknown", "unread"),
    digest,
  },
  ["source", "type", "name"],
  UNCLASSIFIED_FILLERS,
);

/** The newest version of a report, whole. */
export const REPORT = object<Omit<AccessReport, "readFrom">>({
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
