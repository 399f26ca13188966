import { AccessObject, rightGrant } from "../model/graph";
import type { KnownRight, RightVerb } from "../model/known-rights";

/**
 * An object of the graph, or one of those that no GRANT names: `vault`, to log in to; `policy`, one of the user's own that
 * the identity's token holds; `owner`, the role that sessions act as and that may do all that it owns; `wire`, the network
 * between pods and the database; `identity`, a ServiceAccount as which a workload's pods run.
 */
export type GrantedObject =
  | AccessObject
  | { readonly kind: "vault" }
  | { readonly kind: "policy"; readonly name: string }
  | { readonly kind: "owner"; readonly name: string }
  | { readonly kind: "wire" }
  | { readonly kind: "identity"; readonly name: string };

/**
 * A PostgreSQL privilege, or a word for what no GRANT names: LOGIN to Vault, HOLD a policy, ACT AS the owner role, READ
 * IN TRANSIT what an unencrypted connection carries, IMPERSONATE a server whose certificate nobody checks, RUN AS an
 * identity.
 */
export type GrantedPrivilege = RightVerb | "LOGIN" | "HOLD" | "READ IN TRANSIT" | "IMPERSONATE" | "RUN AS";

/** A database, whatever mount it is reached through. */
export interface DatabaseKey {
  readonly instance: string;
  readonly database: string;
}

/** What a right is on, as the graph has it. */
export function rightObject(right: KnownRight): GrantedObject {
  return right.kind === "role" ? { kind: "owner", name: right.name ?? "" } : rightGrant(right).object;
}

/** A stable key of an object, whatever characters its names hold. */
export function grantedKey(object: GrantedObject): string {
  const { kind, schema, name, column } = object as AccessObject;
  return JSON.stringify([kind, schema ?? null, name ?? null, column ?? null]);
}

/**
 * The objects that hold this one, itself first: a column is in its table, a table in all tables of its schema, those to come
 * included. Objects of the same privilege are in each other or apart, so they form a tree.
 */
export function enclosing(object: GrantedObject): GrantedObject[] {
  switch (object.kind) {
    case "column": {
      const { schema, name } = object;
      return [object, { kind: "table", schema, name }, { kind: "table", schema }];
    }
    case "table":
    case "sequence":
    case "function":
      return object.name === undefined ? [object] : [object, { kind: object.kind, schema: object.schema }];
    default:
      return [object];
  }
}
