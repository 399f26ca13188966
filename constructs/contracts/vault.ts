import { IConstruct } from "constructs";

/** A Vault, as its users see it. */
export interface IVault {
  /** As pods reach it, such as `https://vault.vault.svc:8200`. */
  readonly addressFromPods: string;
  /** As the machine reaches it that runs Terraform. */
  readonly addressFromTerraform: string;
  /** Secret, in each workload's namespace, whose `ca.crt` is Vault's CA. @default - the injector's own CA setting */
  readonly tlsSecret?: string;
}

/** A policy of Vault, by name. */
export interface IVaultPolicy extends IConstruct {
  /** Its name in Vault. */
  readonly policyName: string;
}
