import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { App } from "cdktf";
import { dataGuard } from "../../../constructs/postgres/server-pod";
import {
  AdminCredential,
  IVault,
  KubernetesAuth,
  PostgresInstance,
  PostgresInstanceProps,
  Vault,
  findingsOf,
} from "../../../constructs";
import { addressFrom } from "../../../constructs/contracts/postgres";
import { CA } from "../../support/certificates";
import { Block, inStack, StackJson } from "../../support/program";
import { World } from "../../support/world";
import { TerraformGraph } from "../../support/terraform-graph";
import { withoutCommonParts } from "../../support/injected-pod";

function made(
  props: Partial<PostgresInstanceProps> = {},
  then: (instance: PostgresInstance) => void = () => undefined,
): StackJson {
  return inStack((stack) => {
    const cluster = KubernetesAuth.fromAttributes(stack, "eu");
    then(new PostgresInstance(stack, "main", { cluster, namespace: "data", ...props }));
  });
}

interface PodSpec extends Block {
  readonly container: readonly (Block & { args: string[]; volume_mount: Block[]; image: string })[];
  readonly volume: readonly Block[];
}
const podOf = (
  stack: StackJson,
): { readonly metadata: { annotations: Record<string, string> }; readonly spec: PodSpec } =>
  (stack.only("kubernetes_stateful_set_v1").spec as { template: never }).template;

const DNS = {
  ports: [53, 5353].flatMap((port) => ["UDP", "TCP"].map((protocol) => ({ port: `${port}`, protocol }))),
};
const vaultAt = (addressFromPods: string): IVault => Vault.fromAddress({ addressFromPods });

describe("minimal definition", () => {
  const stack = made();

  test("makes a StatefulSet of one with its service, its identity, and a password that is in Vault only", () => {
    expect(stack.census).toEqual({
      kubernetes_config_map_v1: 1,
      kubernetes_service_account_v1: 1,
      kubernetes_service_v1: 1,
      kubernetes_stateful_set_v1: 1,
      vault_kubernetes_auth_backend_role: 1,
      vault_kv_secret_v2: 1,
      vault_policy: 1,
    });
    expect(stack.only("vault_kv_secret_v2")).toMatchObject({ mount: "leasehold", name: "postgres/main/admin" });
  });

  test("gives this StatefulSet", () => {
    expect(withoutCommonParts(stack.only("kubernetes_stateful_set_v1"))).toMatchInlineSnapshot(`
      {
        "depends_on": [
          "kubernetes_config_map_v1.main_Init_D8FA2F5F",
          "kubernetes_service_account_v1.ServiceAccounts_datamain_E3659087",
          "kubernetes_service_v1.main_Service_88D60998",
          "vault_kubernetes_auth_backend_role.main_Identity_3FF2449C",
          "vault_kv_secret_v2.main_Password_Entry_F909FBAF",
          "vault_policy.main_Policy_637FC0A1",
        ],
        "metadata": {
          "labels": {
            "app.kubernetes.io/name": "main",
          },
          "name": "main",
          "namespace": "data",
        },
        "spec": {
          "replicas": "1",
          "selector": {
            "match_labels": {
              "app.kubernetes.io/name": "main",
            },
          },
          "service_name": "main",
          "template": {
            "metadata": {
              "annotations": {
                "vault.hashicorp.com/agent-inject-secret-admin-password": "leasehold/data/postgres/main/admin",
                "vault.hashicorp.com/agent-inject-template-admin-password": "{{- with secret "leasehold/data/postgres/main/admin" -}}{{ .Data.data.password }}{{- end -}}",
                "vault.hashicorp.com/error-on-missing-key-admin-password": "true",
                "vault.hashicorp.com/role": "data.main",
              },
              "labels": {
                "app.kubernetes.io/name": "main",
              },
            },
            "spec": {
              "container": [
                {
                  "args": [
                    "-c",
                    "max_connections=200",
                    "-c",
                    "password_encryption=scram-sha-256",
                    "-c",
                    "log_connections=on",
                    "-c",
                    "log_disconnections=on",
                    "-c",
                    "log_line_prefix=%m [%p] db=%d,user=%u,app=%a,client=%h ",
                  ],
                  "command": [
                    "sh",
                    "-c",
                    "(
      version="/var/lib/postgresql/18"
      data="$version/docker"
      begun="$version/first-start"
      if [ -e "$begun" ]; then
        if grep -qs '^cluster_name' "$data/postgresql.auto.conf"; then rm -f "$begun"; exit 0; fi
        # A new server has three databases: template0, template1 and postgres.
        set -- "$data"/base/[0-9]*
        if [ $# -gt 3 ]; then
          echo "the first start of this server did not reach its end, but it holds databases. If they matter, delete the file $begun of the volume, by the command in docs/operations.md; if not, delete the claim. Then delete this pod" >&2
          exit 1
        fi
        echo "the first start of this server did not reach its end, and it holds no database of yours: it starts anew" >&2
        rm -rf "$data"
        exit 0
      fi
      [ -e "$data/PG_VERSION" ] && exit 0
      for found in "/var/lib/postgresql"/*/docker/PG_VERSION; do
        [ -e "$found" ] || continue
        echo "the volume holds data of PostgreSQL $(cat "$found") and none of 18: an empty server would start. Set majorVersion back and delete this pod, or move the data as docs/operations.md says" >&2
        exit 1
      done
      mkdir -p "$version" && : > "$begun"
      ) || exit 1
      exec docker-entrypoint.sh postgres "$@"
      ",
                    "postgres",
                  ],
                  "env": [
                    {
                      "name": "PGDATA",
                      "value": "/var/lib/postgresql/18/docker",
                    },
                    {
                      "name": "POSTGRES_PASSWORD_FILE",
                      "value": "/vault/secrets/admin-password",
                    },
                    {
                      "name": "POSTGRES_HOST_AUTH_METHOD",
                      "value": "scram-sha-256",
                    },
                    {
                      "name": "POSTGRES_INITDB_ARGS",
                      "value": "--auth-host=scram-sha-256 --auth-local=peer",
                    },
                  ],
                  "image": "postgres:18",
                  "name": "postgres",
                  "port": [
                    {
                      "container_port": 5432,
                      "name": "postgresql",
                    },
                  ],
                  "readiness_probe": {
                    "exec": {
                      "command": [
                        "pg_isready",
                        "-U",
                        "postgres",
                        "-h",
                        "127.0.0.1",
                      ],
                    },
                    "period_seconds": 5,
                  },
                  "resources": {
                    "limits": {
                      "memory": "1Gi",
                    },
                    "requests": {
                      "cpu": "100m",
                      "memory": "256Mi",
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
                      "mount_path": "/var/lib/postgresql",
                      "name": "data",
                    },
                    {
                      "mount_path": "/docker-entrypoint-initdb.d",
                      "name": "init",
                      "read_only": true,
                    },
                    {
                      "mount_path": "/var/run/postgresql",
                      "name": "run",
                    },
                    {
                      "mount_path": "/tmp",
                      "name": "tmp",
                    },
                  ],
                },
              ],
              "security_context": {
                "fs_group": "999",
                "run_as_non_root": true,
                "seccomp_profile": {
                  "type": "RuntimeDefault",
                },
              },
              "service_account_name": "main",
              "termination_grace_period_seconds": 60,
              "volume": [
                {
                  "config_map": {
                    "name": "\${kubernetes_config_map_v1.main_Init_D8FA2F5F.metadata[0].name}",
                  },
                  "name": "init",
                },
                {
                  "empty_dir": {},
                  "name": "run",
                },
                {
                  "empty_dir": {},
                  "name": "tmp",
                },
              ],
            },
          },
          "volume_claim_template": [
            {
              "metadata": {
                "name": "data",
              },
              "spec": {
                "access_modes": [
                  "ReadWriteOnce",
                ],
                "resources": {
                  "requests": {
                    "storage": "10Gi",
                  },
                },
              },
            },
          ],
        },
        "wait_for_rollout": true,
      }
    `);
  });

  test("gives its pod one policy, to read its own first password", () => {
    expect(stack.only("vault_policy")).toEqual({
      name: "leasehold-postgres-main",
      policy:
        '# first password of the PostgreSQL server main\npath "leasehold/data/postgres/main/admin" {\n  capabilities = ["read"]\n}\n',
    });
    expect(stack.only("vault_kubernetes_auth_backend_role")).toMatchObject({
      bound_service_account_names: ["main"],
      bound_service_account_namespaces: ["data"],
      token_policies: ["leasehold-postgres-main"],
    });
  });

  test("starts the server after all that its first start reads", () => {
    const graph = new TerraformGraph(stack);
    const before = [...graph.before(graph.ofType("kubernetes_stateful_set_v1")[0])].map(
      (address) => address.split(".")[0],
    );
    expect(new Set(before)).toEqual(
      new Set([
        ...["kubernetes_config_map_v1", "kubernetes_service_account_v1", "kubernetes_service_v1", "ephemeral"],
        ...["vault_kubernetes_auth_backend_role", "vault_kv_secret_v2", "vault_policy"],
      ]),
    );
  });

  test("knows its addresses, admin and mode", () => {
    made({}, (instance) => {
      expect(instance.instanceName).toBe("main");
      expect(instance.sslMode).toBe("disable");
      expect(instance.majorVersion).toBe(18);
      expect(instance.admin).toEqual({ mount: "leasehold", path: "postgres/main/admin", username: "leasehold_admin" });
      for (const viewpoint of ["pods", "vault", "terraform"] as const)
        expect(addressFrom(instance.endpoint, viewpoint)).toEqual({ host: "main.data.svc", port: 5432 });
    });
  });
});

describe("a server", () => {
  test("with a certificate serves TLS, is verified, and mounts the Secret", () => {
    const stack = made({ tlsSecret: "tls", ca: CA, caFile: "ca.pem" }, ({ sslMode, ca, caFile }) =>
      expect([sslMode, ca, caFile]).toEqual(["verify-full", CA, "ca.pem"]),
    );
    const { spec } = podOf(stack);
    expect(spec.container[0].args).toEqual(expect.arrayContaining(["ssl=on", "ssl_cert_file=/tls/tls.crt"]));
    expect(spec.volume).toContainEqual({ name: "tls", secret: { secret_name: "tls", default_mode: "0640" } });
    expect(spec.container[0].volume_mount).toContainEqual({ name: "tls", mount_path: "/tls", read_only: true });
  });

  test("has the version, image, storage and connections that are asked for", () => {
    const stack = made({ majorVersion: 16, storage: "1Gi", storageClass: "fast", maxConnections: 300 });
    const { spec } = podOf(stack);
    expect(spec.container[0].image).toBe("postgres:16");
    expect(spec.container[0].args).toContain("max_connections=300");
    expect(JSON.stringify(spec.container[0])).toContain("/var/lib/postgresql/16/docker");
    const [claim] = (stack.only("kubernetes_stateful_set_v1").spec as { volume_claim_template: { spec: Block }[] })
      .volume_claim_template;
    expect(claim.spec).toMatchObject({ storage_class_name: "fast", resources: { requests: { storage: "1Gi" } } });
    expect(podOf(made({ image: "registry.example.com/pg:18" })).spec.container[0].image).toBe(
      "registry.example.com/pg:18",
    );
  });

  test.each([14, 15, 16, 17, 18] as const)(
    "of PostgreSQL %i makes databases in which PUBLIC may not create",
    (major) => {
      const data = made({ majorVersion: major }).only("kubernetes_config_map_v1").data as Record<string, string>;
      expect(Object.keys(data).sort()).toEqual(["05-template.sql", "10-leasehold.sql", "99-finished.sql"]);
      // From 15 on that is how they come.
      expect(data["05-template.sql"].includes("REVOKE CREATE ON SCHEMA public FROM PUBLIC;")).toBe(major < 15);
    },
  );

  test.each([
    [14, [/a role with CREATEROLE/, /a login can give itself to other roles, and PUBLIC may create/]],
    [15, [/a role with CREATEROLE/]],
    [16, []],
    [17, []],
    [18, []],
  ] as const)("of PostgreSQL %i is accepted, with what is weaker there as warnings", (major, expected) => {
    const warnings = made({ majorVersion: major }).warnings.filter((text) => text.startsWith("postgres-version: "));
    expect(warnings).toEqual(expected.map((part) => expect.stringMatching(part)));
  });

  test("an image of another name than PostgreSQL's may have numbers of its own", () => {
    for (const image of [
      "registry.example.com/corp/postgres-hardened:3.2",
      "registry.example.com/pg:11",
      "postgres:18",
    ])
      expect(made({ majorVersion: 18, image }).only("kubernetes_stateful_set_v1")).toBeDefined();
    expect(() => made({ majorVersion: 18, image: "registry.example.com/postgresql:17.2" })).toThrow(
      /postgresql:17\.2" is PostgreSQL 17, and majorVersion is 18/,
    );
  });

  test("may be found at other addresses by Vault and by Terraform", () => {
    const [fromVault, fromTerraform] = [
      { host: "vault-sees", port: 1 },
      { host: "terraform-sees", port: 2 },
    ];
    made({ fromVault, fromTerraform }, ({ endpoint }) => {
      expect(addressFrom(endpoint, "vault")).toBe(fromVault);
      expect(addressFrom(endpoint, "terraform")).toBe(fromTerraform);
      expect(addressFrom(endpoint, "pods")).toEqual({ host: "main.data.svc", port: 5432 });
    });
  });

  test("admits connections from the named namespaces only, and connects to names and Vault only", () => {
    const policy = made({ allowFromNamespaces: ["shop", "vault"] }).only("kubernetes_network_policy_v1");
    expect(policy.spec).toEqual({
      policy_types: ["Ingress", "Egress"],
      pod_selector: { match_labels: { "app.kubernetes.io/name": "main" } },
      ingress: [
        {
          ports: [{ port: "5432", protocol: "TCP" }],
          from: ["shop", "vault"].map((name) => ({
            namespace_selector: { match_labels: { "kubernetes.io/metadata.name": name } },
          })),
        },
      ],
      egress: [DNS, { ports: [{ port: "8200", protocol: "TCP" }] }],
    });
  });

  test.each<[string, Partial<PostgresInstanceProps>, object]>([
    [
      "by its namespace, if it is a Service",
      { vault: vaultAt("https://vault.secrets.svc:8300") },
      {
        to: [{ namespace_selector: { match_labels: { "kubernetes.io/metadata.name": "secrets" } } }],
        ports: [{ port: "8300", protocol: "TCP" }],
      },
    ],
    [
      "by its port, elsewhere",
      { vault: vaultAt("https://vault.corp.internal") },
      { ports: [{ port: "443", protocol: "TCP" }] },
    ],
    [
      "by the agent's proxy",
      { vault: vaultAt("https://vault.corp.internal"), injector: { proxyAddress: "http://proxy.corp.internal:3128" } },
      { ports: [{ port: "3128", protocol: "TCP" }] },
    ],
  ])("reaches Vault %s", (_, props, rule) => {
    const { spec } = made({ allowFromNamespaces: ["shop"], ...props }).only("kubernetes_network_policy_v1");
    expect((spec as { egress: object[] }).egress).toEqual([DNS, rule]);
  });

  test("reads its password from another KV mount", () => {
    const stack = made({ kvMount: "bootstrap" });
    expect(stack.only("vault_kv_secret_v2").mount).toBe("bootstrap");
    expect(stack.only("vault_policy").policy).toContain('path "bootstrap/data/postgres/main/admin"');
    const { annotations } = podOf(stack).metadata;
    expect(annotations["vault.hashicorp.com/agent-inject-secret-admin-password"]).toBe(
      "bootstrap/data/postgres/main/admin",
    );
  });

  test("has L1s that are reachable, and overrides reach the JSON", () => {
    const stack = made({}, (instance) => {
      instance.resource.addOverride("spec.replicas", "0");
      instance.service.addOverride("spec.type", "LoadBalancer");
      instance.password.entry.addOverride("options", { cas: 0 });
    });
    expect((stack.only("kubernetes_stateful_set_v1").spec as Block).replicas).toBe("0");
    expect((stack.only("kubernetes_service_v1").spec as Block).type).toBe("LoadBalancer");
    expect(stack.only("vault_kv_secret_v2").options).toEqual({ cas: 0 });
  });
});

describe("a server that exists already, minimal definition", () => {
  test("makes nothing and is verified in full", () => {
    const stack = inStack((scope) => {
      const admin = AdminCredential.fromKv("pg/rds", { mount: "kv", username: "rds_admin" });
      const rds = PostgresInstance.fromEndpoint(scope, "rds", {
        endpoint: { host: "rds.example.com" },
        admin,
        majorVersion: 17,
      });
      expect([rds.instanceName, rds.sslMode, rds.majorVersion, rds.ca]).toEqual(["rds", "verify-full", 17, undefined]);
      expect(rds.admin).toEqual({ mount: "kv", path: "pg/rds", username: "rds_admin" });
      expect(addressFrom(rds.endpoint, "vault")).toEqual({ host: "rds.example.com", port: 5432 });
    });
    expect(stack.census).toEqual({});
    expect(stack.json.ephemeral).toBeUndefined();
  });
});

describe("the guard of a server's data", () => {
  const started = (majorVersion: number, held: readonly number[]): { status: number | null; stderr: string } => {
    const volume = mkdtempSync(join(tmpdir(), "leasehold-volume-"));
    try {
      for (const major of held) {
        mkdirSync(join(volume, String(major), "docker"), { recursive: true });
        writeFileSync(join(volume, String(major), "docker", "PG_VERSION"), `${major}\n`);
      }
      const { status, stderr } = spawnSync("sh", ["-c", dataGuard(majorVersion, volume)], { encoding: "utf8" });
      return { status, stderr };
    } finally {
      rmSync(volume, { recursive: true });
    }
  };

  test.each([
    ["an empty volume", []],
    ["data of its own version", [18]],
    ["data of an older one beside its own, as an upgrade leaves them", [17, 18]],
  ])("lets a server start on %s", (_, held) => {
    expect(started(18, held)).toEqual({ status: 0, stderr: "" });
  });

  test.each([
    [18, 17],
    [17, 18],
  ])("refuses %d on a volume with data of %d, and says what to do", (major, held) => {
    const { status, stderr } = started(major, [held]);
    expect(status).toBe(1);
    expect(stderr).toContain(`the volume holds data of PostgreSQL ${held} and none of ${major}`);
  });

  /** What stands on a volume after the guard ran, when the pod of a first start ended at some point. */
  const cutOff = (files: Record<string, string>): { status: number | null; stderr: string; left: string[] } => {
    const volume = mkdtempSync(join(tmpdir(), "leasehold-volume-"));
    try {
      expect(spawnSync("sh", ["-c", dataGuard(18, volume)]).status).toBe(0);
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(volume, "18", "docker", path)), { recursive: true });
        writeFileSync(join(volume, "18", "docker", path), text);
      }
      const { status, stderr } = spawnSync("sh", ["-c", dataGuard(18, volume)], { encoding: "utf8" });
      return { status, stderr, left: readdirSync(join(volume, "18")).sort() };
    } finally {
      rmSync(volume, { recursive: true });
    }
  };
  const fresh = { PG_VERSION: "18\n", "base/1/1": "", "base/4/1": "", "base/5/1": "", "base/pgsql_tmp/1": "" };

  test.each([
    ["in initdb, before the version was written", { "base/1/1": "" }],
    ["in initdb, after it", { PG_VERSION: "18\n", "base/1/1": "" }],
    ["before the last script", { ...fresh, "postgresql.auto.conf": "# Do not edit\n" }],
  ])("lets a first start that was cut off %s begin anew", (_, files) => {
    const { status, stderr, left } = cutOff(files);
    expect(status).toBe(0);
    expect(stderr).toContain("starts anew");
    expect(left).toEqual(["first-start"]);
  });

  test("keeps the data of a first start that reached its end", () => {
    const settings = "# Do not edit\ncluster_name = 'main'\n";
    expect(cutOff({ ...fresh, "postgresql.auto.conf": settings, "base/16385/1": "" })).toEqual({
      status: 0,
      stderr: "",
      left: ["docker"],
    });
  });

  test("removes nothing that holds a database of somebody, and says what to do", () => {
    const { status, stderr, left } = cutOff({ ...fresh, "base/16385/1": "" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/it holds databases. If they matter, delete the file .*\/18\/first-start of the volume/);
    // The container ends at once, so nobody can exec into it: the page has a pod that deletes the file.
    const page = readFileSync(join(__dirname, "../../../docs/operations.md"), "utf8");
    expect(stderr).toContain("docs/operations.md");
    expect(page).toContain('"command": ["rm", "/var/lib/postgresql/18/first-start"]');
    expect(left).toEqual(["docker", "first-start"]);
  });
});

test("two servers that Terraform finds at one address are warned of: it would look for what is made on one on the other", () => {
  const said = (...ports: number[]): string[] => {
    const app = new App();
    const world = new World(app);
    ports.forEach((port, index) =>
      world.server(`s${index}`, {
        endpoint: { host: `s${index}.internal`, fromTerraform: { host: "127.0.0.1", port } },
      }),
    );
    return findingsOf(app)
      .filter(({ code }) => code === "instance")
      .map(({ severity, message }) => `${severity} ${message}`);
  };
  expect(said(5432, 5433)).toEqual([]);
  expect(said(5432, 5433, 5432)).toEqual([
    "warning Terraform finds two servers at 127.0.0.1:5432: s0 and s2. What is made for one would be looked for on the other",
  ]);
});
