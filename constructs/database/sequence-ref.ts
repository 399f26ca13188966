import { AccessObject } from "../../access/model/graph";
import { Privilege } from "../../access/model/privileges";
import { relationNameProblem } from "../../access/model/rules";
import { IGrantee } from "../contracts/identity";
import { checkName, GrantedBy, GrantResult, Ref } from "./ref";

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
