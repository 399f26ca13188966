import { givenAs } from "../model/given";
import type { AccessGraph, DatabaseNode } from "../model/graph";
import type { IdentityKey } from "../model/names";
import { GRANTABLE, ObjectKind, Privilege } from "../model/privileges";
import { knownAcrossCopies } from "../model/copies";
import { quoteIdentifier } from "../model/sql-quoting";

/** A question that cannot be understood. Says what is wrong, where, and how to write it. */
export class QuestionError extends Error {
  static {
    knownAcrossCopies(this, "QuestionError");
  }

  override readonly name = "QuestionError";
}

/** A name, or, `open`, every name that starts with it: `*` starts with nothing. */
export interface NamePattern {
  readonly text: string;
  readonly open: boolean;
}

/**
 * What a question is about: an object and all that is in it. A part that is absent is every one: `shop.sales` is the schema with
 * its tables, their columns, its sequences and functions.
 */
export interface ObjectPattern {
  /** Only objects of this kind (a table with its columns). @default - every kind that the name can have */
  readonly kind?: ObjectKind;
  /** Name of the PostgreSQL instance. @default - any */
  readonly instance?: NamePattern;
  readonly database: NamePattern;
  readonly schema?: NamePattern;
  readonly name?: NamePattern;
  readonly column?: NamePattern;
}

/** Whom a question is about. */
export interface WorkloadPattern {
  readonly cluster: NamePattern;
  readonly namespace: NamePattern;
  readonly serviceAccount: NamePattern;
}

/** A privilege, or `ANY`: every one that reaches data, which CONNECT, TEMPORARY and a schema's USAGE do not. */
export type AskedPrivilege = Privilege | "ANY";

/** `*`. */
export const ANY_NAME: NamePattern = { text: "", open: true };

const KINDS = Object.keys(GRANTABLE) as ObjectKind[];
const PARTS = ["database", "schema", "name", "column"] as const;
/** How many parts a name with this kind before it may have. */
const DEPTHS: Readonly<Record<ObjectKind, readonly [least: number, most: number]>> = {
  database: [1, 1],
  schema: [2, 2],
  table: [1, 3],
  column: [4, 4],
  sequence: [1, 3],
  function: [1, 3],
};
const FORM =
  'write database.schema.table.column or the beginning of it, such as shop.sales.wizard.name or shop.*, and put names that hold anything but letters, digits, "_", "$" and "-" in double quotes';

/**
 * Reads an object as people write it: `database[.schema[.name[.column]]]`.
 *
 * A part may be in double quotes as in SQL (`shop."odd.schema".t`, `""` for a quote). Case is kept as it is written, quoted or
 * not: names of the graph are those that PostgreSQL has. `*` is any name, `prefix*` any that starts so. `t(column)` is
 * `t.column`. Before it may stand the instance (`main/shop.sales`), and before that a kind (`sequence shop.sales.order_number`,
 * `function shop.sales.turnover(integer)`).
 *
 * @throws QuestionError when it is malformed, or names several columns
 */
export function parseObject(text: string): ObjectPattern {
  const objects = parseObjects(text);
  if (objects.length > 1)
    throw new QuestionError(`object ${JSON.stringify(text)} names ${objects.length} columns: ask for one at a time`);
  return objects[0];
}

/**
 * Reads an object as `parseObject` does, or several columns of one table: `shop.sales.customer(id, country)`.
 *
 * @throws QuestionError when it is malformed
 */
export function parseObjects(text: string): ObjectPattern[] {
  checkText("an object", text);
  return new Reader(text).objects();
}

/** The object as `parseObject` reads it. */
export function formatPattern(pattern: ObjectPattern): string {
  const kind = pattern.kind === undefined ? "" : `${pattern.kind} `;
  const instance = pattern.instance === undefined ? "" : `${formatPart(pattern.instance)}/`;
  const parts = [
    formatPart(pattern.database),
    ...(pattern.schema ? [formatPart(pattern.schema)] : []),
    ...(pattern.name ? [formatName(pattern.name, pattern.kind)] : []),
    ...(pattern.column ? [formatPart(pattern.column)] : []),
  ];
  return `${kind}${instance}${parts.join(".")}`;
}

/** The name that equals this one and no other. */
export function literalName(text: string): NamePattern {
  return { text, open: false };
}

/** Whether the name is one of the pattern's. */
export function matchesName(pattern: NamePattern | undefined, name: string): boolean {
  if (pattern === undefined) return true;
  return pattern.open ? name.startsWith(pattern.text) : name === pattern.text;
}

/** Whether the database is one of those that the object is in. */
export function matchesDatabase(
  pattern: ObjectPattern,
  database: Pick<DatabaseNode, "instance" | "database">,
): boolean {
  return matchesName(pattern.instance, database.instance) && matchesName(pattern.database, database.database);
}

/**
 * Reads whom a question is about: `namespace/ServiceAccount` in whatever cluster, `cluster/namespace/ServiceAccount`, or `*` for
 * everyone. Each part may be `*` or `prefix*`.
 *
 * @throws QuestionError when it is malformed
 */
export function parseWorkload(text: string): WorkloadPattern {
  checkText("a workload", text);
  if (text === "*") return { cluster: ANY_NAME, namespace: ANY_NAME, serviceAccount: ANY_NAME };
  const fail = (problem: string): never => {
    throw new QuestionError(
      `workload ${JSON.stringify(text)} ${problem}: write namespace/ServiceAccount or cluster/namespace/ServiceAccount, such as shop/web, eu/shop/web, shop/* or */web, or * for everyone`,
    );
  };
  const parts = text.split("/");
  if (parts.length < 2) fail("has no namespace");
  if (parts.length > 3) fail(`has ${parts.length} parts`);
  const names = parts.map((part, index) => {
    if (part === "") fail(`has nothing as part ${index + 1}`);
    if (!/^[a-z0-9.-]*\*?$/.test(part))
      fail(
        `holds ${JSON.stringify(part)}, which is neither a name that Kubernetes takes nor the start of one before a *`,
      );
    return part.endsWith("*") ? { text: part.slice(0, -1), open: true } : literalName(part);
  });
  const [cluster, namespace, serviceAccount] = names.length === 3 ? names : [ANY_NAME, ...names];
  return { cluster, namespace, serviceAccount };
}

/** The workload as `parseWorkload` reads it. */
export function formatWorkload({ cluster, namespace, serviceAccount }: WorkloadPattern): string {
  const parts = [cluster, namespace, serviceAccount];
  if (parts.every(isAny)) return "*";
  const shown = isAny(cluster) ? [namespace, serviceAccount] : parts;
  return shown.map(({ text, open }) => (open ? `${text}*` : text)).join("/");
}

/** Whether the identity is one of the pattern's. */
export function matchesWorkload(pattern: WorkloadPattern, key: IdentityKey): boolean {
  return (
    matchesName(pattern.cluster, key.cluster) &&
    matchesName(pattern.namespace, key.namespace) &&
    matchesName(pattern.serviceAccount, key.serviceAccount)
  );
}

/**
 * Reads a privilege in upper or lower case, or `ANY`.
 *
 * @throws QuestionError when PostgreSQL has no such privilege, or Leasehold does not grant it
 */
export function parsePrivilege(text: string): AskedPrivilege {
  checkText("a privilege", text);
  const known: readonly string[] = ["ANY", ...new Set(KINDS.flatMap((kind) => GRANTABLE[kind]))];
  const privilege = text.toUpperCase();
  if (!known.includes(privilege))
    throw new QuestionError(`privilege ${JSON.stringify(text)} cannot be granted: choose among ${known.join(", ")}`);
  return privilege as AskedPrivilege;
}

/** Whether the pattern is `*`. */
export function isAny(pattern: NamePattern): boolean {
  return pattern.open && pattern.text === "";
}

const PLAIN = /^[\p{L}\p{N}_$-]+$/u;

/** The name as a part of an object, in double quotes where it needs them. */
export function quoteName(text: string): string {
  return PLAIN.test(text) ? text : quoteIdentifier(text);
}

function formatPart({ text, open }: NamePattern): string {
  if (open) return text === "" ? "*" : `${quoteName(text)}*`;
  return quoteName(text);
}

function formatName(name: NamePattern, kind: ObjectKind | undefined): string {
  const signature = kind === "function" && !name.open ? /^([^()]+)(\([^()]*\))$/.exec(name.text) : null;
  return signature ? `${quoteName(signature[1])}${signature[2]}` : formatPart(name);
}

/** Reads one object from left to right. */
class Reader {
  private at = 0;
  private kind?: ObjectKind;

  constructor(private readonly text: string) {}

  objects(): ObjectPattern[] {
    const kind = /^([a-z]+) +/.exec(this.text);
    if (kind) {
      if (!(KINDS as string[]).includes(kind[1]))
        this.fail(`starts with ${JSON.stringify(kind[1])}, which is not a kind`);
      this.kind = kind[1] as ObjectKind;
      this.at = kind[0].length;
    }
    let instance: NamePattern | undefined;
    const parts = [this.part()];
    if (this.take("/")) {
      instance = parts[0];
      parts[0] = this.part();
    }
    while (this.take(".")) {
      if (parts.length === PARTS.length) this.fail("has more than four parts");
      parts.push(this.part());
    }
    const columns = this.parenthesis(parts);
    if (this.at < this.text.length) this.fail(`has ${this.next()} where a "." or the end is expected`);
    this.checkDepth(parts.length + (columns ? 1 : 0));
    const [database, schema, name, column] = parts;
    const object: ObjectPattern = {
      ...(this.kind && { kind: this.kind }),
      ...(instance && { instance }),
      database,
      ...(schema && { schema }),
      ...(name && { name }),
      ...(column && { column }),
    };
    return columns ? columns.map((each) => ({ ...object, column: each })) : [object];
  }

  /** After a function's name its argument types, which belong to the name; after a table's name its columns. */
  private parenthesis(parts: NamePattern[]): NamePattern[] | undefined {
    if (parts.length !== 3) return undefined;
    if (this.kind === "function") {
      const signature = /^\([^()]*\)/.exec(this.text.slice(this.at));
      if (!signature || parts[2].open) return undefined;
      this.at += signature[0].length;
      parts[2] = literalName(parts[2].text + signature[0]);
      return undefined;
    }
    if (!this.take("(")) return undefined;
    const columns: NamePattern[] = [];
    do {
      this.spaces();
      columns.push(this.part(3));
      this.spaces();
    } while (this.take(","));
    if (!this.take(")")) this.fail(`has ${this.next()} where "," or ")" is expected`);
    return columns;
  }

  private part(index?: number): NamePattern {
    const text = this.text[this.at] === '"' ? this.quotedName() : this.plainName();
    const open = this.take("*");
    if (text === "" && !open)
      this.fail(`has ${this.next()} where the ${index === 3 ? "column" : "next part"} is expected`);
    return { text, open };
  }

  private plainName(): string {
    const found = /^[^\s."*(),/]+/.exec(this.text.slice(this.at));
    this.at += found?.[0].length ?? 0;
    return found?.[0] ?? "";
  }

  private quotedName(): string {
    const found = /^"((?:[^"]|"")*)"/.exec(this.text.slice(this.at));
    if (!found) return this.fail("has a double quote that is not closed");
    if (found[1] === "") this.fail("has an empty name in quotes");
    this.at += found[0].length;
    return found[1].replace(/""/g, '"');
  }

  private checkDepth(depth: number): void {
    if (this.kind === undefined) return;
    const [least, most] = DEPTHS[this.kind];
    if (depth >= least && depth <= most) return;
    const form = PARTS.slice(0, most)
      .join(".")
      .replace("name", this.kind === "column" ? "table" : this.kind);
    throw new QuestionError(
      `object ${JSON.stringify(this.text)} has ${depth} ${depth === 1 ? "part" : "parts"}: a ${this.kind} is written ${form}`,
    );
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  private spaces(): void {
    while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
  }

  private next(): string {
    const char = [...this.text.slice(this.at)][0];
    return char === undefined ? "its end" : JSON.stringify(char);
  }

  private fail(problem: string): never {
    throw new QuestionError(`object ${JSON.stringify(this.text)} ${problem}, at character ${this.at + 1}: ${FORM}`);
  }
}

/** Plain JavaScript may ask with anything. */
function checkText(what: string, given: unknown): void {
  if (typeof given === "string") return;
  throw new QuestionError(`${what} is ${givenAs(given)}: give a text, such as "SELECT" or "shop/web"`);
}

/** Plain JavaScript may ask of anything, such as of the report that the graph is part of. @throws QuestionError */
export function checkGraph(given: unknown): void {
  const { identities, edges, databases } = (given ?? {}) as Partial<Record<keyof AccessGraph, unknown>>;
  if ([identities, edges, databases].every(Array.isArray)) return;
  throw new QuestionError(
    `a question is asked of an access graph, and is given ${givenAs(given)}: give accessGraphOf(app), or the \`graph\` of a report`,
  );
}

/** What somebody asks about, written or read already. @throws QuestionError */
export function askedWorkload(given: string | WorkloadPattern): WorkloadPattern {
  const { cluster, namespace, serviceAccount } = (given ?? {}) as Partial<WorkloadPattern>;
  const isRead = [cluster, namespace, serviceAccount].every((name) => typeof name?.text === "string");
  return isRead ? (given as WorkloadPattern) : parseWorkload(given as string);
}

/** As `askedWorkload`, of an object. @throws QuestionError */
export function askedObject(given: string | ObjectPattern): ObjectPattern {
  const isRead = typeof (given as Partial<ObjectPattern> | undefined | null)?.database?.text === "string";
  return isRead ? (given as ObjectPattern) : parseObject(given as string);
}
