import { AccessObject } from "../../access/model/graph";
import { IGrantee } from "../contracts/identity";
import { GrantedBy, GrantResult, Ref } from "./ref";

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
