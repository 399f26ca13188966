import { askAbout, extentOf } from "../access/questions/coverage";
import type { AccessObject, DatabaseNode, Provenance } from "../access/model/graph";
import { identitiesOf, unmentionedObject } from "../access/questions/mentions";
import { identityId } from "../access/model/names";
import {
  ANY_NAME,
  formatPattern,
  isAny,
  literalName,
  matchesDatabase,
  ObjectPattern,
  parseObjects,
  quoteName,
  QuestionError,
  WorkloadPattern,
} from "../access/questions/pattern";
import { pathsOf } from "../access/questions/paths";
import type { IdentityAccess } from "../access/questions/query";
import { GRANTABLE, ObjectKind, Privilege } from "../access/model/privileges";
import { formatUnmentioned } from "./blind-spots";
import type { Facts } from "./subject";

/**
 * Privileges by object:
 *
 * - a table `shop.sales.wizard`, some of its columns `shop.sales.customer(id, country)`, all tables of a schema, those to come included,
 *   `shop.staff.*`;
 * - `sequence shop.sales.order_number`, `function shop.sales.turnover`, all sequences `sequence shop.sales.*`;
 * - `shop` with `ALL`: it acts as the owner role, as a migration does.
 *
 * Names are written as in questions (docs/assertions.md). CONNECT on the database and USAGE on the schema of what is listed are understood;
 * of a login that may touch nothing, write `shop: ["CONNECT"]`.
 */
export type ExpectedAccess = Readonly<Record<string, readonly (Privilege | "ALL")[]>>;

/** One privilege on one object of one database; without an object all that the owner role owns. */
export interface Item {
  readonly database: Pick<DatabaseNode, "instance" | "database">;
  readonly object?: AccessObject;
  readonly privilege: Privilege | "ALL";
  /** Of an item that is granted. */
  readonly grantedBy: readonly Provenance[];
}

/** What one identity has and should not have, and the reverse. */
export interface Difference {
  readonly missing: readonly Item[];
  readonly surplus: readonly Item[];
}

/**
 * What is expected, as items.
 *
 * @throws QuestionError when a key is malformed or fits no database or several, or when its kind has no such privilege
 */
export function expectedItems(facts: Facts, expected: ExpectedAccess): Item[] {
  return Object.entries(expected).flatMap(([key, privileges]) => {
    if (privileges.length === 0)
      throw new QuestionError(`${JSON.stringify(key)} is expected with no privilege: name one`);
    return parseObjects(key).flatMap((pattern) => {
      const database = databaseOf(facts, key, pattern);
      const object = objectOf(key, pattern);
      return privileges.map((privilege) => itemOf(key, database, object, privilege));
    });
  });
}

/** What each identity has, by its name. */
export function actualItems(facts: Facts, who: WorkloadPattern): Map<string, Item[]> {
  const items = new Map(identitiesOf(facts.graph, who).map(({ key }): [string, Item[]] => [identityId(key), []]));
  for (const { edge, database, grant } of pathsOf(facts.graph)) {
    items.get(edge.identity)?.push({
      database,
      ...(grant && { object: grant.object }),
      privilege: grant?.privilege ?? "ALL",
      grantedBy: grant?.grantedBy ?? [edge],
    });
  }
  return items;
}

/**
 * The difference of the two, as sets of what may be done. A column is part of its table, and a table part of its
 * schema's tables: so what is granted twice need not be written twice.
 */
export function difference(actual: readonly Item[], expected: readonly Item[]): Difference {
  const within = (item: Item, items: readonly Item[]): boolean => items.some((other) => includes(other, item));
  const understood = [...expected, ...expected.flatMap(impliedBy)];
  return {
    missing: expected.filter((item) => !within(item, actual)),
    surplus: actual.filter((item) => !within(item, understood)),
  };
}

/** The key of `ExpectedAccess` that names the object; `columns` of it together. */
export function keyOf(
  { graph }: Facts,
  { instance, database }: Item["database"],
  object: AccessObject = { kind: "database" },
  columns: readonly string[] = object.column === undefined ? [] : [object.column],
): string {
  const twins = graph.databases.filter((node) => node.database === database && node.instance !== instance);
  const prefixed = object.kind === "sequence" || object.kind === "function";
  const wide = object.name === undefined && object.kind !== "database" && object.kind !== "schema";
  const key = formatPattern({
    ...(prefixed && { kind: object.kind }),
    ...(twins.length > 0 && { instance: literalName(instance) }),
    database: literalName(database),
    ...(object.schema !== undefined && { schema: literalName(object.schema) }),
    ...(object.name !== undefined && { name: literalName(object.name) }),
    ...(wide && { name: ANY_NAME }),
  });
  return columns.length === 0 ? key : `${key}(${columns.map(quoteName).join(", ")})`;
}

/** What an identity has, as `ExpectedAccess` says it: without what is understood. */
export function writtenAccess(facts: Facts, identity: IdentityAccess): ExpectedAccess {
  const written: Record<string, (Privilege | "ALL")[]> = {};
  for (const { database, actsAs, holdings } of identity.databases) {
    const write = (privilege: Privilege | "ALL", object?: AccessObject, columns?: readonly string[]): void => {
      (written[keyOf(facts, database, object, columns)] ??= []).push(privilege);
    };
    const items = holdings.flatMap(({ object, columns, privileges }) =>
      privileges.map((privilege) => ({ database, object, columns, privilege, grantedBy: [] })),
    );
    if (actsAs !== undefined) write("ALL");
    const implied = [
      ...items.filter(({ object }) => object.kind !== "database").flatMap(impliedBy),
      ...(actsAs === undefined ? [] : impliedBy({ database, privilege: "ALL", grantedBy: [] })),
    ];
    for (const item of items) {
      if (!implied.some((other) => includes(other, item))) write(item.privilege, item.object, item.columns);
    }
  }
  return written;
}

function databaseOf({ graph }: Facts, key: string, pattern: ObjectPattern): DatabaseNode {
  const found = new Map(
    graph.databases
      .filter((database) => !pattern.database.open && matchesDatabase(pattern, database))
      .map((database) => [`${database.instance}/${database.database}`, database]),
  );
  if (pattern.database.open || pattern.instance?.open)
    throw new QuestionError(`${JSON.stringify(key)} names no single database: write its name`);
  if (found.size > 1)
    throw new QuestionError(`${JSON.stringify(key)} can be ${[...found.keys()].join(" or ")}: write which`);
  const [database] = found.values();
  if (database) return database;
  const [unmentioned] = unmentionedObject(graph, pattern);
  throw new QuestionError(`${JSON.stringify(key)}: ${formatUnmentioned(unmentioned)}`);
}

function objectOf(key: string, pattern: ObjectPattern): AccessObject {
  const { schema, name, column } = pattern;
  const wide = name !== undefined && isAny(name) && column === undefined;
  if ([schema, wide ? undefined : name, column].some((part) => part?.open))
    throw new QuestionError(
      `${JSON.stringify(key)} holds a * where what is expected must be named: only all tables, sequences or functions of a schema are written schema.*`,
    );
  const kind = kindOf(key, pattern);
  return {
    kind,
    ...(schema && { schema: schema.text }),
    ...(name && !wide && { name: name.text }),
    ...(column && { column: column.text }),
  };
}

/** Unless the key says otherwise, what has a name is a table: sequences and functions could hide behind it. */
function kindOf(key: string, { kind, schema, name, column }: ObjectPattern): ObjectKind {
  const written: ObjectKind = column ? "column" : name ? (kind ?? "table") : schema ? "schema" : "database";
  if (kind !== undefined && kind !== written && !(kind === "table" && written === "column"))
    throw new QuestionError(
      `${JSON.stringify(key)} is a ${written}: write ${kind} database.schema.name, or schema.* for all`,
    );
  return written;
}

function itemOf(key: string, database: DatabaseNode, object: AccessObject, privilege: Privilege | "ALL"): Item {
  if (privilege === "ALL") {
    if (object.kind === "database") return { database, privilege, grantedBy: [] };
    throw new QuestionError(
      `${JSON.stringify(key)} is expected with ALL: name each privilege; ALL is that of an owner`,
    );
  }
  const known = GRANTABLE[object.kind];
  if (known.includes(privilege)) return { database, object, privilege, grantedBy: [] };
  const other =
    object.kind === "table" && (["sequence", "function"] as const).find((kind) => GRANTABLE[kind].includes(privilege));
  throw new QuestionError(
    `${JSON.stringify(key)} is expected with ${JSON.stringify(privilege)}, which is not a privilege of a ${object.kind}: choose among ${known.join(", ")}${other ? `, or write ${JSON.stringify(`${other} ${key}`)}` : ""}`,
  );
}

/** Whether whoever has the one also has the other. */
function includes(item: Item, other: Item): boolean {
  if (item.database.instance !== other.database.instance || item.database.database !== other.database.database)
    return false;
  if (!item.object) return true;
  if (!other.object || item.privilege === "ALL" || other.privilege === "ALL") return false;
  const question = askAbout(other.privilege, patternOf(other.database, other.object));
  return extentOf({ object: item.object, privilege: item.privilege }, question) === "whole";
}

function patternOf(
  { instance, database }: Item["database"],
  { kind, schema, name, column }: AccessObject,
): ObjectPattern {
  return {
    kind,
    instance: literalName(instance),
    database: literalName(database),
    ...(schema !== undefined && { schema: literalName(schema) }),
    ...(name !== undefined && { name: literalName(name) }),
    ...(column !== undefined && { column: literalName(column) }),
  };
}

/** The items without which an item is of no use. */
function impliedBy({ database, object }: Item): Item[] {
  const connect: Item = { database, object: { kind: "database" }, privilege: "CONNECT", grantedBy: [] };
  if (object?.schema === undefined || object.kind === "schema") return [connect];
  return [connect, { database, object: { kind: "schema", schema: object.schema }, privilege: "USAGE", grantedBy: [] }];
}
