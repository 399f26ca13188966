import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { dnsLabelProblem } from "../access/model/rules";
import { VaultMode, VaultServer, VaultServerOptions } from "../constructs";
import { claimName } from "../constructs/private/claims";
import { report } from "../constructs/private/findings";
import { setting } from "../constructs/private/origin";
import { LeaseholdStack, LeaseholdStackProps } from "./leasehold-stack";
import { checkedFurtherOptions } from "../constructs/private/options";

/** What a platform says of its Vault beyond its environment. */
export interface PlatformVaultProps extends VaultServerOptions {
  /** How Vault is run. @default - the environment's */
  readonly mode?: VaultMode;
}

/** What a platform has beside Vault. */
export interface PlatformStackProps extends LeaseholdStackProps {
  /** Namespaces of workloads: made here, at the `restricted` Pod Security level. */
  readonly namespaces: string[];
  /** Options of Vault and its injector in this stack. @default - as the environment says; only `namespaces` are injected */
  readonly vault?: PlatformVaultProps;
}

/** Namespaces that Kubernetes makes itself. */
const SYSTEM_NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];

/** Stage 1: namespaces, Vault and its injector. */
export class PlatformStack extends LeaseholdStack {
  /** Vault and its injector. */
  readonly vault: VaultServer;

  constructor(scope: Construct, id: string, given: PlatformStackProps) {
    super(scope, id, given);
    const props = checkedFurtherOptions(this, "PlatformStackProps", given);
    this.useKubernetes();
    this.useHelm();
    const folder = new Construct(this, "Namespaces");
    const { environment } = props;
    const namespace = props.vault?.namespace ?? "vault";
    const own = new NamespaceV1(folder, namespace, {
      metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    setting(own);
    const namespaces = this.checkedNamespaces(props.namespaces, namespace);
    this.claimNamespaces(namespace, ...namespaces);
    for (const name of namespaces)
      setting(
        new NamespaceV1(folder, name, {
          metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
        }),
      );
    this.vault = new VaultServer(this, "Vault", {
      mode: environment.vault.mode,
      addressFromTerraform: environment.vault.addressFromTerraform,
      chart: environment.vault.chart,
      namespace,
      injectNamespaces: namespaces,
      injectorReplicas: environment.guardrails === "production" ? 2 : 1,
      ...props.vault,
    });
    this.vault.installAfter(own);
  }

  /** No other stack may make them in this cluster. A kubeconfig without a context names none: who applies chooses it. */
  private claimNamespaces(...names: readonly string[]): void {
    const { host, configPath, configContext } = this.environment.cluster._config;
    const cluster = host ?? (configContext && `context ${configContext} of ${configPath}`);
    if (cluster !== undefined) for (const name of names) claimName(this, "namespace", `${name} of ${cluster}`);
  }

  /** The namespaces that can be made; the others are reported. @param vault The namespace of Vault */
  private checkedNamespaces(names: readonly string[], vault: string): string[] {
    const fit = new Set<string>();
    for (const name of names) {
      const problem = Token.isUnresolved(name)
        ? "is a token, whose value is known only when Terraform runs"
        : (dnsLabelProblem(name) ??
          (SYSTEM_NAMESPACES.includes(name)
            ? "is in every cluster: the apply would end with `already exists`"
            : undefined) ??
          (name === vault ? "is Vault's own, which this stack makes" : undefined) ??
          (fit.has(name) ? "is named twice" : undefined));
      if (problem === undefined) fit.add(name);
      else
        report(this, {
          code: "kubernetes-name",
          message: `namespace ${JSON.stringify(name)} ${problem}`,
          fix: "name each namespace of your workloads once, as Kubernetes has it; for one that exists name it in `vault.injectNamespaces`",
        });
    }
    return [...fit];
  }
}
