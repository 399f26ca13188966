import { App, TerraformStack } from "cdktf";
import {
  AdminCredential,
  Container,
  DatabaseAccess,
  DatabaseAccessProps,
  Credential,
  PostgresInstanceAttributes,
  InjectedDeployment,
  InjectedDeploymentProps,
  IPostgresDatabase,
  IPostgresInstance,
  IWorkloadIdentity,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  WorkloadIdentity,
  WorkloadIdentityProps,
} from "../../constructs";
import { Environment, sandbox } from "../../examples/shop/environments";
import { AccessStack, VaultConfigStack, WorkloadsStack } from "../../stacks";
import { production } from "./production";

export const CONTAINER: Container = { name: "app", image: "registry.example.com/app:1.0.0" };

/** A small program whose parts are made when they are first asked for. */
export class World {
  readonly config: VaultConfigStack;
  readonly servers: TerraformStack;
  private made: Record<string, unknown> = {};

  constructor(
    readonly app: App,
    readonly environment: Environment = sandbox,
  ) {
    this.config = new VaultConfigStack(app, "who", { environment });
    this.servers = new TerraformStack(app, "servers");
  }

  static production(app: App): World {
    return new World(app, production);
  }

  get cluster(): KubernetesAuth {
    return this.once("cluster", () => new KubernetesAuth(this.config, "eu"));
  }

  get instance(): IPostgresInstance {
    return this.once("instance", () => this.server("main"));
  }

  get database(): IPostgresDatabase {
    return this.once("database", () => this.databaseOf("shop"));
  }

  get access(): AccessStack {
    return this.once(
      "access",
      () => new AccessStack(this.app, "access", { environment: this.environment, database: this.database }),
    );
  }

  get db(): DatabaseAccess {
    return this.once("db", () => this.accessTo());
  }

  get workloads(): WorkloadsStack {
    return this.once("workloads", () => new WorkloadsStack(this.app, "workloads", { environment: this.environment }));
  }

  server(name: string, attributes: Partial<PostgresInstanceAttributes> = {}): IPostgresInstance {
    return PostgresInstance.fromEndpoint(this.servers, name, {
      endpoint: { host: `${name}.${this.environment.guardrails === "production" ? "corp.internal" : "example.com"}` },
      admin: AdminCredential.fromKv(`postgres/${name}/admin`),
      majorVersion: 18,
      ...attributes,
    });
  }

  databaseOf(name: string, instance = this.instance): IPostgresDatabase {
    return PostgresDatabase.fromDatabaseName(this.servers, `database ${name}`, {
      databaseName: name,
      instance,
      owner: "shop_owner",
    });
  }

  /** A further access stack, for a database other than the first. */
  second(database: IPostgresDatabase, id: string): AccessStack {
    return new AccessStack(this.app, id, { environment: this.environment, database });
  }

  accessTo(props: Partial<DatabaseAccessProps> = {}, id = "shop"): DatabaseAccess {
    return new DatabaseAccess(this.access, id, { database: this.database, ...props });
  }

  identity(name: string, props: Partial<WorkloadIdentityProps> = {}): WorkloadIdentity {
    return new WorkloadIdentity(this.config, name, { cluster: this.cluster, namespace: "shop", ...props });
  }

  deployment(
    identity: IWorkloadIdentity,
    credentials: Credential[],
    props: Partial<InjectedDeploymentProps> = {},
    id = identity.key.serviceAccount,
  ): InjectedDeployment {
    return new InjectedDeployment(this.workloads, id, { identity, containers: [CONTAINER], credentials, ...props });
  }

  private once<T>(name: string, make: () => T): T {
    this.made[name] ??= make();
    return this.made[name] as T;
  }
}
