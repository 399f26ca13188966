import { IConstruct } from "constructs";
import { Duration } from "../../access/model/duration";
import { IdentityKey } from "../../access/model/names";
import { IKubernetesAuth } from "./cluster";
import { IVaultPolicy } from "./vault";

/** How long a database login lives. */
export interface LeaseTimes {
  /** Time until a login whose agent no longer renews it ends. @default - the next wider setting; in the end 1 hour */
  readonly ttl?: Duration;
  /** Time after which a login is not renewed and another one takes over. @default - the next wider setting; in the end 24 hours */
  readonly maxTtl?: Duration;
}

/** To whom access can be granted: an identity, or what carries one. */
export interface IGrantee {
  /** The identity itself. */
  readonly grantee: IWorkloadIdentity;
}

/** A Kubernetes ServiceAccount, as the one who is granted access. */
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
  /** Told by each access that it is granted: the token gets its policy, and lives no longer than its leases. */
  addAccess(access: IIdentityAccess): void;
  /** Told by a workload that gets a credential from another program's database: the token lives no longer than its leases. */
  limitToken(maxTtl: Duration): void;
}

/** What an identity must know of an access that it is granted. */
export interface IIdentityAccess {
  /** The policy that lets its token read the credential; known to the graph by the access itself. */
  readonly policyName: string;
  /** Seconds that a lease of it lives at most; read when the program is synthesized. */
  readonly maxTtlSeconds: number;
}
