import { Construct } from "constructs";
import { LeaseholdStack, LeaseholdStackProps } from "./leasehold-stack";

/**
 * Stage 2 of a further program in one Vault: Vault's provider and nothing else, for the identities of a team.
 *
 * Vault's audit devices and the mount for bootstrap passwords exist once in a Vault. The `VaultConfigStack` of one program makes
 * them, and Vault would refuse a second one (`path is already in use`). Databases of this program keep their passwords in the
 * same mount.
 */
export class IdentitiesStack extends LeaseholdStack {
  constructor(scope: Construct, id: string, props: LeaseholdStackProps) {
    super(scope, id, props);
    this.useVault();
  }
}
