import { App } from "cdktf";
import { Credential, DatabaseAccess, InjectedDeployment, KubernetesAuth, WorkloadIdentity } from "leasehold";
import { IdentitiesStack, WorkloadsStack } from "leasehold/stacks";
import { environment, SERVER } from "./environment";

/**
 * The program of the team `bi`, in another repository, with a state and a pipeline of its own. It grants nothing: it says who its
 * app is, and where the login arrives. Nothing is handed over but names, which follow from what both sides know.
 */
export function guest(app: App): void {
  // No VaultConfigStack: the audit devices and the mount for passwords are the owner's, and exist once in a Vault.
  const identities = new IdentitiesStack(app, "bi-identities", { environment });
  const cluster = KubernetesAuth.fromAttributes(identities, "eu");
  const reporting = new WorkloadIdentity(identities, "reporting", {
    cluster,
    namespace: "bi",
  });

  // The database of the other team: logins come from its mount. The auth role lists the policy that the owner's program makes for `reporting`.
  const shop = DatabaseAccess.fromMount(identities, "shop", {
    mountPath: "database/main/shop",
    databaseName: "shop",
    endpoint: SERVER,
    sslMode: "require",
  });

  const address = environment.vault.addressFromTerraform;
  new InjectedDeployment(new WorkloadsStack(app, "bi-workloads", { environment }), "reporting", {
    identity: reporting,
    containers: [{ name: "reporting", image: "registry.example.com/bi/reporting:1.0.0" }],
    credentials: [Credential.uri(shop)],
    vault: { addressFromPods: address, addressFromTerraform: address },
  });
}
