import { TerraformResource } from "cdktf";
import { AuthBackend } from "@cdktf/provider-vault/lib/auth-backend";
import { KubernetesAuthBackendConfig } from "@cdktf/provider-vault/lib/kubernetes-auth-backend-config";
import { Construct } from "constructs";
import { dnsLabelProblem, authPathProblem, textProblem } from "../../access/model/rules";
import { ensureAccessCheck } from "../synthesis/check";
import { checkCertificates } from "../private/certificates";
import { haveCluster } from "../private/cluster-names";
import { claimName } from "../private/claims";
import { mark } from "../private/guards";
import { explained, setting } from "../private/origin";
import { checkApiServer } from "../private/addresses";
import { report } from "../private/findings";
import { literal } from "../private/terraform";
import { knownAcrossCopies } from "../../access/model/copies";
import { reportPlaceholders } from "../private/placeholders";
import type { AgentMode } from "../contracts/cluster";
import { IKubernetesAuth } from "../contracts/cluster";
import { checkedOptions, madeIn } from "../private/options";
import { large } from "../private/large-classes";
import { checkIssuer, tokenKeys } from "./token-issuer";

/** What is known of an auth method that exists already. */
export interface KubernetesAuthAttributes {
  /** Name of the cluster: the first part of each identity's name. @default - the construct's id */
  readonly clusterName?: string;
  /** Path of the auth mount in Vault. @default `kubernetes-<clusterName>` */
  readonly authPath?: string;
  /** Audience that ServiceAccount tokens must carry. @default "vault" */
  readonly audience?: string;
  /** How the agent runs in its pods; a cluster before Kubernetes 1.29 needs "init-and-sidecar". @default "native-sidecar" */
  readonly agent?: AgentMode;
  /**
   * Vault runs outside of the cluster: workloads review their own tokens. Each ServiceAccount that Leasehold makes is bound to the
   * ClusterRole `system:auth-delegator`; others need it from whoever makes them. Refused: no `audience`, since it must be one that
   * the API server itself accepts.
   *
   * @default false
   */
  readonly clientReviewsItself?: boolean;
  /**
   * Issuer of the cluster's tokens, as `kubectl get --raw /.well-known/openid-configuration` shows it. With it Vault checks
   * tokens by the issuer's keys (JWT auth). Vault then does not ask the API server, and need not reach it. The token of a deleted
   * pod can still log in until it ends; a token from the kubelet ends after 11 minutes at most. Refused: an address without
   * https, an `audience` that is the issuer.
   *
   * @default - Vault asks the API server
   */
  readonly issuer?: string;
}

/** Options of a Kubernetes auth method. */
export interface KubernetesAuthProps extends KubernetesAuthAttributes {
  /** The API server as Vault reaches it. @default "https://kubernetes.default.svc" - the cluster that Vault runs in */
  readonly kubernetesHost?: string;
  /**
   * CA of the API server, PEM.
   *
   * @default - Vault runs in the cluster and reads the CA and its own reviewer token from its pod, again and again. A copy would
   * be valid only as long as that pod lives (hashicorp/vault#12855)
   */
  readonly kubernetesCaCert?: string;
  /**
   * With `issuer`: its public keys, each in PEM. Whoever has the private key of one can log in as every workload of the
   * cluster. Refused: a private key, a key that another cluster has, `jwksUrl` beside it.
   *
   * @default - Vault fetches them from `jwksUrl`
   */
  readonly publicKeys?: string[];
  /** With `issuer`: where Vault fetches its keys, again and again, with https and without a login. @default - `publicKeys` */
  readonly jwksUrl?: string;
  /** CA of `jwksUrl`, PEM. @default - what Vault's machine trusts */
  readonly jwksCaCert?: string;
}

/**
 * Kubernetes auth of one cluster: the auth method and its configuration.
 *
 * No reviewer token is kept: it would stand in Terraform's state (the pinned provider has no write-only twin).
 */
export class KubernetesAuth extends Construct implements IKubernetesAuth {
  static {
    knownAcrossCopies(this, "KubernetesAuth");
  }

  /** The auth method of a cluster that another program configured. */
  static fromAttributes(scope: Construct, id: string, given: KubernetesAuthAttributes = {}): IKubernetesAuth {
    madeIn(scope, id, KubernetesAuth);
    const attributes = checkedOptions(scope, "KubernetesAuthAttributes", given, id);
    class Imported extends Construct implements IKubernetesAuth {
      readonly clusterName = attributes.clusterName ?? id;
      readonly authPath = attributes.authPath ?? `kubernetes-${this.clusterName}`;
      readonly audience = attributes.audience ?? "vault";
      readonly agent = attributes.agent;
      readonly clientReviewsItself = attributes.clientReviewsItself;
      readonly issuer = attributes.issuer;
    }
    const imported = new Imported(scope, id);
    check(imported, attributes.audience);
    return imported;
  }

  readonly clusterName: string;
  readonly authPath: string;
  readonly audience: string;
  readonly agent?: AgentMode;
  readonly clientReviewsItself?: boolean;
  readonly issuer?: string;
  /** @internal The API server, as Vault reaches it. */
  readonly _host: string;
  /** @internal With an issuer: by what Vault knows its tokens. */
  readonly _keys?: string[];
  /** The L1 of the auth method. */
  readonly backend: TerraformResource;
  /** The L1 of its configuration; with an `issuer` the same as `backend`. */
  readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, given: KubernetesAuthProps = {}) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "KubernetesAuthProps", given);
    this._host = props.kubernetesHost ?? "https://kubernetes.default.svc";
    this.clusterName = props.clusterName ?? id;
    this.authPath = props.authPath ?? `kubernetes-${this.clusterName}`;
    this.audience = props.audience ?? "vault";
    this.agent = props.agent;
    this.clientReviewsItself = props.clientReviewsItself;
    this.issuer = props.issuer;
    mark(this, "AuthMethod");
    claimName(this, "cluster", this.clusterName);
    claimName(this, "auth method", this.authPath);
    check(this, props.audience);
    checkProps(this, props);
    const method = {
      path: literal(this.authPath),
      description: literal(`Kubernetes cluster ${this.clusterName}`),
    };
    if (this.issuer !== undefined) {
      const { keys, block } = tokenKeys(this, props);
      this._keys = keys;
      // Issuer and keys are fields of the graph's identities.
      this.backend = explained(
        new large.JwtAuthBackend(this, "Backend", {
          type: "jwt",
          ...method,
          boundIssuer: literal(this.issuer),
          ...block,
        }),
      );
      this.resource = this.backend;
      return;
    }
    // The configuration refers to it, so the configuration's digest covers it.
    const backend = explained(new AuthBackend(this, "Backend", { type: "kubernetes", ...method }));
    this.backend = backend;
    this.resource = setting(
      new KubernetesAuthBackendConfig(this, "Resource", {
        backend: backend.path,
        kubernetesHost: literal(this._host),
        kubernetesCaCert: props.kubernetesCaCert === undefined ? undefined : literal(props.kubernetesCaCert),
        disableLocalCaJwt: props.clientReviewsItself ? true : undefined,
      }),
    );
  }
}

/** The props that are a part of the configuration, and of nothing else. */
function checkProps(auth: KubernetesAuth, props: KubernetesAuthProps): void {
  checkApiServer(auth, "`kubernetesHost`", props.kubernetesHost);
  reportPlaceholders(
    auth,
    ["as Vault sees it, the API server's address", props.kubernetesHost],
    ["the issuer", props.issuer],
    ["the address of the issuer's keys", props.jwksUrl],
  );
  const { kubernetesHost } = props;
  const problem = kubernetesHost === undefined ? undefined : textProblem(kubernetesHost);
  if (problem)
    report(auth, {
      code: "mount-path",
      message: `kubernetesHost ${JSON.stringify(kubernetesHost)} ${problem}`,
      fix: "give it as it is, in normal form C",
    });
  checkCertificates(auth, "`kubernetesCaCert`", props.kubernetesCaCert);
  checkCertificates(auth, "`jwksCaCert`", props.jwksCaCert);
  if (props.issuer !== undefined) return;
  for (const name of ["publicKeys", "jwksUrl", "jwksCaCert"] as const)
    if (props[name] !== undefined)
      report(auth, {
        code: "token-issuer",
        message: `\`${name}\` is given without \`issuer\``,
        fix: "give the issuer whose keys these are, or leave them out: Vault asks the API server then",
      });
}

function check(auth: IKubernetesAuth, said: string | undefined): void {
  ensureAccessCheck(auth);
  haveCluster(auth, auth.clusterName);
  const { issuer, audience: shown, clientReviewsItself } = auth;
  if (issuer !== undefined) checkIssuer(auth, { issuer, audience: shown, clientReviewsItself });
  if (auth.clientReviewsItself && said === undefined)
    report(auth, {
      code: "identity-cluster",
      message: `workloads of ${auth.clusterName} review their own tokens, and no \`audience\` is given: the API server takes none that is made for ${JSON.stringify(auth.audience)}`,
      fix: 'give `audience` as the API server has it, the issuer unless it was set otherwise: "https://kubernetes.default.svc.cluster.local"',
    });
  const name = dnsLabelProblem(auth.clusterName);
  if (name)
    report(auth, {
      code: "kubernetes-name",
      message: `cluster name ${JSON.stringify(auth.clusterName)} ${name}`,
      fix: 'give `clusterName` such a label, for instance "eu"',
    });
  const path = authPathProblem(auth.authPath);
  if (path)
    report(auth, {
      code: "mount-path",
      message: `auth path ${JSON.stringify(auth.authPath)} ${path}`,
      fix: "give `authPath` such a path, without the leading auth/",
    });
  // Without an audience the auth role would take a token that was made for anybody.
  const audience = auth.audience === "" ? "is empty" : textProblem(auth.audience);
  if (audience)
    report(auth, {
      code: "identity-name",
      message: `audience ${JSON.stringify(auth.audience)} ${audience}`,
      fix: 'give an audience that only Vault has, for instance "vault"',
    });
}
