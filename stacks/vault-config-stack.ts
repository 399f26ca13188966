import { Audit } from "@cdktf/provider-vault/lib/audit";
import { Construct } from "constructs";
import { BootstrapKv } from "../constructs";
import { setting } from "../constructs/private/origin";
import { LeaseholdStack, LeaseholdStackProps } from "./leasehold-stack";

/**
 * Stage 2: the bootstrap KV mount and audit; the program adds clusters, identities and policies. One for each Vault, or Vault namespace:
 * a further program takes an `IdentitiesStack`.
 */
export class VaultConfigStack extends LeaseholdStack {
  /** The mount for bootstrap passwords. */
  readonly kv: BootstrapKv;

  constructor(scope: Construct, id: string, props: LeaseholdStackProps) {
    super(scope, id, props);
    this.useVault();
    this.kv = new BootstrapKv(this, "Kv");
    const { auditFile } = props.environment.vault;
    if (auditFile === undefined) return;
    const folder = new Construct(this, "Audit");
    // Two devices: a server whose only device fails answers no request at all.
    setting(new Audit(folder, "File", { type: "file", path: "file", options: { file_path: auditFile } }));
    setting(new Audit(folder, "Log", { type: "file", path: "log", options: { file_path: "stdout" } }));
  }
}
