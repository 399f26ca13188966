import { AccessObject } from "../../access/model/graph";
import { functionNameProblem } from "../../access/model/rules";
import { IGrantee } from "../contracts/identity";
import { checkName, GrantedBy, GrantResult, Ref } from "./ref";

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
