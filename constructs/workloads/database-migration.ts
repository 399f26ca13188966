import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import type { JobV1SpecTemplate } from "@cdktf/provider-kubernetes/lib/job-v1";
import { TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { sha256 } from "../../access/model/digest";
import { Duration } from "../../access/model/duration";
import { InjectorOptions } from "../injection/annotations";
import { Credential } from "../injection/credential";
import { Container, ContainerSecurity, Volume } from "../injection/container";
import { waitFor } from "../injection/delivery";
import { InjectedPod, injectedPod, InjectedPodProps } from "../injection/pod";
import { required } from "../private/arguments";
import { claimName } from "../private/claims";
import { setting } from "../private/origin";
import { report } from "../private/findings";
import { untraced } from "../private/source-line";
import { dependOn, literal } from "../private/terraform";
import { DatabaseAccess } from "../database/database-access";
import { requiredIdentity } from "../identity/grantee";
import { IGrantee, IWorkloadIdentity } from "../contracts/identity";
import type { AgentMode } from "../contracts/cluster";
import { IVault } from "../contracts/vault";
import { checkedOptions, checkedText, madeIn } from "../private/options";
import { large } from "../private/large-classes";
import { readFiles } from "./migration-files";
import {
  filesContainer,
  GRANTS_SERVICE_FILE,
  grantContainers,
  PsqlChoice,
  runScript,
  SCRATCH_VOLUME,
  SERVICE_FILE,
} from "./migration-containers";

/** Options of the containers that run `psql`: the one of a migration from a folder, or the two around a container of your own. */
export interface FolderMigrationOptions {
  /** Image with `psql` and a shell. @default "postgres:18" */
  readonly image?: string;
  /**
   * User and group of the container. `{}` leaves them to the platform, as OpenShift requires; elsewhere Kubernetes refuses an
   * image that would run as root.
   *
   * @default - the user and group of your own container, if it names them; else 999 and 999, as in the image `postgres`
   */
  readonly securityContext?: ContainerSecurity;
}

/** What gives grants back around a container of the user's own. */
interface Keeping {
  readonly credentials: readonly Credential[];
  readonly parts: Pick<InjectedPodProps, "initContainers" | "containers" | "annotations">;
}

/** Options of a migration by a container of your own. */
export interface ContainerMigrationOptions {
  /** The format of its login. Refused: one that names no role for the migration to act as. @default - `Credential.serviceFile` */
  readonly credential?: Credential;
  /** The two containers that give grants back, one before and one after your container. @default - as `FolderMigrationOptions` says */
  readonly psql?: FolderMigrationOptions;
  /**
   * Whether the program's grants on an object are given again when the container dropped the object and made it again. Two
   * containers with `psql` do this, one before and one after. Your container is then an init container of the Job. With false,
   * doctor names the grants that are lost.
   *
   * @default true
   */
  readonly keepGrants?: boolean;
  /** Further volumes of the Job's pod, such as an empty folder in which the tool writes. @default - none */
  readonly volumes?: Volume[];
}

/** What a migration runs. */
export class Migrations {
  /**
   * Every `*.sql` file of a folder runs once, in the order of the names, each in one transaction. The table
   * `public.leasehold_migration` records what has run. A file that changed after it ran stops the migration.
   */
  static fromFolder(folder: string, options: FolderMigrationOptions = {}): Migrations {
    checkedOptions(undefined, "FolderMigrationOptions", options, "Migrations.fromFolder");
    return new Migrations(checkedText("folder", "Migrations.fromFolder", folder), undefined, options, false);
  }
  /**
   * A container of your own, such as Flyway's. Its login is in /vault/secrets, in the format of `credential`. If it drops an
   * object and makes it again, the program's grants on the object are given again when the container has ended. Until then pods
   * are refused there.
   */
  static fromContainer(container: Container, options: ContainerMigrationOptions = {}): Migrations {
    checkedOptions(undefined, "Container", container, "Migrations.fromContainer");
    checkedOptions(undefined, "ContainerMigrationOptions", options, "Migrations.fromContainer");
    const { runAsUser, runAsGroup } = container.securityContext ?? {};
    const own = runAsUser === undefined ? undefined : { runAsUser, runAsGroup: runAsGroup ?? runAsUser };
    const { keepGrants = true, credential, volumes } = options;
    const psql = { securityContext: own, ...options.psql };
    return new Migrations(undefined, container, psql, keepGrants, credential, volumes);
  }
  private constructor(
    /** @internal */ readonly folder: string | undefined,
    /** @internal */ readonly container: Container | undefined,
    /** @internal */ readonly psql: PsqlChoice,
    /** @internal */ readonly keepGrants: boolean,
    /** @internal */ readonly credential?: Credential,
    /** @internal */ readonly volumes?: readonly Volume[],
  ) {}
}

/** Who migrates a database, and by what. */
export interface DatabaseMigrationProps {
  /** Who the Job runs as: an identity that has no other work. */
  readonly identity: IWorkloadIdentity;
  /** What it runs. */
  readonly migrations: Migrations;
  /** How long the Job may run. Its login lives no longer. @default 10 minutes */
  readonly timeout?: Duration;
  /** Where the agent finds Vault. @default - where the injector says */
  readonly vault?: IVault;
  /** How the agent runs. @default - as in all pods of the identity's cluster */
  readonly agent?: AgentMode;
  /** How the agent is injected. @default - as the injector is configured */
  readonly injector?: InjectorOptions;
}

/**
 * Brings the schema up to date before anything is granted on it. It is a Job with a leased login that acts as the owner role, so
 * everything that it makes belongs to that role. Every grant of the database waits for it.
 *
 * A changed set of files is another Job, and runs at the next apply.
 */
export class DatabaseMigration extends Construct implements IGrantee {
  readonly grantee: IWorkloadIdentity;
  /**
   * The L1, a `JobV1` of the Kubernetes provider. Cast it where you need its own fields: its declarations are long, and a program
   * that does not name the class compiles without them.
   */
  readonly resource: TerraformResource;

  constructor(scope: DatabaseAccess, id: string, given: DatabaseMigrationProps) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "DatabaseMigrationProps", given);
    const holds = (access: DatabaseAccess): boolean => typeof access.access === "function";
    required(
      this,
      "the scope of a migration",
      scope,
      holds,
      "DatabaseAccess",
      "write new DatabaseMigration(access, id, { … })",
    );
    this.grantee = requiredIdentity(this, "`identity`", props.identity);
    const { namespace } = this.grantee.key;
    const { migrations } = props;
    const files = migrations.folder === undefined ? {} : readFiles(this, migrations.folder);
    const name = this.jobName(files, migrations);
    claimName(this, "Job", `${this.grantee.key.cluster}/${namespace}/${name}`);
    const timeout = props.timeout ?? Duration.minutes(10);
    const edge = scope.access(this.grantee);
    edge._actAs(scope.database.owner, timeout.toSeconds());
    const credential = migrations.credential ?? Credential.serviceFile(scope, { file: SERVICE_FILE });
    this.checkCredential(credential, scope);
    const pod = this.makePod(scope, props, name, credential);
    // A setting, since it acts as the owner: what it runs can grant anything.
    this.resource = setting(untraced(() => this.makeJob(name, pod, timeout)));
    if (!migrations.container) dependOn(this.resource, setting(this.filesAs(`${name}-sql`, files)));
    waitFor(this.resource, [...pod.needs, edge.databaseRole, edge.policy]);
    scope._migrateFirst(edge, this.resource);
  }

  private makePod(
    access: DatabaseAccess,
    { migrations, vault, agent, injector }: DatabaseMigrationProps,
    name: string,
    credential: Credential,
  ): InjectedPod {
    const psql = { ...migrations.psql, secretsFolder: injector?.secretVolumePath };
    const kept = migrations.keepGrants ? this.keeping(access, migrations, psql) : undefined;
    return injectedPod(
      this,
      {
        identity: this.grantee,
        credentials: [credential, ...(kept?.credentials ?? [])],
        vault,
        agent,
        injector,
        ...(kept?.parts ?? { containers: [migrations.container ?? filesContainer(psql)] }),
        volumes: [
          ...(migrations.container ? [] : [{ name: "migrations", configMap: { name: `${name}-sql` } }]),
          ...(migrations.container && !kept ? [] : [SCRATCH_VOLUME]),
          ...(migrations.volumes ?? []),
        ],
      },
      { kind: "Job", name, graphName: this.grantee.key.serviceAccount, restartPolicy: "Never", pods: 1 },
    );
  }

  private makeJob(name: string, { labels, template }: InjectedPod, timeout: Duration): TerraformResource {
    return new large.JobV1(this, "Resource", {
      metadata: { name, namespace: this.grantee.key.namespace, labels },
      spec: {
        backoffLimit: 2,
        activeDeadlineSeconds: timeout.toSeconds(),
        template: template as JobV1SpecTemplate,
      },
      waitForCompletion: true,
      timeouts: { create: timeout.toString(), update: timeout.toString() },
    });
  }

  /** Another set of files, another image or volume is another Job: Kubernetes cannot change one. */
  private jobName(files: Record<string, string>, migrations: Migrations): string {
    const { container, volumes = [] } = migrations;
    const digest = sha256(
      JSON.stringify([files, migrations.psql.image ?? "postgres:18", container ?? null, ...volumes]),
    ).slice(0, 10);
    return `${this.grantee.key.serviceAccount}-${digest}`
      .slice(-63)
      .replace(/^[^a-z0-9]+/, "")
      .replace(/\./g, "-");
  }

  private checkCredential(credential: Credential, access: DatabaseAccess): void {
    if (credential.database.mountPath !== access.mountPath)
      report(this, {
        code: "migration",
        message: `the credential ${JSON.stringify(credential.file)} of the migration is of the mount ${JSON.stringify(credential.database.mountPath)}, and the migration of ${JSON.stringify(access.mountPath)}`,
        fix: "make the credential of the database that the migration is made in",
      });
    if (!credential.actsAsOwner)
      report(this, {
        code: "migration",
        message: `the credential ${JSON.stringify(credential.file)} of the migration names no role that the migration acts as: its tables would belong to its login, and later migrations could not alter them`,
        fix: "write {{ .Place.ownerRole }} or {{ .Place.options }} where your tool sets the role, or choose a format that carries it, such as Credential.uri or Credential.serviceFile",
      });
  }

  /** The files and the script that runs them, as a ConfigMap. */
  private filesAs(name: string, files: Record<string, string>): ConfigMapV1 {
    const { namespace } = this.grantee.key;
    const texts = [...Object.entries(files), ["run.sh", runScript(Object.keys(files))]];
    return new ConfigMapV1(this, "Files", {
      metadata: { name, namespace },
      data: Object.fromEntries(texts.map(([file, text]) => [file, literal(text)])),
    });
  }

  /** The pod of a container of the user's own, with psql before and after it, and the login that psql reads. */
  private keeping(
    access: DatabaseAccess,
    { container, credential }: Migrations,
    psql: PsqlChoice,
  ): Keeping | undefined {
    if (!container) return undefined;
    // An agent reads a path once: two files of one path hold the same login.
    const own = credential && Credential.serviceFile(access, { file: GRANTS_SERVICE_FILE });
    const { before, after } = grantContainers(psql, own?.file ?? SERVICE_FILE);
    return {
      credentials: own ? [own] : [],
      parts: {
        initContainers: [before, container],
        containers: [after],
        // Whose log `kubectl logs job/…` shows.
        annotations: { "kubectl.kubernetes.io/default-container": container.name },
      },
    };
  }
}
