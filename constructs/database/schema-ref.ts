import { schemaNameProblem } from "../../access/model/rules";
import { checkedOptions } from "../private/options";
import { FunctionRef } from "./function-ref";
import { checkName, GrantedBy } from "./ref";
import { SequenceRef } from "./sequence-ref";
import { AllTablesRef, TableOptions, TableRef } from "./table-ref";

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
