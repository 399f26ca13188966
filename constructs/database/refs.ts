import { Construct } from "constructs";
import { GRANTABLE, ObjectKind, Privilege, unknownPrivileges } from "../../access/model/privileges";
import { AccessObject } from "../../access/model/graph";
import { functionNameProblem, relationNameProblem, schemaNameProblem, sqlNameProblem } from "../../access/model/rules";
import { report } from "../private/findings";
import { userLine } from "../private/source-line";
import type { AccessEdge } from "./access-edge";
import { identityOf } from "../private/arguments";
import { IGrantee } from "../contracts/identity";
import { checkedOptions } from "../private/options";

/** @internal What grants: the access to the database that an object is in. */
export interface GrantedBy extends Construct {
  access(who: IGrantee): AccessEdge;
}

/** What a statement of grants made: the edges, one per grantee. */
export interface GrantResult {
  /** One for each grantee, in the order in which they were named. */
  readonly edges: AccessEdge[];
}

/** Options of a reference to a table. */
export interface TableOptions {
  /** The table's columns. With them a misspelt column fails at synthesis. @default - not known, nothing is checked */
  readonly columns?: string[];
  /**
   * What it is: synthesis cannot look. Columns are granted on ordinary tables only: of the others the postgresql provider reads no
   * grant on a column back, and would make each anew in every plan, for ever.
   *
   * @default "table"
   */
  readonly kind?: "table" | "partitioned table" | "view" | "materialized view" | "foreign table";
  /**
   * Sequences of its schema that fill its `serial` columns: whoever may INSERT gets USAGE on them. The sequence of a `serial` column
   * is `<table>_<column>_seq`. Identity columns (`GENERATED … AS IDENTITY`) need none.
   *
   * @default - none: grant USAGE by `sequence(name).grants.use(…)`
   */
  readonly sequences?: string[];
}

/** A schema, to grant on what is in it. Creates nothing. */
export class SchemaRef {
  /** Name of the schema. */
  readonly name: string;
  /** @internal */
  static _make(access: GrantedBy, name: string): SchemaRef {
    return new SchemaRef(access, name);
  }

  private constructor(
    private readonly access: GrantedBy,
    name: string,
  ) {
    this.name = checkName(access, "schema", name, schemaNameProblem);
  }
  /** A table: an ordinary one, unless `kind` says otherwise. A partition is a table of its own; who reads through the parent needs no grant on it. */
  table(name: string, options: TableOptions = {}): TableRef {
    return TableRef._make(this.access, this.name, name, checkedOptions(this.access, "TableOptions", options));
  }
  /** A view. It reads with its owner's rights, so that a view of some columns is a way to grant these alone. */
  view(name: string): TableRef {
    return TableRef._make(this.access, this.name, name, { kind: "view" });
  }
  /** A materialized view. It can be read; what refreshes it is its owner, by a migration, and before PostgreSQL 17 nobody else. */
  materializedView(name: string): TableRef {
    return TableRef._make(this.access, this.name, name, { kind: "materialized view" });
  }
  /** Every table, view and materialized view of the schema, partitions included, and those that its owner role creates later. */
  allTables(): AllTablesRef {
    return AllTablesRef._make(this.access, this.name);
  }
  /** A sequence, for columns that are filled by `nextval`. */
  sequence(name: string): SequenceRef {
    return SequenceRef._make(this.access, this.name, name);
  }
  /** Every sequence of the schema, and those to come. */
  allSequences(): SequenceRef {
    return SequenceRef._make(this.access, this.name);
  }
  /** A function, by name, or by name and argument types: `f(integer, text)`. */
  function(name: string): FunctionRef {
    return FunctionRef._make(this.access, this.name, name);
  }
}

/** What privileges are granted on. */
export abstract class Ref {
  protected constructor() {}
  /** @internal The access by which it is granted. */
  abstract readonly _access: GrantedBy;
  /** @internal */
  abstract readonly _objects: AccessObject[];
  /** @internal Sequences that whoever may INSERT has to use. */
  readonly _filledBy: Ref[] = [];
  /** @internal */
  _fills(...sequences: readonly Ref[]): void {
    this._filledBy.push(...sequences);
  }
  /** @internal */
  _give(privileges: readonly Privilege[], who: readonly IGrantee[]): GrantResult {
    if (privileges.includes("INSERT")) for (const sequence of this._filledBy) sequence._give(["USAGE"], who);
    const source = userLine();
    const kind: ObjectKind = this._objects[0]?.kind ?? "column";
    const unknown = unknownPrivileges(kind, privileges);
    if (unknown.length > 0 || privileges.length === 0) {
      report(this._access, {
        code: "privilege-unknown",
        message:
          privileges.length === 0
            ? `no privilege is named for a ${kind}`
            : `${unknown.join(", ")} cannot be granted on a ${kind}`,
        fix: `choose among ${GRANTABLE[kind].join(", ")}${unknown.includes("CREATE") ? "; what makes objects is a DatabaseMigration" : ""}`,
      });
      return { edges: [] };
    }
    if (who.length === 0) {
      report(this._access, {
        code: "grant-empty",
        message: `a grant of ${privileges.join(", ")} names nobody`,
        fix: "name at least one identity",
      });
    }
    return {
      edges: who.flatMap((given) => {
        const grantee = identityOf(this._access, `a grant of ${privileges.join(", ")}`, given);
        if (!grantee) return [];
        const edge = this._access.access(grantee);
        for (const object of this._objects) edge._grant(object, privileges, { path: edge.node.path, source });
        return [edge];
      }),
    };
  }
}

/** A database itself: what was taken from PUBLIC of it. */
export class DatabaseRef extends Ref {
  /** @internal */
  static _make(access: GrantedBy): DatabaseRef {
    return new DatabaseRef(access);
  }

  /** @internal */
  readonly _objects: AccessObject[] = [{ kind: "database" }];

  private constructor(/** @internal */ readonly _access: GrantedBy) {
    super();
  }
}

/** Verbs on the database itself. Whoever is granted anything in it may connect to it. */
export class DatabaseGrants {
  /** @internal */
  static _make(access: GrantedBy): DatabaseGrants {
    return new DatabaseGrants(DatabaseRef._make(access));
  }

  private constructor(private readonly ref: DatabaseRef) {}

  /**
   * TEMPORARY: tables and other objects of a session's own, which go with it. `CREATE TEMPORARY TABLE`, and what tools stage data in.
   * It was taken from PUBLIC, since such an object can stand in front of another of the same name. The owner role has it.
   */
  temporary(...who: IGrantee[]): GrantResult {
    return this.ref._give(["TEMPORARY"], who);
  }
}

/** Verbs on columns, and on tables as a whole: PostgreSQL has no DELETE on a column. */
export class ColumnGrants {
  /** @internal */
  static _make(ref: Ref): ColumnGrants {
    return new ColumnGrants(ref);
  }

  protected constructor(/** @internal */ protected readonly _ref: Ref) {}

  /** SELECT. */
  read(...who: IGrantee[]): GrantResult {
    return this._ref._give(["SELECT"], who);
  }
  /**
   * INSERT. With `RETURNING` it also needs `read`. A `serial` column also needs USAGE on its sequence, which comes with it where the
   * table's `sequences` are declared; an identity column needs nothing.
   */
  insert(...who: IGrantee[]): GrantResult {
    return this._ref._give(["INSERT"], who);
  }
  /** UPDATE. A `WHERE` that looks at columns also needs `read` on them. */
  update(...who: IGrantee[]): GrantResult {
    return this._ref._give(["UPDATE"], who);
  }
  /** Any of SELECT, INSERT, UPDATE, REFERENCES; on a table also DELETE, TRUNCATE, TRIGGER. */
  custom(privileges: Privilege[], ...who: IGrantee[]): GrantResult {
    return this._ref._give(privileges, who);
  }
}

/** Verbs on tables. */
export class TableGrants extends ColumnGrants {
  /** @internal */
  static override _make(ref: Ref): TableGrants {
    return new TableGrants(ref);
  }

  private constructor(ref: Ref) {
    super(ref);
  }

  /** DELETE. A `WHERE` that looks at columns also needs `read`. */
  delete(...who: IGrantee[]): GrantResult {
    return this._ref._give(["DELETE"], who);
  }
  /** SELECT, INSERT, UPDATE and DELETE. */
  readWrite(...who: IGrantee[]): GrantResult {
    return this._ref._give(["SELECT", "INSERT", "UPDATE", "DELETE"], who);
  }
}

/** Verbs on sequences. */
export class SequenceGrants {
  /** @internal */
  static _make(ref: Ref): SequenceGrants {
    return new SequenceGrants(ref);
  }

  private constructor(private readonly ref: Ref) {}

  /** USAGE: `nextval` and `currval`. */
  use(...who: IGrantee[]): GrantResult {
    return this.ref._give(["USAGE"], who);
  }
  /** SELECT: read the sequence's state. */
  read(...who: IGrantee[]): GrantResult {
    return this.ref._give(["SELECT"], who);
  }
  /** Any of USAGE, SELECT, UPDATE. */
  custom(privileges: Privilege[], ...who: IGrantee[]): GrantResult {
    return this.ref._give(privileges, who);
  }
}

/** Verbs on functions. */
export class FunctionGrants {
  /** @internal */
  static _make(ref: Ref): FunctionGrants {
    return new FunctionGrants(ref);
  }

  private constructor(private readonly ref: Ref) {}

  /** EXECUTE. */
  execute(...who: IGrantee[]): GrantResult {
    return this.ref._give(["EXECUTE"], who);
  }
}

/** A table. */
export class TableRef extends Ref {
  /** Grants on the whole table. */
  readonly grants = TableGrants._make(this);
  private readonly name: string;

  /** @internal */
  static _make(access: GrantedBy, schema: string, name: string, options: TableOptions): TableRef {
    return new TableRef(access, schema, name, options);
  }

  /** @internal */
  readonly _objects: AccessObject[];

  private constructor(
    /** @internal */ readonly _access: GrantedBy,
    private readonly schema: string,
    name: string,
    private readonly options: TableOptions,
  ) {
    super();
    this.name = checkName(_access, "table", name, relationNameProblem);
    this._objects = [{ kind: "table", schema, name: this.name }];
    for (const sequence of options.sequences ?? []) this._fills(SequenceRef._make(_access, schema, sequence));
  }

  /** @internal */
  override _give(privileges: readonly Privilege[], who: readonly IGrantee[]): GrantResult {
    const odd = this.options.kind === "materialized view" ? privileges.filter((verb) => verb !== "SELECT") : [];
    if (odd.length > 0)
      report(this._access, {
        code: "privilege-unknown",
        message: `${odd.join(", ")} on the materialized view ${this.schema}.${this.name} would allow nothing: it is filled by REFRESH alone`,
        fix: "grant `read`; its owner refreshes it, as a migration does",
      });
    return super._give(privileges, who);
  }

  /** Some columns of the table. */
  columns(...names: string[]): ColumnsRef {
    const columns = names.map((column) => checkName(this._access, "column", column, sqlNameProblem));
    for (const column of columns) {
      if (this.options.columns && !this.options.columns.includes(column)) {
        report(this._access, {
          code: "column-undeclared",
          message: `column ${JSON.stringify(column)} is not among the declared columns of ${this.schema}.${this.name}: ${this.options.columns.join(", ")}`,
          fix: "correct the name, or declare the column",
        });
      }
    }
    if (names.length === 0)
      report(this._access, {
        code: "grant-empty",
        message: `no column of ${this.schema}.${this.name} is named`,
        fix: "name columns, or grant on the table",
      });
    const { kind = "table" } = this.options;
    if (kind !== "table")
      report(this._access, {
        code: "column-grant",
        message: `columns of ${this.schema}.${this.name}, a ${kind}: the postgresql provider cannot read such a grant back, and every plan would make it anew`,
        fix: "make a view of these columns in a migration, and grant on it as a whole: schema.view(name).grants",
      });
    const ref = ColumnsRef._make(
      this._access,
      columns.map((column) => ({ kind: "column", schema: this.schema, name: this.name, column })),
    );
    ref._fills(...this._filledBy);
    return ref;
  }
  /** Every declared column but these. Needs the declared columns. */
  columnsExcept(...names: string[]): ColumnsRef {
    const declared = this.options.columns ?? [];
    if (this.options.columns === undefined) {
      report(this._access, {
        code: "column-undeclared",
        message: `columnsExcept() of ${this.schema}.${this.name} needs to know its columns`,
        fix: "declare them: table(name, { columns: […] })",
      });
    }
    for (const column of names.filter((name) => this.options.columns && !declared.includes(name))) {
      report(this._access, {
        code: "column-undeclared",
        message: `column ${JSON.stringify(column)} is not among the declared columns of ${this.schema}.${this.name}`,
        fix: "correct the name, or declare the column",
      });
    }
    return this.columns(...declared.filter((column) => !names.includes(column)));
  }
}

/** Columns of one table. */
export class ColumnsRef extends Ref {
  /** Grants on these columns. */
  readonly grants = ColumnGrants._make(this);

  /** @internal */
  static _make(access: GrantedBy, columns: AccessObject[]): ColumnsRef {
    return new ColumnsRef(access, columns);
  }

  private constructor(
    /** @internal */ readonly _access: GrantedBy,
    /** @internal */ readonly _objects: AccessObject[],
  ) {
    super();
  }
}

/** All tables of a schema, those to come included. */
export class AllTablesRef extends Ref {
  /** Grants on all of them. */
  readonly grants = TableGrants._make(this);

  /** @internal */
  static _make(access: GrantedBy, schema: string): AllTablesRef {
    return new AllTablesRef(access, schema);
  }

  /** @internal */
  readonly _objects: AccessObject[];

  private constructor(
    /** @internal */ readonly _access: GrantedBy,
    schema: string,
  ) {
    super();
    this._objects = [{ kind: "table", schema }];
  }
}

/** A sequence, or all of a schema. */
export class SequenceRef extends Ref {
  /** @internal */
  static _make(access: GrantedBy, schema: string, name?: string): SequenceRef {
    return new SequenceRef(access, schema, name);
  }

  /** @internal */
  readonly _objects: AccessObject[];

  private constructor(
    /** @internal */ readonly _access: GrantedBy,
    schema: string,
    name?: string,
  ) {
    super();
    const checked = name === undefined ? undefined : checkName(_access, "sequence", name, relationNameProblem);
    this._objects = [{ kind: "sequence", schema, name: checked }];
  }
  /** Grants on the sequence, or on all of them. */
  readonly grants = SequenceGrants._make(this);
}

/** A function. PUBLIC may execute functions unless it was taken from it: granting is for those where it was. */
export class FunctionRef extends Ref {
  /** @internal */
  static _make(access: GrantedBy, schema: string, name: string): FunctionRef {
    return new FunctionRef(access, schema, name);
  }

  /** @internal */
  readonly _objects: AccessObject[];

  private constructor(
    /** @internal */ readonly _access: GrantedBy,
    schema: string,
    name: string,
  ) {
    super();
    this._objects = [{ kind: "function", schema, name: checkName(_access, "function", name, functionNameProblem) }];
  }
  /** Grants on the function. */
  readonly grants = FunctionGrants._make(this);
}

/** The name; what is no text at all stands as another until the check refuses it. */
function checkName(
  access: GrantedBy,
  what: string,
  name: string,
  problemOf: (name: string) => string | undefined,
): string {
  const problem = problemOf(name);
  if (problem)
    report(access, {
      code: "object-name",
      message: `${what} ${JSON.stringify(name)} ${problem}`,
      fix: "name it as PostgreSQL has it, without quotes",
    });
  return typeof name === "string" ? name : "invalid";
}
