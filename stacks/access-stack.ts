import { Construct } from "constructs";
import { IPostgresDatabase } from "../constructs";
import { LeaseholdStack, LeaseholdStackProps } from "./leasehold-stack";
import { checkedFurtherOptions } from "../constructs/private/options";

/** What an access stack is about. */
export interface AccessStackProps extends LeaseholdStackProps {
  /** The database on which its constructs grant. */
  readonly database: IPostgresDatabase;
}

/** Stage 5, one per database: lease functions, secrets mount, migration, grants, database roles, policies. */
export class AccessStack extends LeaseholdStack {
  constructor(scope: Construct, id: string, given: AccessStackProps) {
    super(scope, id, given);
    const props = checkedFurtherOptions(this, "AccessStackProps", given);
    this.useVault();
    this.useRandom();
    this.useKubernetes();
    this.usePostgres(props.database.instance, props.database.databaseName, 1);
  }
}
