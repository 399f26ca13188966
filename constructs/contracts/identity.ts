import { IConstruct } from "constructs";
import { Duration } from "../../access/model/duration";
import { IdentityKey } from "../../access/model/names";
import { IKubernetesAuth } from "./cluster";
import { IVaultPolicy } from "./vault";

/** How long a database login lives. */
export interface LeaseTimes {
  /** Time after which a login ends if its agent does not renew it. @default - the next wider setting; in the end 1 hour */
  readonly ttl?: Duration;
  /**
   * Time after which a login ends in any case. Before that, the agent takes a new one. @default - the next wider setting; in the
   * end 24 hours
   */
  readonly maxTtl?: Duration;
}

/** Somebody to whom access can be granted: an identity, or a construct that has one. */
export interface IGrantee {
  /** The identity itself. */
  readonly grantee: IWorkloadIdentity;
}

/** A Kubernetes ServiceAccount to which access can be granted. */
export interface IWorkloadIdentity extends IConstruct, IGrantee {
  /** Cluster, namespace and ServiceAccount: names of roles and policies are made of these. */
  readonly key: IdentityKey;
  /** Name of the auth role with which it logs in to Vault. */
  readonly authRole: string;
  /** The cluster, as Vault's auth method for it. */
  readonly cluster: IKubernetesAuth;
  /** What it asks of its leases; a database may allow less. */
  readonly lease: LeaseTimes;
  /** How long a stolen login of it may live at most. @default - not said */
  readonly exposure?: Duration;
  /** Adds a policy to its token: shown in the access graph by name, not interpreted. */
  addPolicy(policy: IVaultPolicy): void;
  /**
   * Called by each access that is granted to this identity: its token gets the access's policy, and lives no longer than the
   * access's leases.
   */
  addAccess(access: IIdentityAccess): void;
  /**
   * Called by a workload that gets a credential from another program's database: the identity's token lives no longer than
   * `maxTtl`.
   */
  limitToken(maxTtl: Duration): void;
}

/** What an identity must know of an access that is granted to it. */
export interface IIdentityAccess {
  /** The policy that lets its token read the credential; known to the graph by the access itself. */
  readonly policyName: string;
  /** Seconds that a lease of it lives at most; read when the program is synthesized. */
  readonly maxTtlSeconds: number;
}
