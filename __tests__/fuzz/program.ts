import { App, TerraformStack } from "cdktf";
import { TokenMap } from "cdktf/lib/tokens/private/token-map";
import * as fc from "fast-check";
import { mkdtempSync, readFileSync, rmSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AdminCredential,
  Credential,
  DatabaseAccess,
  IDatabaseAccess,
  InjectedDeployment,
  IPostgresDatabase,
  KubernetesAuth,
  PostgresDatabase,
  PostgresInstance,
  Reload,
  VaultPath,
  VaultPolicy,
  WorkloadIdentity,
} from "../../constructs";
import { sandbox } from "../../examples/shop/environments";
import { AccessStack, DatabasesStack, VaultConfigStack, WorkloadsStack } from "../../stacks";
import { CA } from "../support/certificates";
import { Block, readProgram, Synthesized, tree } from "../support/program";
import { Attempt, attempts, Field, FIELDS } from "./fields";

export const FORMATS = ["uri", "json", "keywords", "serviceFile", "custom"] as const;

/** What a program is made of beside its strings. */
export interface Shape {
  readonly format: (typeof FORMATS)[number];
  /** The database is made by the program, not named. */
  readonly ownDatabase: boolean;
  /** The mount path is given, not computed from the names. */
  readonly ownMountPath: boolean;
  readonly ownGroupRole: boolean;
  readonly ownFile: boolean;
  /** A server of the program's own, in the cluster, beside the external one. */
  readonly server: boolean;
  /** The workload takes its login from a mount of another program. */
  readonly foreign: boolean;
}

export interface Case {
  readonly shape: Shape;
  readonly attempts: readonly Attempt[];
}

/** A program that has a second database or server is rare: it costs as much as the rest. */
const rarely = fc.integer({ min: 0, max: 9 }).map((n) => n === 9);
const mostly = fc.integer({ min: 0, max: 9 }).map((n) => n < 7);

export const cases: fc.Arbitrary<Case> = fc.record({
  shape: fc.record({
    format: fc.constantFrom(...FORMATS),
    ownDatabase: rarely,
    ownMountPath: mostly,
    ownGroupRole: mostly,
    ownFile: mostly,
    server: rarely,
    foreign: rarely,
  }),
  attempts,
});

/** Reads the strings of a case. */
export class Asked {
  private readonly tried: ReadonlyMap<Field, string>;
  constructor(readonly one: Case) {
    this.tried = new Map(one.attempts.map(({ field, value }) => [field, value]));
  }
  get shape(): Shape {
    return this.one.shape;
  }
  text(field: Field): string {
    return this.tried.get(field) ?? FIELDS[field].fallback;
  }
}

/** The program of a case, as a user would write it. */
export function build(app: App, asked: Asked): void {
  const text = (field: Field): string => asked.text(field);
  const { shape } = asked;
  const environment = sandbox;
  const config = new VaultConfigStack(app, "who", { environment });
  const cluster = new KubernetesAuth(config, "cluster", {
    clusterName: text("cluster"),
    authPath: text("authPath"),
    audience: text("audience"),
    kubernetesHost: text("kubernetesHost"),
    kubernetesCaCert: text("kubernetesCa"),
  });
  const web = new WorkloadIdentity(config, "web", {
    cluster,
    namespace: text("namespace"),
    serviceAccountName: text("serviceAccount"),
    policies: [
      VaultPolicy.fromPolicyName(config, "given", text("givenPolicy")),
      new VaultPolicy(config, "flags", {
        policyName: text("policyName"),
        rules: [
          {
            path: VaultPath.exact(text("policyPath")),
            capabilities: ["read"],
            description: text("policyText"),
            allowedParameters: { [text("parameter")]: [text("parameterValue")] },
          },
        ],
      }),
    ],
  });
  const instance = PostgresInstance.fromEndpoint(config, "server", {
    instanceName: text("instance"),
    endpoint: {
      host: text("host"),
      fromVault: { host: text("hostFromVault"), port: 5433 },
      fromTerraform: { host: text("hostFromTerraform"), port: 5434 },
    },
    admin: AdminCredential.fromKv(text("adminPath"), { mount: text("adminMount"), username: text("adminUser") }),
    majorVersion: 18,
    ca: text("ca"),
    caFile: text("caFile"),
  });
  if (shape.server) server(config, cluster, asked);

  let database: IPostgresDatabase;
  if (shape.ownDatabase) {
    const databases = new DatabasesStack(app, "databases", { environment, instance });
    database = new PostgresDatabase(databases, "database", {
      instance,
      databaseName: text("database"),
      owner: text("owner"),
    });
  } else {
    database = PostgresDatabase.fromDatabaseName(config, "database", {
      instance,
      databaseName: text("database"),
      owner: text("owner"),
    });
  }
  const stack = new AccessStack(app, "access", { environment, database });
  const db = new DatabaseAccess(stack, "db", {
    database,
    kvMount: text("kvMount"),
    ...(shape.ownMountPath && { mountPath: text("mountPath") }),
  });
  if (shape.ownGroupRole) db.access(web, { groupRoleName: text("groupRole") });
  const schema = db.schema(text("schema"));
  schema.table(text("table")).grants.read(web);
  schema.table(text("otherTable")).columns(text("column"), text("otherColumn")).grants.update(web);
  schema.sequence(text("sequence")).grants.use(web);
  schema.function(text("function")).grants.execute(web);
  db.schema(text("allOf")).allTables().grants.insert(web);
  workload(app, asked, web, db);
}

function workload(app: App, asked: Asked, web: WorkloadIdentity, db: DatabaseAccess): void {
  const text = (field: Field): string => asked.text(field);
  const stack = new WorkloadsStack(app, "work", { environment: sandbox });
  const from: IDatabaseAccess = asked.shape.foreign
    ? DatabaseAccess.fromMount(stack, "elsewhere", {
        mountPath: `elsewhere/${text("mountPath")}`,
        databaseName: text("database"),
        endpoint: { host: text("host") },
        ca: text("ca"),
      })
    : db;
  new InjectedDeployment(stack, "web", {
    name: text("deployment"),
    identity: web,
    containers: [{ name: "app", image: "registry.example.com/app:1" }],
    credentials: [credential(asked, from)],
    secrets: [
      {
        name: text("secretName"),
        path: text("secretPath"),
        template: '{{ with secret "flags/data/shop" }}{{ .Data.data.on }}{{ end }}',
        file: text("secretFile"),
      },
    ],
    vault: {
      addressFromPods: text("vaultAddress"),
      addressFromTerraform: "http://127.0.0.1:8200",
      tlsSecret: text("tlsSecret"),
    },
    labels: { [text("labelKey")]: text("labelValue") },
    annotations: { [text("annotationKey")]: text("annotationValue") },
    injector: { telemetry: { [text("telemetryKey")]: text("telemetryValue") } },
  });
}

function credential(asked: Asked, db: IDatabaseAccess): Credential {
  const { format, ownFile } = asked.shape;
  const options = {
    ...(ownFile && { file: asked.text("file") }),
    reload: Reload.httpPost({ port: 8080, path: `/${asked.text("reloadPath")}` }),
    applicationName: asked.text("applicationName"),
  };
  return format === "custom" ? Credential.custom(db, asked.text("template"), options) : Credential[format](db, options);
}

function server(scope: TerraformStack, cluster: KubernetesAuth, asked: Asked): void {
  new PostgresInstance(scope, "own", {
    instanceName: "own",
    cluster,
    namespace: asked.text("namespace"),
    image: asked.text("image"),
    storage: asked.text("storage"),
    storageClass: asked.text("storageClass"),
    tlsSecret: asked.text("serverTls"),
    ca: CA,
    allowFromNamespaces: [asked.text("allowFrom")],
    kvMount: asked.text("kvMount"),
  });
}

/** What came of a case. */
export type Outcome =
  | { readonly accepted: true; readonly program: Synthesized; readonly report: Block }
  | { readonly accepted: false; readonly error: Error; readonly files: readonly string[] };

/** cdktf keeps every token of every program, and with it the program, until the process ends. */
function forget(): void {
  const { stringTokenMap, numberTokenMap } = TokenMap.instance() as unknown as Record<string, Map<unknown, unknown>>;
  stringTokenMap.clear();
  numberTokenMap.clear();
}

/** One folder for all cases of a process: to make and remove one costs as much as a tenth of a case. */
const folder = mkdtempSync(join(tmpdir(), "leasehold-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const filesIn = (): string[] => Object.keys(tree(folder)).filter((file) => !file.endsWith("/"));

/** Synthesizes a case as the CLI does it, providers not asked for. */
export function outcomeOf(one: Case, builder: (app: App, asked: Asked) => void = build): Outcome {
  for (const file of filesIn()) unlinkSync(join(folder, file));
  try {
    const app = new App({ outdir: folder, skipValidation: true });
    builder(app, new Asked(one));
    app.synth();
  } catch (error) {
    return { accepted: false, error: error as Error, files: filesIn() };
  } finally {
    forget();
  }
  const report = JSON.parse(readFileSync(join(folder, "access.json"), "utf8")) as Block;
  return { accepted: true, program: readProgram(folder), report };
}
