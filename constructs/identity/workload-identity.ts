import { Aspects, Lazy, TerraformResource, Token } from "cdktf";
import type { JwtAuthBackendRole } from "@cdktf/provider-vault/lib/jwt-auth-backend-role";
import { KubernetesAuthBackendRole } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-role";
import { Construct } from "constructs";
import { Duration } from "../../access/model/duration";
import { byCodeUnit, IdentityNode } from "../../access/model/graph";
import { authRoleName, identityId, IdentityKey } from "../../access/model/names";
import { TOO_SHORT_FIX, tooShortProblem } from "../../access/model/lifetime";
import { dnsLabelProblem, dnsSubdomainProblem } from "../../access/model/rules";
import { ensureAccessCheck } from "../synthesis/check";
import { haveCluster } from "../private/cluster-names";
import { noteChange } from "../private/changes";
import { mark } from "../private/guards";
import { explained } from "../private/origin";
import { report } from "../private/findings";
import { untraced, userLine } from "../private/source-line";
import { deployAfter, stackOf } from "../private/stack-order";
import { dependOn, literal } from "../private/terraform";
import { vaultNamespaceOf } from "../private/vault-namespace";
import { KubernetesAuth } from "./kubernetes-auth";
import { CLOCK_SKEW_SECONDS, IKubernetesAuth, podTokenSeconds } from "../contracts/cluster";
import { IVaultPolicy } from "../contracts/vault";
import { LeaseTimes } from "../contracts/identity";
import { IWorkloadIdentity } from "../contracts/identity";
import { IIdentityAccess } from "../contracts/identity";
import { checkedArgument, checkedFurtherOptions, checkedOptions, madeIn } from "../private/options";
import { large } from "../private/large-classes";

/** Where the ServiceAccount is. */
export interface ServiceAccountAttributes {
  /** The cluster that it is in. */
  readonly cluster: IKubernetesAuth;
  /** A literal: names of roles and policies are made of it. Refused: a token such as `ns.metadata.name`. */
  readonly namespace: string;
  /** A literal. @default - the construct's id */
  readonly serviceAccountName?: string;
}

/** Options of an identity that is made. */
export interface WorkloadIdentityProps extends ServiceAccountAttributes {
  /** How long its logins live. @default - what the database says */
  readonly lease?: LeaseTimes;
  /**
   * How long a login or token may live at most that somebody copied from a running pod. `tokenMaxTtl` and the `maxTtl` of the
   * leases follow from it; `leasehold clocks` explains them. Refused: a `tokenMaxTtl` or `maxTtl` that is longer, here or in an
   * access.
   *
   * @default - not said: the maxima are what `lease` and the database say
   */
  readonly exposure?: Duration;
  /** Further policies of its token. @default - none: the token reads exactly its own credentials */
  readonly policies?: IVaultPolicy[];
  /**
   * Time after which the Vault token ends, and every login with it, if the agent does not renew the token. An agent that runs
   * renews it.
   *
   * @default 1 hour, or `tokenMaxTtl` if that is shorter
   */
  readonly tokenTtl?: Duration;
  /**
   * Time after which the agent logs in again, and every login of the pod is replaced. It must not be longer than the `maxTtl` of
   * any lease. With its cache on, the agent can get the answer of an old renewal and miss the end of a lease
   * (hashicorp/vault#19684). It never misses the end of its own token, since it asks Vault itself for it.
   *
   * @default - the shortest `maxTtl` among its leases, else 24 hours
   */
  readonly tokenMaxTtl?: Duration;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

interface TokenTimes {
  readonly ttl: number;
  readonly maxTtl: number;
}

abstract class IdentityBase extends Construct implements IWorkloadIdentity {
  readonly key: IdentityKey;
  readonly authRole: string;
  readonly cluster: IKubernetesAuth;
  abstract readonly lease: LeaseTimes;
  /** The line of the program that made it. @default - not known */
  protected readonly source = userLine();
  /** @internal */
  protected readonly _policies = new Set<string>();
  /** @internal */
  protected readonly _accesses: IIdentityAccess[] = [];
  /** @internal */
  protected readonly _limits: number[] = [];

  constructor(scope: Construct, id: string, given: ServiceAccountAttributes) {
    super(madeIn(scope, id, new.target), id);
    const attributes = checkedOptions(this, "ServiceAccountAttributes", given);
    mark(this, "WorkloadIdentity");
    this.cluster = attributes.cluster;
    this.key = {
      cluster: this.cluster.clusterName,
      namespace: this.part("namespace", attributes.namespace, dnsLabelProblem),
      serviceAccount: this.part("serviceAccountName", attributes.serviceAccountName ?? id, dnsSubdomainProblem),
    };
    this.authRole = authRoleName(this.key);
    haveCluster(this, this.key.cluster);
    ensureAccessCheck(this);
  }

  get grantee(): IWorkloadIdentity {
    return this;
  }

  addPolicy(policy: IVaultPolicy): void {
    if (!checkedArgument(this, "addPolicy", policy, { like: "IVaultPolicy" })) return;
    this._policies.add(policy.policyName);
    noteChange(this);
  }

  addAccess(access: IIdentityAccess): void {
    this._accesses.push(access);
    noteChange(this);
  }

  limitToken(maxTtl: Duration): void {
    if (!checkedArgument(this, "limitToken", maxTtl, { like: "Duration" })) return;
    this._limits.push(maxTtl.toSeconds());
    noteChange(this);
  }

  /** Its own policies, and those of what it is granted. */
  protected allPolicies(): string[] {
    return [...new Set([...this._policies, ...this._accesses.map(({ policyName }) => policyName)])];
  }

  /** @internal */
  abstract _graphNode(): IdentityNode;

  /** A part of the key, made fit to stand in names until the check refuses it. */
  private part(name: string, value: string | undefined, problemOf: (value: string) => string | undefined): string {
    if (value === undefined || value === "") {
      report(this, {
        code: "identity-namespace",
        message: `\`${name}\` is missing`,
        fix: `say which ${name}: access is granted to one ServiceAccount of one namespace, never to a whole cluster`,
      });
      return "invalid";
    }
    if (Token.isUnresolved(value)) {
      report(this, {
        code: "identity-token",
        message: `\`${name}\` is a token, whose value is known only when Terraform runs; names of roles and policies are made of it now`,
        fix: `use the plain string, or the \`…Input\` of the resource (metadataInput.name) instead of its attribute`,
      });
      return "invalid";
    }
    const problem = problemOf(value);
    if (problem) {
      report(this, {
        code: "identity-name",
        message: `\`${name}\` ${JSON.stringify(value)} ${problem}`,
        fix: "use the name as Kubernetes has it",
      });
      return "invalid";
    }
    return value;
  }

  /** @internal */
  protected _describe(external: boolean, token: TokenTimes): IdentityNode {
    return {
      path: this.node.path,
      source: this.source,
      key: this.key,
      vaultNamespace: vaultNamespaceOf(this),
      authPath: this.cluster.authPath,
      ...knownBy(this.cluster),
      authRole: this.authRole,
      audience: this.cluster.audience,
      tokenTtl: token.ttl,
      tokenMaxTtl: token.maxTtl,
      policies: [...this._policies].sort(byCodeUnit),
      external,
    };
  }
}

/** Who tells Vault who a pod is. A token has no text yet. */
function knownBy(
  cluster: IKubernetesAuth,
): Pick<IdentityNode, "authHost" | "tokenIssuer" | "issuerKeys" | "deletedPodToken"> {
  const here = cluster instanceof KubernetesAuth ? cluster : undefined;
  if (cluster.issuer !== undefined)
    return {
      tokenIssuer: cluster.issuer,
      issuerKeys: here?._keys,
      deletedPodToken: podTokenSeconds(cluster) + CLOCK_SKEW_SECONDS,
    };
  return { authHost: here && !Token.isUnresolved(here._host) ? here._host : undefined };
}

class ExternalIdentity extends IdentityBase {
  readonly lease: LeaseTimes = {};

  _graphNode(): IdentityNode {
    return this._describe(true, { ttl: 0, maxTtl: 0 });
  }
}

/**
 * A workload's identity: the grantee of database access, and the Vault auth role that its ServiceAccount logs in with.
 *
 * There is one per ServiceAccount and cluster, and not one per Deployment. So a workload in another repository has an identity,
 * too, and two Deployments with one ServiceAccount share one. The auth role is bound to exactly one name in one namespace, and
 * requires the cluster's audience.
 */
export class WorkloadIdentity extends IdentityBase {
  /**
   * A ServiceAccount whose auth role is made elsewhere, for instance in the repository of its own team. What is granted
   * to it here takes effect when that auth role lists the policy: both sides compute the same name.
   */
  static fromServiceAccount(scope: Construct, id: string, attributes: ServiceAccountAttributes): IWorkloadIdentity {
    madeIn(scope, id, WorkloadIdentity);
    return new ExternalIdentity(scope, id, attributes);
  }

  /** The L1: a role of Kubernetes auth, or of JWT auth where the cluster has an `issuer`. */
  readonly resource: TerraformResource;
  private readonly tokenTtl?: number;
  private readonly tokenMaxTtl?: number;
  readonly lease: LeaseTimes;
  readonly exposure?: Duration;

  constructor(scope: Construct, id: string, given: WorkloadIdentityProps) {
    super(scope, id, given);
    const props = checkedFurtherOptions(this, "WorkloadIdentityProps", given);
    this.lease = props.lease ?? {};
    this.exposure = props.exposure;
    this.tokenTtl = props.tokenTtl?.toSeconds();
    this.tokenMaxTtl = props.tokenMaxTtl?.toSeconds();
    props.policies?.forEach((policy) => this.addPolicy(policy));
    // Of what it is granted the check of the graph says the same, with the lines of both.
    Aspects.of(this).add(
      mark(
        { visit: (node) => (node === this && this._accesses.length === 0 ? this.checkLease() : undefined) },
        "Aspect",
      ),
    );
    const auth = this.cluster;
    // Every argument is a field of the graph's identity; its policies are those and the policies of its edges.
    this.resource = explained(untraced(() => this.makeRole()));
    deployAfter(this, auth);
    if (stackOf(this) === stackOf(auth) && auth instanceof KubernetesAuth)
      dependOn(this.resource, ...new Set([auth.backend, auth.resource]));
  }

  private makeRole(): KubernetesAuthBackendRole | JwtAuthBackendRole {
    const auth = this.cluster;
    const { namespace, serviceAccount } = this.key;
    const common = {
      backend: literal(auth.authPath),
      roleName: this.authRole,
      tokenTtl: Lazy.numberValue({ produce: () => this.token.ttl }),
      tokenMaxTtl: Lazy.numberValue({ produce: () => this.token.maxTtl }),
      tokenPolicies: Lazy.listValue(
        { produce: () => this.allPolicies().sort(byCodeUnit).map(literal) },
        { omitEmpty: true },
      ),
    };
    if (auth.issuer === undefined)
      return new KubernetesAuthBackendRole(this, "Resource", {
        ...common,
        boundServiceAccountNames: [serviceAccount],
        boundServiceAccountNamespaces: [namespace],
        audience: literal(auth.audience),
      });
    return new large.JwtAuthBackendRole(this, "Resource", {
      ...common,
      roleType: "jwt",
      boundAudiences: [literal(auth.audience)],
      boundSubject: `system:serviceaccount:${namespace}:${serviceAccount}`,
      // As Kubernetes auth does: a ServiceAccount that was made anew is somebody else, whatever its name.
      userClaim: "/kubernetes.io/serviceaccount/uid",
      userClaimJsonPointer: true,
      clockSkewLeeway: CLOCK_SKEW_SECONDS,
      // For tokens that do not say when they end or begin: those of Kubernetes do.
      expirationLeeway: -1,
      notBeforeLeeway: -1,
    });
  }

  private checkLease(): void {
    const { ttl, maxTtl } = this.lease;
    for (const [name, time] of [
      ["ttl", ttl],
      ["maxTtl", maxTtl],
    ] as const) {
      const short = time && tooShortProblem(time.toSeconds());
      if (short)
        report(this, {
          code: "lease-ttl",
          message: `lease ${name} ${time} of ${identityId(this.key)} ${short}`,
          fix: TOO_SHORT_FIX,
          sources: this.source === undefined ? [] : [this.source],
        });
    }
    if (ttl && maxTtl && ttl.toSeconds() > maxTtl.toSeconds())
      report(this, {
        code: "lease-ttl",
        message: `lease ttl ${ttl} of ${identityId(this.key)} is longer than its maxTtl ${maxTtl}`,
        fix: "choose ttl <= maxTtl",
        sources: this.source === undefined ? [] : [this.source],
      });
  }

  /** Seconds that its token lives, after every default. */
  private get token(): TokenTimes {
    const ends = this._accesses.map(({ maxTtlSeconds }) => maxTtlSeconds);
    const exposure = this.exposure === undefined ? [] : [this.exposure.toSeconds()];
    const maxTtl = this.tokenMaxTtl ?? Math.min(DAY, ...exposure, ...this._limits, ...ends);
    return { ttl: this.tokenTtl ?? Math.min(HOUR, maxTtl), maxTtl };
  }

  /** @internal */
  _graphNode(): IdentityNode {
    return { ...this._describe(false, this.token), exposure: this.exposure?.toSeconds() };
  }
}
