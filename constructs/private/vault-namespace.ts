import { IConstruct } from "constructs";

/** Context key of a stack: the namespace of Vault (Enterprise, HCP) in which everything of it is. */
export const VAULT_NAMESPACE_CONTEXT = "leasehold:vault-namespace";

/** The namespace of Vault in which a construct's resources are; undefined in the root namespace. */
export function vaultNamespaceOf(construct: IConstruct): string | undefined {
  return construct.node.tryGetContext(VAULT_NAMESPACE_CONTEXT) as string | undefined;
}
