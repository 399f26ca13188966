import { IConstruct } from "constructs";

/** A Vault, as its users see it. */
export interface IVault {
  /** The address at which pods reach it, such as `https://vault.vault.svc:8200`. */
  readonly addressFromPods: string;
  /** The address at which the machine that runs Terraform reaches it. */
  readonly addressFromTerraform: string;
  /** Secret, in each workload's namespace, whose `ca.crt` is Vault's CA. @default - the injector's own CA setting */
  readonly tlsSecret?: string;
}

/** A policy of Vault, by name. */
export interface IVaultPolicy extends IConstruct {
  /** Its name in Vault. */
  readonly policyName: string;
}
