import { TerraformResource, Token } from "cdktf";
import type { Release } from "@cdktf/provider-helm/lib/release";
import type { NetworkPolicyV1 } from "@cdktf/provider-kubernetes/lib/network-policy-v1";
import { Construct } from "constructs";
import { imageProblem } from "../../access/model/addresses";
import { dnsLabelProblem, injectedNamespaceProblem, serviceNameProblem } from "../../access/model/rules";
import { BROKEN_AGENT_VERSIONS } from "../../access/model/versions";
import { chartFullName } from "../../access/model/chart-names";
import { ensureAccessCheck } from "../synthesis/check";
import { heldToProduction } from "../synthesis/guardrails";
import { mark } from "../private/guards";
import { setting } from "../private/origin";
import { dependOn, literal } from "../private/terraform";
import { report } from "../private/findings";
import type { ChartValues } from "./chart-values";
import { DNS_RULE, egressOf, NetworkTarget } from "./network-target";
import { InjectionGuard } from "./injection-guard";
import { injectorLabels, releaseValues, webhookCaOf } from "./release-values";
import { VaultMode } from "./vault-mode";
import { checkAddress } from "../private/addresses";
import { checkCertificates } from "../private/certificates";
import { reportPlaceholders } from "../private/placeholders";
import { IVault } from "../contracts/vault";
import { checkedOptions, madeIn } from "../private/options";
import { large } from "../private/large-classes";

/** Vault's chart, as this version was tried; newer ones by `chartVersion`. */
export const CHART = { repository: "https://helm.releases.hashicorp.com", chart: "vault", version: "0.34.1" } as const;

/** How Vault's chart is installed, whatever the mode. */
export interface VaultServerOptions {
  /** Namespace of Vault and its injector. @default "vault" */
  readonly namespace?: string;
  /** Name of the Helm release, and of Vault's service. @default "vault" */
  readonly releaseName?: string;
  /** Version of the chart. @default "0.34.1" */
  readonly chartVersion?: string;
  /** A folder or archive of the chart, where the repository cannot be reached. @default - HashiCorp's repository */
  readonly chart?: string;
  /**
   * Address at which the machine that runs Terraform reaches Vault. @default - from pods: the service; dev and
   * standalone without TLS over http
   */
  readonly addressFromTerraform?: string;
  /**
   * Namespaces whose pods are injected; in them a pod is refused while the injector is down, elsewhere nothing is
   * injected.
   *
   * @default - all namespaces, and pods start without their logins while the injector is down: warned about
   */
  readonly injectNamespaces?: string[];
  /** How many injectors run. @default - 2 with `injectNamespaces`, else 1 */
  readonly injectorReplicas?: number;
  /**
   * Whether a ValidatingAdmissionPolicy refuses a pod that asks for Vault's agent and did not get one. It works in the namespaces
   * of `injectNamespaces`, and in those with the label `leasehold/injection: required`. It needs Kubernetes 1.30.
   *
   * @default - true where the guardrails are those of production, else false
   */
  readonly injectionGuard?: boolean;
  /**
   * What the injectors may connect to beside DNS, by a NetworkPolicy of their own. They need the API server, and
   * nothing else. The policy also closes all their ports but the webhook's. That one stays open to everybody, since no
   * label tells the API server.
   *
   * @default - no NetworkPolicy
   */
  readonly injectorAllowTo?: NetworkTarget[];
  /** Image tag of Vault's servers. The chart's own is of another major version. Refused: those that cannot start without IPC_LOCK. @default "1.21.1", with which Leasehold is tested */
  readonly serverImageTag?: string;
  /** Image tag of the injected agent. Refused: those that cannot start without IPC_LOCK. @default "1.21.1", with which Leasehold is tested */
  readonly agentImageTag?: string;
  /** Further values of the chart; they win. The chart's own schema catches no misspelling: this type does. @default - none */
  readonly values?: ChartValues;
  /**
   * Whether Helm waits until the release's objects are ready. It never waits for Vault's StatefulSet, whose update
   * strategy is OnDelete.
   * @default true
   */
  readonly wait?: boolean;
}

/** Options of a Vault that the chart installs. */
export interface VaultServerProps extends VaultServerOptions {
  /** How Vault is run. */
  readonly mode: VaultMode;
}

/** Vault and its agent injector, by Helm release of the official chart. */
export class VaultServer extends Construct implements IVault {
  readonly addressFromPods: string;
  readonly addressFromTerraform: string;
  readonly tlsSecret?: string;
  /** @internal Namespaces whose pods it injects. @default - all */
  readonly _injects?: readonly string[];
  /** @internal The only namespaces whose pods it injects. @default - all, or values of the chart choose them in a way that is not read */
  readonly _injectsOnly?: readonly string[];
  /** @internal Where its own pods are. */
  readonly _namespace: string;
  /** @internal Whether the chart installs servers: else it is Vault's injector alone. */
  readonly _serves: boolean;
  /** @internal The only namespaces whose pods may connect. @default - all */
  readonly _letsIn?: readonly string[];
  /** The L1. */
  readonly resource: Release;
  private injectorPolicy?: NetworkPolicyV1;

  constructor(scope: Construct, id: string, given: VaultServerProps) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "VaultServerProps", given);
    mark(this, "VaultServer");
    ensureAccessCheck(this);
    const namespace = props.namespace ?? "vault";
    this._namespace = namespace;
    this._serves = props.mode.name !== "external";
    this._letsIn = props.mode.letsIn;
    this._injects = props.injectNamespaces;
    const chosen = props.values?.injector?.webhook?.namespaceSelector;
    this._injectsOnly = chosen === undefined ? props.injectNamespaces : undefined;
    const name = props.releaseName ?? "vault";
    const hasGuard = props.injectionGuard ?? heldToProduction(this);
    const scheme = props.mode.tlsSecret ? "https" : "http";
    this.addressFromPods = props.mode.address ?? `${scheme}://${props.mode._serviceOf(name)}.${namespace}.svc:8200`;
    this.addressFromTerraform = props.addressFromTerraform ?? this.addressFromPods;
    this.tlsSecret = props.mode.tlsSecret;
    checkAddress(this, "`addressFromTerraform`", props.addressFromTerraform);
    reportPlaceholders(
      this,
      ["as pods see it, Vault's address", this.addressFromPods],
      ["as Terraform sees it, Vault's address", this.addressFromTerraform],
    );
    this.checkNames(namespace, name, hasGuard, props.injectNamespaces);
    this.check(props);

    const release = new large.Release(this, "Resource", {
      name: literal(name),
      namespace: literal(namespace),
      chart: literal(props.chart ?? CHART.chart),
      repository: props.chart === undefined ? CHART.repository : undefined,
      version: props.chart === undefined ? literal(props.chartVersion ?? CHART.version) : undefined,
      values: [literal(JSON.stringify(releaseValues(name, props), undefined, 2))],
      wait: props.wait ?? true,
      timeout: 600,
    });
    this.resource = setting(release);
    if (props.injectorAllowTo) this.isolateInjector(name, namespace, props.injectorAllowTo);
    if (hasGuard)
      new InjectionGuard(this, "Guard", { namespace, release: name, injected: props.injectNamespaces }, release);
  }

  /** Makes the release wait for these, for instance its namespace. */
  installAfter(...resources: TerraformResource[]): void {
    dependOn(this.resource, ...resources);
    if (this.injectorPolicy) dependOn(this.injectorPolicy, ...resources);
  }

  /** The chart has no such policy for its injectors. */
  private isolateInjector(release: string, namespace: string, targets: readonly NetworkTarget[]): void {
    for (const message of targets.flatMap(({ _problems }) => _problems))
      report(this, { code: "vault-mode", message, fix: "give `injectorAllowTo` such a value" });
    const policy = new large.NetworkPolicyV1(this, "Injector", {
      metadata: { name: literal(`${chartFullName(release)}-agent-injector`), namespace: literal(namespace) },
      spec: {
        policyTypes: ["Ingress", "Egress"],
        podSelector: { matchLabels: injectorLabels(release) },
        ingress: [{ ports: [{ port: "8080", protocol: "TCP" }] }],
        egress: egressOf([DNS_RULE, ...targets.map(({ _rule }) => _rule)]),
      },
    });
    this.injectorPolicy = setting(policy);
  }

  private checkNames(namespace: string, release: string, hasGuard: boolean, injected: readonly string[] = []): void {
    for (const [what, value, problemOf] of [
      ["namespace", namespace, dnsLabelProblem],
      ["release", release, serviceNameProblem],
      ...injected.map((name) => ["namespace", name, injectedNamespaceProblem] as const),
    ] as const) {
      const problem = Token.isUnresolved(value) ? undefined : problemOf(value);
      if (problem)
        report(this, {
          code: "kubernetes-name",
          message: `${what} ${JSON.stringify(value)} ${problem}`,
          fix: "choose such a label",
        });
    }
    const tooLong =
      release.length > 53
        ? ["is longer than Helm's 53 characters", "choose a shorter name"]
        : hasGuard && release.length > 47
          ? [
              `leaves no room for the release of its guard, "${release}-guard", in Helm's 53 characters`,
              "choose a name of at most 47 characters, or turn `injectionGuard` off",
            ]
          : undefined;
    if (tooLong)
      report(this, {
        code: "kubernetes-name",
        message: `release ${JSON.stringify(release)} ${tooLong[0]}`,
        fix: tooLong[1],
      });
  }

  /** Without its CA the API server takes the webhook for a stranger's: then no pod is injected, or none starts. */
  private checkWebhook({ values }: VaultServerProps): void {
    const { certs, webhook } = values?.injector ?? {};
    if (certs?.caBundle) checkCertificates(this, "`values.injector.certs.caBundle`", webhookCaOf(values));
    // By an annotation somebody else writes the CA, such as cert-manager.
    const isGivenLater = Object.keys(webhook?.annotations ?? {}).length > 0;
    if (certs?.secretName !== undefined && !certs.caBundle && !isGivenLater)
      report(this, {
        code: "certificate",
        severity: "warning",
        message:
          "`values.injector.certs.secretName` is given without `caBundle`: the API server knows no CA of the injector, and calls it in vain",
        fix: "give `caBundle`, or let cert-manager write it: `values.injector.webhook.annotations` with cert-manager.io/inject-ca-from",
      });
  }

  private check(props: VaultServerProps): void {
    this.checkWebhook(props);
    for (const [what, tag] of [
      ["agent", props.agentImageTag],
      ["server", props.serverImageTag],
    ] as const) {
      if (tag !== undefined && !Token.isUnresolved(tag) && imageProblem(`vault:${tag}`) !== undefined)
        report(this, {
          code: "annotation",
          message: `${what} image tag ${JSON.stringify(tag)} is not a tag: letters, digits, '_', '.' and '-', at most 128`,
          fix: 'give the tag alone, such as "1.21.1"; the repository is `values.injector.agentImage` or `values.server.image`',
        });
      if (tag !== undefined && BROKEN_AGENT_VERSIONS.includes(tag))
        report(this, {
          code: "annotation",
          message: `${what} image tag ${tag} cannot start without IPC_LOCK, which its pod drops`,
          fix: "take the next patch release",
        });
    }
    const { injectorReplicas: replicas } = props;
    if (replicas !== undefined && !Token.isUnresolved(replicas) && !(Number.isInteger(replicas) && replicas >= 1))
      report(this, {
        code: "annotation",
        message: `injectorReplicas ${replicas} is not a whole number of at least 1: without an injector no pod gets a login`,
        fix: "give such a number, or leave it out",
      });
    const production = heldToProduction(this);
    const { name, address, tlsSecret } = props.mode;
    for (const message of props.mode.problems)
      report(this, { code: "vault-mode", message, fix: `give VaultMode.${name} such a value` });
    const tls = name === "external" ? address?.startsWith("https:") : tlsSecret !== undefined;
    if (production && (name === "dev" || name === "standalone" || !tls)) {
      const why = {
        dev: "keeps everything in memory behind a root token that everybody knows",
        standalone: tls
          ? "is one server with its data in files: while its node is down nobody gets a login"
          : "without TLS sends tokens and passwords in clear",
        ha: "",
        external: "without TLS sends tokens and passwords in clear",
      }[name];
      report(this, {
        code: "dev-production",
        message: `Vault in ${name} mode ${why}`,
        fix: 'use VaultMode.ha({ tlsSecret, seal }) or VaultMode.external("https://…"), or choose the sandbox environment',
      });
    }
    if (props.injectNamespaces === undefined) {
      report(this, {
        code: "annotation",
        severity: "warning",
        message: "while the injector is down, pods start without their logins and stay so",
        fix: "name the namespaces in `injectNamespaces`: there such a pod is refused, and made again later",
      });
    }
  }
}
