import { Construct } from "constructs";
import { IPostgresInstance } from "../constructs";
import { LeaseholdStack, LeaseholdStackProps } from "./leasehold-stack";
import { checkedFurtherOptions } from "../constructs/private/options";

/** Stage 3: a PostgreSQL server in the cluster, and the entry of its first password. */
export class PostgresStack extends LeaseholdStack {
  constructor(scope: Construct, id: string, props: LeaseholdStackProps) {
    super(scope, id, props);
    this.useVault();
    this.useRandom();
    this.useKubernetes();
  }
}

/** Which server the databases are on. */
export interface DatabasesStackProps extends LeaseholdStackProps {
  /** The server. */
  readonly instance: IPostgresInstance;
  /** Database to connect to while others are made. @default "postgres" */
  readonly maintenanceDatabase?: string;
}

/** Stage 4: the databases and owner roles of one server. A stack of its own, since its provider needs the server. */
export class DatabasesStack extends LeaseholdStack {
  constructor(scope: Construct, id: string, given: DatabasesStackProps) {
    super(scope, id, given);
    const props = checkedFurtherOptions(this, "DatabasesStackProps", given);
    this.useVault();
    this.usePostgres(props.instance, props.maintenanceDatabase ?? "postgres");
  }
}
