import type { AccessObject, GrantNode } from "../model/graph";
import { AskedPrivilege, formatPattern, matchesName, NamePattern, ObjectPattern, QuestionError } from "./pattern";
import { GRANTABLE, ObjectKind, Privilege } from "../model/privileges";
import { signatureOf } from "../model/sql-types";

/**
 * How much of what was asked for is granted: `whole`, all of it that is of the grant's kind, what is made later included; `part`, some
 * of it, such as some columns of a table or some tables of a schema.
 */
export type Extent = "whole" | "part";

/** A question about one privilege on one object, found to make sense. */
export interface ObjectQuestion {
  readonly privilege: AskedPrivilege;
  readonly object: ObjectPattern;
  /** Kinds of object that an answer may name. */
  readonly kinds: readonly ObjectKind[];
}

/** Kinds that hold data, or reach it. */
const DATA: readonly ObjectKind[] = ["table", "column", "sequence", "function"];

/**
 * A privilege and an object as one question.
 *
 * @throws QuestionError when no object that is so written has such a privilege; it lists those that it has
 */
export function askAbout(privilege: AskedPrivilege, object: ObjectPattern): ObjectQuestion {
  const kinds = kindsOf(object);
  if (privilege === "ANY") {
    const data = kinds.filter((kind) => DATA.includes(kind));
    return { privilege, object, kinds: object.kind === undefined ? data : kinds };
  }
  const having = kinds.filter((kind) => has(kind, privilege, object));
  if (having.length === 0) {
    const known = new Set(kinds.flatMap((kind) => GRANTABLE[kind].filter((each) => has(kind, each, object))));
    throw new QuestionError(
      `${privilege} is not a privilege of ${formatPattern(object)}, which can be a ${kinds.join(", a ")}: choose among ${["ANY", ...known].join(", ")}`,
    );
  }
  return { privilege, object, kinds: having };
}

/** How much of the question the grant answers; `undefined` when it has nothing to do with it. */
export function extentOf(grant: Pick<GrantNode, "object" | "privilege">, question: ObjectQuestion): Extent | undefined {
  const { kind } = grant.object;
  if (!question.kinds.includes(kind)) return undefined;
  if (question.privilege !== "ANY" && question.privilege !== grant.privilege) return undefined;
  const granted = regionOf(grant.object);
  const asked = [question.object.schema, question.object.name, question.object.column];
  const callable = (index: number): boolean => kind === "function" && index === 1;
  const matches = (name: string, index: number): boolean =>
    matchesName(asked[index], name) || (callable(index) && overloads(asked[index], name));
  const equals = (name: string, index: number): boolean =>
    exactly(asked[index], name) || (callable(index) && sameFunction(asked[index], name));
  if (granted.some((name, index) => name !== undefined && !matches(name, index))) return undefined;
  return granted.every((name, index) => name === undefined || equals(name, index)) ? "whole" : "part";
}

/** Kinds of object that the pattern can name, with what is in them. */
function kindsOf({ kind, schema, name, column }: ObjectPattern): readonly ObjectKind[] {
  if (kind === "table" || kind === "column") return ["table", "column"];
  if (kind !== undefined) return [kind];
  if (column !== undefined) return ["table", "column"];
  if (name !== undefined) return DATA;
  if (schema !== undefined) return ["schema", ...DATA];
  return ["database", "schema", ...DATA];
}

/** A grant on a table holds for its columns, too. A question about a column may name only what can be granted on a column. */
function has(kind: ObjectKind, privilege: Privilege, object: ObjectPattern): boolean {
  const asked = object.column !== undefined && kind === "table" ? "column" : kind;
  return GRANTABLE[asked].includes(privilege);
}

/** Schema, name and column of the grant; `undefined` is every one. */
function regionOf({ kind, schema, name, column }: AccessObject): readonly (string | undefined)[] {
  if (kind === "database") return [];
  if (kind === "schema") return [schema];
  return kind === "column" ? [schema, name, column] : [schema, name];
}

function exactly(pattern: NamePattern | undefined, name: string): boolean {
  return literal(pattern) && pattern.text === name;
}

/** A function asked for by its name alone is each that has it, whatever its arguments are. */
function overloads(asked: NamePattern | undefined, granted: string): boolean {
  return sameFunction(asked, granted) || (literal(asked) && baseName(granted) === asked.text);
}

/** PostgreSQL grants on a function without its arguments only if there is one of that name. */
function sameFunction(asked: NamePattern | undefined, granted: string): boolean {
  return literal(asked) && (signature(asked.text) === signature(granted) || baseName(asked.text) === granted);
}

/** The name with its argument types, each by one of its names. */
function signature(name: string): string {
  const { base, types } = signatureOf(name);
  return types === undefined ? name : `${base}(${types.join(",")})`;
}

function literal(pattern: NamePattern | undefined): pattern is NamePattern {
  return pattern !== undefined && !pattern.open;
}

function baseName(name: string): string {
  return signatureOf(name).base;
}
