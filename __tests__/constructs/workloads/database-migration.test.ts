import { App } from "cdktf";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Credential, DatabaseMigration, DatabaseMigrationProps, Duration, Migrations } from "../../../constructs";
import { GIVE_AGAIN, NOTE_GRANTS } from "../../../constructs/workloads/kept-grants";
import { Block, findingsOfRefusal, StackJson, synthesize } from "../../support/program";
import { TerraformGraph } from "../../support/terraform-graph";
import { CONTAINER, World } from "../../support/world";
import { withoutCommonParts } from "../../support/injected-pod";

const FOLDER = mkdtempSync(join(tmpdir(), "leasehold-sql-"));
writeFileSync(join(FOLDER, "002_b.sql"), "SELECT '${x}';");
writeFileSync(join(FOLDER, "001_a.sql"), "CREATE SCHEMA sales;");
writeFileSync(join(FOLDER, "notes.txt"), "not SQL");
afterAll(() => rmSync(FOLDER, { recursive: true }));

function made(props: Partial<DatabaseMigrationProps> = {}, then: (world: World) => void = () => undefined): StackJson {
  return synthesize((app) => {
    const world = new World(app);
    const migrations = Migrations.fromFolder(FOLDER);
    new DatabaseMigration(world.db, "migration", { identity: world.identity("migrator"), migrations, ...props });
    then(world);
  }).access;
}
const jobOf = (stack: StackJson): Block => stack.only("kubernetes_job_v1");
const podOf = (stack: StackJson): { metadata: { annotations: Record<string, string> }; spec: Block } =>
  (jobOf(stack).spec as { template: never }).template;

describe("minimal definition, from a folder", () => {
  const stack = made();

  test("is a Job with its files, a ServiceAccount, and an edge that acts as the owner", () => {
    expect(stack.census).toMatchObject({
      kubernetes_config_map_v1: 1,
      kubernetes_job_v1: 1,
      kubernetes_service_account_v1: 1,
      vault_database_secret_backend_role: 1,
      vault_policy: 1,
    });
    const group = Object.values(stack.resources("postgresql_role")).find(
      ({ name }) => name === "eu_shop_migrator_shop",
    );
    expect(group?.roles).toEqual(["shop_owner"]);
  });

  test("gives this Job", () => {
    const { depends_on: _, ...job } = jobOf(stack);
    expect(withoutCommonParts(job)).toMatchInlineSnapshot(`
      {
        "metadata": {
          "labels": {
            "app.kubernetes.io/name": "migrator-59a61f54ca",
          },
          "name": "migrator-59a61f54ca",
          "namespace": "shop",
        },
        "spec": {
          "active_deadline_seconds": 600,
          "backoff_limit": 2,
          "template": {
            "metadata": {
              "annotations": {
                "vault.hashicorp.com/agent-init-json-patch": "[{"op":"add","path":"/restartPolicy","value":"Always"},{"op":"replace","path":"/args","value":["cd '/home/vault'\\necho \\"$VAULT_CONFIG\\" | base64 -d > config.json\\nof() { sed -n 's/.*\\"vault\\":{[^}]*\\"'$1'\\":\\"\\\\{0,1\\\\}\\\\([^\\",}]*\\\\).*/\\\\1/p' config.json; }\\nnamespace=$(sed -n 's/.*\\"method\\":{[^{}]*\\"namespace\\":\\"\\\\([^\\"]*\\\\)\\".*/\\\\1/p' config.json)\\nrevoke() {\\n  if said=$(VAULT_TOKEN=$(cat $1) VAULT_ADDR=$(of address) VAULT_NAMESPACE=$namespace VAULT_CACERT=$(of ca_cert) VAULT_CAPATH=$(of ca_path) \\\\\\n    VAULT_CLIENT_CERT=$(of client_cert) VAULT_CLIENT_KEY=$(of client_key) VAULT_TLS_SERVER_NAME=$(of tls_server_name) \\\\\\n    VAULT_SKIP_VERIFY=$(of tls_skip_verify) VAULT_CLIENT_TIMEOUT=3s VAULT_MAX_RETRIES=4 timeout 7 vault token revoke -self 2>&1)\\n  then echo \\"leasehold: the pod's login is revoked\\"\\n  else case $said in *\\"Code: 403\\"*) echo \\"leasehold: the token had ended before\\" ;; *) echo \\"leasehold: not revoked, ends by its lease: $said\\"; return 1 ;; esac\\n  fi\\n  rm -f $1\\n}\\nready() { [ -f '/vault/secrets/pg_service.conf' ]; }\\ncontents() { cat '/vault/secrets/pg_service.conf' 2>/dev/null || true; }\\nretire() {\\n  [ -s .vault-token ] || return 0\\n  if ready && [ \\"$before\\" != \\"$(contents)\\" ] || ! revoke .vault-token; then mv .vault-token kept-$(date +%s); fi\\n}\\nfinish() {\\n  trap '' TERM INT\\n  if [ -n \\"$agent\\" ]; then\\n    kill $agent 2>/dev/null || true\\n    (sleep 2; kill -9 $agent 2>/dev/null) &\\n    wait $agent || true\\n  fi\\n  for token in .vault-token kept-*; do if [ -s $token ]; then revoke $token || true; fi; done\\n  exit 0\\n}\\nagent= before=\\ntrap finish TERM INT\\nwhile :; do\\n  retire\\n  before=$(contents)\\n  vault agent -config=config.json -exit-after-auth=false &\\n  agent=$!\\n  code=0; wait $agent || code=$?\\n  agent=\\n  echo \\"leasehold: the agent ended with $code and starts again in 5 s\\"\\n  sleep 5 & wait $! || true\\ndone\\n"]},{"op":"add","path":"/startupProbe","value":{"exec":{"command":["/bin/sh","-c","[ -f '/vault/secrets/pg_service.conf' ]"]},"periodSeconds":1,"timeoutSeconds":5,"failureThreshold":2000000000}}]",
                "vault.hashicorp.com/agent-inject-secret-pg_service.conf": "database/main/shop/creds/eu.shop.migrator",
                "vault.hashicorp.com/agent-inject-template-pg_service.conf": "{{- with secret "database/main/shop/creds/eu.shop.migrator" -}}[leasehold]
      host=main.example.com
      port=5432
      dbname=shop
      user={{ .Data.username }}
      password={{ .Data.password }}
      sslmode=verify-full
      application_name=shop/migrator
      options=-c role=shop_owner
      {{- end -}}",
                "vault.hashicorp.com/error-on-missing-key-pg_service.conf": "true",
                "vault.hashicorp.com/role": "shop.migrator",
                "vault.hashicorp.com/template-config-exit-on-retry-failure": "true",
              },
              "labels": {
                "app.kubernetes.io/name": "migrator-59a61f54ca",
              },
            },
            "spec": {
              "container": [
                {
                  "command": [
                    "sh",
                    "/migrations/run.sh",
                  ],
                  "env": [
                    {
                      "name": "HOME",
                      "value": "/tmp",
                    },
                    {
                      "name": "PGSERVICEFILE",
                      "value": "/vault/secrets/pg_service.conf",
                    },
                    {
                      "name": "PGSERVICE",
                      "value": "leasehold",
                    },
                  ],
                  "image": "postgres:18",
                  "name": "migrate",
                  "resources": {
                    "limits": {
                      "memory": "256Mi",
                    },
                    "requests": {
                      "cpu": "50m",
                      "memory": "64Mi",
                    },
                  },
                  "security_context": {
                    "allow_privilege_escalation": false,
                    "capabilities": {
                      "drop": [
                        "ALL",
                      ],
                    },
                    "read_only_root_filesystem": true,
                    "run_as_group": "999",
                    "run_as_non_root": true,
                    "run_as_user": "999",
                  },
                  "volume_mount": [
                    {
                      "mount_path": "/migrations",
                      "name": "migrations",
                      "read_only": true,
                    },
                    {
                      "mount_path": "/tmp",
                      "name": "tmp",
                    },
                  ],
                },
              ],
              "restart_policy": "Never",
              "security_context": {
                "run_as_non_root": true,
                "seccomp_profile": {
                  "type": "RuntimeDefault",
                },
              },
              "service_account_name": "migrator",
              "volume": [
                {
                  "config_map": {
                    "name": "migrator-59a61f54ca-sql",
                  },
                  "name": "migrations",
                },
                {
                  "empty_dir": {},
                  "name": "tmp",
                },
              ],
            },
          },
        },
        "timeouts": {
          "create": "10m",
          "update": "10m",
        },
        "wait_for_completion": true,
      }
    `);
  });

  test("runs the SQL files in the order of their names, as they are, and nothing else of the folder", () => {
    const data = stack.only("kubernetes_config_map_v1").data as Record<string, string>;
    expect(Object.keys(data).sort()).toEqual(["001_a.sql", "002_b.sql", "run.sh"]);
    expect(data["002_b.sql"]).toBe("SELECT '$${x}';");
    expect(data["run.sh"]).toContain("for file in 001_a.sql 002_b.sql; do");
  });

  test("has a login that lives no longer than the Job may run", () => {
    expect(stack.only("vault_database_secret_backend_role")).toMatchObject({ default_ttl: 600, max_ttl: 600 });
  });

  test("comes before every grant on an object, and after its own database role, policy and files", () => {
    const waiting = made({}, (world) => world.db.schema("sales").table("t").grants.read(world.identity("web")));
    const graph = new TerraformGraph(waiting);
    const [job] = graph.ofType("kubernetes_job_v1");
    const onTable = graph.ofType("postgresql_grant").filter((address) => /tablesalest/.test(address));
    expect(onTable).toHaveLength(1);
    expect(graph.before(onTable[0])).toContain(job);
    expect(jobOf(waiting).depends_on).toEqual([
      expect.stringMatching(/^kubernetes_config_map_v1\./),
      expect.stringMatching(/^kubernetes_service_account_v1\./),
      expect.stringMatching(/^vault_database_secret_backend_role\.shop_eushopmigrator_/),
      expect.stringMatching(/^vault_policy\.shop_eushopmigrator_/),
    ]);
  });
});

describe("the name of the Job", () => {
  const nameOf = (stack: StackJson): string => (jobOf(stack).metadata as { name: string }).name;

  test("changes with a file, and with nothing that is not run", () => {
    const before = nameOf(made());
    writeFileSync(join(FOLDER, "notes.txt"), "changed");
    expect(nameOf(made())).toBe(before);
    expect(nameOf(made({ timeout: Duration.minutes(1) }))).toBe(before);
    writeFileSync(join(FOLDER, "003_c.sql"), "SELECT 1;");
    const after = nameOf(made());
    rmSync(join(FOLDER, "003_c.sql"));
    expect(after).not.toBe(before);
    expect(nameOf(made({ migrations: Migrations.fromFolder(FOLDER, { image: "postgres:17" }) }))).not.toBe(before);
  });

  test.each(["a".repeat(100), "dots.in.it", "x-".repeat(40) + "y"])("is a label for the ServiceAccount %s", (name) => {
    const stack = synthesize((app) => {
      const world = new World(app);
      const identity = world.identity("m", { serviceAccountName: name });
      new DatabaseMigration(world.db, "migration", { identity, migrations: Migrations.fromFolder(FOLDER) });
    }).access;
    expect(nameOf(stack)).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  });
});

describe("a migration", () => {
  test("may take as long as is asked for", () => {
    const { spec, timeouts } = jobOf(made({ timeout: Duration.hours(1) }));
    expect((spec as Block).active_deadline_seconds).toBe(3600);
    expect(timeouts).toEqual({ create: "1h", update: "1h" });
  });

  test("may be a container of one's own, minimal definition: no files, the service file in /vault/secrets", () => {
    const stack = made({ migrations: Migrations.fromContainer(CONTAINER, { keepGrants: false }) });
    expect(stack.census).not.toHaveProperty("kubernetes_config_map_v1");
    const { metadata, spec } = podOf(stack);
    expect(spec.container).toMatchObject([{ name: "app", image: "registry.example.com/app:1.0.0" }]);
    expect(spec).not.toHaveProperty("init_container");
    expect(metadata.annotations["vault.hashicorp.com/agent-inject-template-pg_service.conf"]).toContain(
      "options=-c role=shop_owner",
    );
  });

  test("of one's own stands between two containers that keep grants, which read the same login and run as its user", () => {
    const container = { ...CONTAINER, securityContext: { runAsUser: 1000 } };
    const { metadata, spec } = podOf(made({ migrations: Migrations.fromContainer(container) }));
    const [note, own, ...others] = spec.init_container as Block[];
    const [give] = spec.container as Block[];
    expect([note.name, own.name, others, give.name]).toEqual([
      "leasehold-note-grants",
      "app",
      [],
      "leasehold-give-grants",
    ]);
    expect(metadata.annotations["kubectl.kubernetes.io/default-container"]).toBe("app");
    for (const psql of [note, give]) {
      expect(psql).toMatchObject({
        image: "postgres:18",
        security_context: { run_as_user: "1000", run_as_group: "1000" },
      });
      expect(psql.env).toContainEqual({ name: "PGSERVICEFILE", value: "/vault/secrets/pg_service.conf" });
    }
    expect(note.env).toContainEqual({ name: "NOTE", value: NOTE_GRANTS });
    // The shell opens what it writes to, and psql reads it: an argument may not be that long.
    expect((give.command as string[])[2]).toContain("\n\\set held `cat /tmp/leasehold-grants.json`\n");
    expect((give.command as string[])[2]).toContain(GIVE_AGAIN);
  });

  test("reads its login where the injector writes it", () => {
    const injector = { secretVolumePath: "/run/secrets" };
    for (const migrations of [Migrations.fromFolder(FOLDER), Migrations.fromContainer(CONTAINER)]) {
      const [container] = podOf(made({ migrations, injector })).spec.container as Block[];
      expect(container.env).toContainEqual({ name: "PGSERVICEFILE", value: "/run/secrets/pg_service.conf" });
    }
  });

  test("leaves the user of psql to the platform when asked", () => {
    const psql = { image: "mirror.example.com/postgres:18", securityContext: {} };
    for (const migrations of [Migrations.fromFolder(FOLDER, psql), Migrations.fromContainer(CONTAINER, { psql })]) {
      const [container] = podOf(made({ migrations })).spec.container as Block[];
      expect(container.image).toBe("mirror.example.com/postgres:18");
      expect(container.security_context).not.toHaveProperty("run_as_user");
    }
  });

  test("may get its login in another format, which acts as the owner too", () => {
    const stack = synthesize((app) => {
      const world = new World(app);
      const credential = Credential.json(world.db, { file: "db.json" });
      const migrations = Migrations.fromContainer(CONTAINER, { credential });
      new DatabaseMigration(world.db, "migration", { identity: world.identity("migrator"), migrations });
    }).access;
    const { annotations } = podOf(stack).metadata;
    expect(annotations["vault.hashicorp.com/agent-inject-template-db.json"]).toContain(
      '"options":"-c role=shop_owner"',
    );
    // psql reads a file of its own, of the same login.
    const path = "vault.hashicorp.com/agent-inject-secret-";
    expect(annotations[`${path}leasehold_pg_service.conf`]).toBe(annotations[`${path}db.json`]);
  });

  test("has an L1 that is reachable, and overrides reach the JSON", () => {
    const stack = synthesize((app) => {
      const world = new World(app);
      const migrations = Migrations.fromFolder(FOLDER);
      const migration = new DatabaseMigration(world.db, "m", { identity: world.identity("m"), migrations });
      migration.resource.addOverride("spec.backoff_limit", 0);
      expect(migration.grantee.key.serviceAccount).toBe("m");
    }).access;
    expect((jobOf(stack).spec as Block).backoff_limit).toBe(0);
  });

  test("may not take longer than a lease of its database may live, since its login would end before it", () => {
    const build =
      (timeout?: Duration) =>
      (app: App): void => {
        const world = new World(app);
        const db = world.accessTo({ lease: { cap: Duration.minutes(5) } });
        const migrations = Migrations.fromFolder(FOLDER);
        new DatabaseMigration(db, "m", { identity: world.identity("m"), migrations, timeout });
      };
    expect(findingsOfRefusal(build()).map(({ code, message }) => `${code}: ${message}`)).toEqual([
      "lease-ttl: lease maxTtl 10m of eu/shop/m is longer than the cap 5m of database/main/shop",
    ]);
    const { access } = synthesize(build(Duration.minutes(5)));
    expect(access.only("vault_database_secret_backend_role").max_ttl).toBe(300);
  });
});

test("a container of one's own may mount volumes: another one is another Job", () => {
  const withVolume = (...volumes: { name: string; emptyDir: object }[]): Block => {
    const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/${name}` }));
    return jobOf(made({ migrations: Migrations.fromContainer({ ...CONTAINER, volumeMounts }, { volumes }) }));
  };
  const volumesOf = (job: Block): unknown =>
    (job.spec as { template: { spec: { volume: { name: string }[] } } }).template.spec.volume.map(({ name }) => name);
  expect(volumesOf(withVolume({ name: "work", emptyDir: {} }))).toEqual(["vault-token", "tmp", "work"]);
  const names = [[], [{ name: "work", emptyDir: {} }], [{ name: "work", emptyDir: { sizeLimit: "1Gi" } }]].map(
    (volumes) => (withVolume(...volumes).metadata as { name: string }).name,
  );
  expect(new Set(names).size).toBe(3);
});
