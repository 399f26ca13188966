import { App } from "cdktf";
import { Environment, production as example } from "../../examples/shop/environments";
import { CA } from "./certificates";
import { shop } from "../../examples/shop/shop";

/** The example's production with the places filled in that it leaves to its reader: as it stands it is refused. */
export const production: Environment = {
  ...example,
  vault: { ...example.vault, addressFromTerraform: "https://vault.corp.internal:8200" },
  postgres: {
    ...example.postgres,
    ca: CA,
    caFile: "postgres-ca.pem",
    fromTerraform: { host: "postgres.corp.internal", port: 5432 },
  },
};

/** The example in that production. */
export function shopInProduction(app: App, environment: Environment = production): void {
  shop(app, environment, { ledger: "ledger.corp.internal", registry: "registry.corp.internal" });
}
