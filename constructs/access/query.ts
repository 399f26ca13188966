import type { DatabaseNode, DeliveryNode, EdgeNode, GrantNode, IdentityNode } from "./graph";
import type { Lifetime } from "./lifetime";

/**
 * One privilege of one identity on one object, with the whole way to it: ServiceAccount, auth role, policy, database
 * role, lease function, group role, grant.
 */
export interface AccessPath {
  readonly identity: IdentityNode;
  readonly edge: EdgeNode;
  readonly database: DatabaseNode;
  /** Absent where the session acts as the owner role, which may do all that it owns. */
  readonly grant?: GrantNode;
  readonly lifetime: Lifetime;
  readonly deliveries: readonly DeliveryNode[];
}
