import { parseSync } from "libpg-query";

type Node = Readonly<Record<string, unknown>>;

/** A privilege as PostgreSQL's parser understands a GRANT. */
export interface Granted {
  readonly privilege: string;
  readonly kind: string;
  readonly schema?: string;
  readonly name?: string;
  readonly column?: string;
  readonly to: string;
}

const at = (node: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Node | undefined)?.[key as string], node);
const list = (node: unknown, ...path: readonly (string | number)[]): unknown[] =>
  (at(node, ...path) as unknown[]) ?? [];

/** The only statement of a text. @throws when there are none or several, or it does not parse */
export function onlyStatement(sql: string): Node {
  const { stmts } = parseSync(sql) as { stmts: { stmt: Node }[] };
  if (stmts.length !== 1) throw new Error(`${stmts.length} statements in ${JSON.stringify(sql)}`);
  return stmts[0].stmt;
}

/** PUBLIC, CURRENT_USER and the like are no names, whatever quotes stand around them. */
function roleOf(spec: unknown): string {
  const type = at(spec, "RoleSpec", "roletype");
  return type === "ROLESPEC_CSTRING" ? String(at(spec, "RoleSpec", "rolename")) : `<${String(type)}>`;
}

const KINDS: Readonly<Record<string, string>> = {
  OBJECT_TABLE: "table",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_FUNCTION: "function",
  OBJECT_SCHEMA: "schema",
  OBJECT_DATABASE: "database",
};

function target(node: unknown): Pick<Granted, "schema" | "name"> {
  const range = at(node, "RangeVar");
  if (range) return { schema: String(at(range, "schemaname")), name: String(at(range, "relname")) };
  const called = at(node, "ObjectWithArgs");
  if (called) {
    const names = list(called, "objname").map((part) => at(part, "String", "sval"));
    if (names.length !== 2) throw new Error(`a function of ${names.length} names`);
    return { schema: String(names[0]), name: String(names[1]) };
  }
  return { schema: String(at(node, "String", "sval")) };
}

/** What a GRANT says. */
export function readGrant(sql: string): Granted[] {
  const grant = at(onlyStatement(sql), "GrantStmt") as Node | undefined;
  if (!grant) throw new Error(`no GRANT: ${JSON.stringify(sql)}`);
  return granted(grant);
}

function granted(grant: Node): Granted[] {
  if (grant.is_grant !== true || grant.grant_option) throw new Error("not a plain GRANT");
  const kind = KINDS[String(grant.objtype)];
  return list(grant, "grantees").flatMap((grantee) =>
    list(grant, "privileges").flatMap((entry) => {
      const privilege = String(at(entry, "AccessPriv", "priv_name")).toUpperCase();
      const columns = list(entry, "AccessPriv", "cols").map((column) => String(at(column, "String", "sval")));
      const objects = grant.targtype === "ACL_TARGET_DEFAULTS" ? [undefined] : list(grant, "objects");
      return objects.flatMap((object) => {
        const where = object === undefined ? {} : target(object);
        const to = roleOf(grantee);
        if (columns.length === 0) return [{ privilege, kind, ...where, to }];
        return columns.map((column) => ({ privilege, kind: "column", ...where, column, to }));
      });
    }),
  );
}

/** What ALTER DEFAULT PRIVILEGES … GRANT says: for whose objects, in which schema. */
export function readDefaults(sql: string): Granted & { readonly of: string } {
  const alter = at(onlyStatement(sql), "AlterDefaultPrivilegesStmt") as Node;
  const option = (name: string): unknown[] =>
    list(
      list(alter, "options").find((entry) => at(entry, "DefElem", "defname") === name),
      "DefElem",
      "arg",
      "List",
      "items",
    );
  const schemas = option("schemas");
  const roles = option("roles");
  const grants = granted(alter.action as Node);
  if (schemas.length !== 1 || roles.length !== 1 || grants.length !== 1) throw new Error("more than one default");
  return { ...grants[0], schema: String(at(schemas[0], "String", "sval")), of: roleOf(roles[0]) };
}

/** Name of the role that CREATE ROLE makes. */
export function readCreateRole(sql: string): string {
  return String(at(onlyStatement(sql), "CreateRoleStmt", "role"));
}

function constant(node: unknown): string | null {
  const value = at(node, "A_Const") ?? at(node, "TypeCast", "arg", "A_Const");
  if (at(value, "isnull")) return null;
  const text = at(value, "sval", "sval") ?? at(value, "ival", "ival");
  if (text === undefined) throw new Error("not a constant");
  return String(text);
}

/** `SELECT schema.function('…', …)`, as its name and its arguments. */
export function readCall(sql: string): { readonly name: string; readonly args: readonly (string | null)[] } {
  const select = at(onlyStatement(sql), "SelectStmt") as Node;
  const targets = list(select, "targetList");
  const call = at(targets[0], "ResTarget", "val", "FuncCall");
  if (targets.length !== 1 || !call || select.fromClause || select.whereClause)
    throw new Error(`no plain call: ${sql}`);
  return {
    name: list(call, "funcname")
      .map((part) => at(part, "String", "sval"))
      .join("."),
    args: list(call, "args").map(constant),
  };
}

/** The rows of `VALUES …`. */
export function readValues(values: string): (string | null)[][] {
  return list(onlyStatement(`VALUES ${values}`), "SelectStmt", "valuesLists").map((row) =>
    list(row, "List", "items").map(constant),
  );
}
