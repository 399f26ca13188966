import { Construct } from "constructs";
import { LeaseholdStack, LeaseholdStackProps } from "./leasehold-stack";

/**
 * Stage 2 of a further program in one Vault: Vault's provider and nothing else, for the identities of a team.
 *
 * Vault's audit devices and the mount for bootstrap passwords exist once in a Vault: the `VaultConfigStack` of one program makes them, and a
 * second one would be refused by Vault (`path is already in use`). Databases of this program keep their passwords in the same mount.
 */
export class IdentitiesStack extends LeaseholdStack {
  constructor(scope: Construct, id: string, props: LeaseholdStackProps) {
    super(scope, id, props);
    this.useVault();
  }
}
