import { App } from "cdktf";
import {
  Credential,
  DatabaseAccess,
  InjectedDeployment,
  KubernetesAuth,
  VaultPolicy,
  WorkloadIdentity,
} from "leasehold";
import { LeaseholdStack, LeaseholdStackProps, WorkloadsStack } from "leasehold/stacks";
import { Construct } from "constructs";
import { environment, SERVER } from "./environment";

/** What the team has in Vault. The mounts and the auth method are the owner's: a VaultConfigStack would make them a second time. */
class IdentitiesStack extends LeaseholdStack {
  constructor(scope: Construct, id: string, props: LeaseholdStackProps) {
    super(scope, id, props);
    this.useVault();
  }
}

/**
 * The program of the team `bi`, in another repository, with a state and a pipeline of its own. It grants nothing: it says who its
 * app is, and where the login arrives. Nothing is handed over but names, which follow from what both sides know.
 */
export function guest(app: App): void {
  const identities = new IdentitiesStack(app, "bi-identities", { environment });
  const cluster = KubernetesAuth.fromAttributes(identities, "eu");
  const reporting = new WorkloadIdentity(identities, "reporting", {
    cluster,
    namespace: "bi",
    // The policy that the owner's program makes: `leasehold why bi/reporting SELECT shop.sales.customer` names it there.
    policies: [VaultPolicy.fromPolicyName(identities, "read-shop", "leasehold_eu_bi_reporting_database.main.shop")],
  });

  // The database of the other team: logins come from its mount.
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
