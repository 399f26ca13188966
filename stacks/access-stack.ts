import { Construct } from "constructs";
import { IPostgresDatabase } from "../constructs";
import { required } from "../constructs/private/arguments";
import { LeaseholdStack, LeaseholdStackProps } from "./leasehold-stack";

/** What an access stack is about. */
export interface AccessStackProps extends LeaseholdStackProps {
  /** The database on which its constructs grant. */
  readonly database: IPostgresDatabase;
}

/** Stage 5, one per database: lease functions, secrets mount, migration, grants, database roles, policies. */
export class AccessStack extends LeaseholdStack {
  constructor(scope: Construct, id: string, props: AccessStackProps) {
    super(scope, id, props);
    this.useVault();
    this.useRandom();
    this.useKubernetes();
    required(
      this,
      "`database`",
      props.database,
      ({ instance }) => instance !== undefined,
      "database",
      "give the PostgresDatabase, made here or by PostgresDatabase.fromDatabaseName(scope, id, { instance, owner })",
    );
    this.usePostgres(props.database.instance, props.database.databaseName, 1);
  }
}
