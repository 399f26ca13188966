import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { Construct } from "constructs";
import { VaultMode, VaultServer, VaultServerOptions } from "../constructs";
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
    for (const name of props.namespaces)
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
      injectNamespaces: props.namespaces,
      injectorReplicas: environment.guardrails === "production" ? 2 : 1,
      ...props.vault,
    });
    this.vault.installAfter(own);
  }
}
