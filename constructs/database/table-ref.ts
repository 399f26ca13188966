import { AccessObject } from "../../access/model/graph";
import { Privilege } from "../../access/model/privileges";
import { relationNameProblem, sqlNameProblem } from "../../access/model/rules";
import { IGrantee } from "../contracts/identity";
import { report } from "../private/findings";
import { checkName, GrantedBy, GrantResult, Ref } from "./ref";
import { SequenceRef } from "./sequence-ref";

/** Options of a reference to a table. */
export interface TableOptions {
  /** The table's columns. With them a misspelt column fails at synthesis. @default - not known, nothing is checked */
  readonly columns?: string[];
  /**
   * Kind of the relation; synthesis cannot look it up. Columns are granted on ordinary tables only. On other kinds the postgresql
   * provider cannot read back a grant on a column, and would make it again in every plan.
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
    for (const column of twice(((options as TableOptions | undefined) ?? {}).columns ?? []))
      report(_access, {
        code: "object-name",
        message: `column ${JSON.stringify(column)} of ${schema}.${this.name} is declared twice`,
        fix: "declare each column once: another one may be meant",
      });
    for (const sequence of (options as TableOptions | undefined)?.sequences ?? [])
      this._fills(SequenceRef._make(_access, schema, sequence));
  }

  /** @internal */
  override _give(privileges: readonly Privilege[], who: readonly IGrantee[]): GrantResult {
    const odd =
      this.options.kind === "materialized view" && Array.isArray(privileges)
        ? privileges.filter((verb) => verb !== "SELECT")
        : [];
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
    for (const column of twice(columns))
      report(this._access, {
        code: "object-name",
        message: `column ${JSON.stringify(column)} of ${this.schema}.${this.name} is named twice`,
        fix: "name each column once: another one may be meant",
      });
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
    const left = names.map((column) => checkName(this._access, "column", column, sqlNameProblem));
    for (const column of left.filter((name) => this.options.columns && !declared.includes(name))) {
      report(this._access, {
        code: "column-undeclared",
        message: `column ${JSON.stringify(column)} is not among the declared columns of ${this.schema}.${this.name}`,
        fix: "correct the name, or declare the column",
      });
    }
    return this.columns(...declared.filter((column) => !left.includes(column)));
  }
}

/** Names that are there more than once. */
function twice(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.filter((name, index) => names.indexOf(name) !== index));
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
