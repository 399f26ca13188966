import { Audit } from "@cdktf/provider-vault/lib/audit";
import { Aspects, TerraformResource, Token } from "cdktf";
import { Construct, IConstruct } from "constructs";
import { BootstrapKv } from "../constructs";
import { report } from "../constructs/private/findings";
import { mark } from "../constructs/private/guards";
import { setting } from "../constructs/private/origin";
import { dependOn } from "../constructs/private/terraform";
import { LeaseholdStack, LeaseholdStackProps } from "./leasehold-stack";

/** Where the chart mounts its volume for audit files. */
const AUDIT_FOLDER = "/vault/audit/";

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
    this.checkAuditFile(auditFile, props.environment.vault.mode.name);
    const folder = new Construct(this, "Audit");
    // Two devices: a server whose only device fails answers no request at all.
    const file = setting(new Audit(folder, "File", { type: "file", path: "file", options: { file_path: auditFile } }));
    const log = setting(
      new Audit(folder, "Log", { type: "file", path: "log", options: { file_path: "stdout" }, dependsOn: [file] }),
    );
    this.makeFirst(file, log);
  }

  /**
   * All else of the stack waits for the devices. While Vault sets one up, other requests are done and answered by an error
   * (`failed to persist salt`, Vault 1.21.1): Terraform repeats them, and stops at `path is already in use`.
   */
  private makeFirst(...devices: readonly Audit[]): void {
    const first: ReadonlySet<IConstruct> = new Set(devices);
    const visit = (node: IConstruct): void => {
      if (TerraformResource.isTerraformResource(node) && !first.has(node)) dependOn(node, ...devices);
    };
    Aspects.of(this).add(mark({ visit }, "Aspect"));
  }

  /** Vault opens the file when the device is made; what is not on a volume is gone when the server starts anew. */
  private checkAuditFile(file: string, mode: string): void {
    if (Token.isUnresolved(file)) return;
    const shown = JSON.stringify(file);
    if (!/^\/.*[^/]$/.test(file))
      report(this, {
        code: "vault-mode",
        message: `auditFile ${shown} is not the absolute path of a file in Vault's pod; the log is written besides`,
        fix: `write it like "${AUDIT_FOLDER}audit.log"`,
      });
    else if (["ha", "standalone"].includes(mode) && !file.startsWith(AUDIT_FOLDER))
      report(this, {
        code: "vault-mode",
        severity: "warning",
        message: `auditFile ${shown} is not in ${AUDIT_FOLDER}, where the chart mounts the volume for it: it is lost when a server starts anew`,
        fix: `write it like "${AUDIT_FOLDER}audit.log"; acknowledge this where \`values\` mount a volume of your own there`,
      });
  }
}
