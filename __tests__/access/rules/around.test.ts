import { rotationStatements } from "../../../access/model/ready";
import { App } from "cdktf";
import type { AccessGraph } from "../../../access/model/graph";
import { RULES } from "../../../access/rules/all";
import { violationsOf } from "../../../access/rules/check";
import { JsonObject, programOf } from "../../../access/rules/program";
import { GUARDRAILS_CONTEXT } from "../../../constructs";
import { CASES } from "./cases";
import { EMPTY_GRAPH, judged, type Judged, plainStack, resourceJudged as resource } from "./support";

/** Ways around the rules: the same thing said otherwise. It is found, or it is said that it was not read. */

type Json = Record<string, unknown>;
const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "app", namespace: "shop" },
  spec: { hostPID: true, containers: [{ name: "app", image: "app:1" }] },
};
const POD_YAML =
  "# a pod\napiVersion: v1\nkind: Pod\nmetadata:\n  name: app\nspec:\n  hostPID: yes\n  containers:\n  - name: app\n";
const ROLE = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRole",
  rules: [{ verbs: ["*"], resources: ["*"] }],
};
const BINDING = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  roleRef: { name: "cluster-admin" },
};

describe("in manifests, objects are held to the same rules", () => {
  const carriers: [string, string, Json][] = [
    ["of the kubernetes provider", "kubernetes_manifest", { manifest: POD }],
    [
      "of the kubernetes provider, decoded",
      "kubernetes_manifest",
      { manifest: `\${yamldecode(${JSON.stringify(POD_YAML)})}` },
    ],
    [
      "of the kubernetes provider, decoded from a local",
      "kubernetes_manifest",
      { manifest: "${yamldecode(local.text)}" },
    ],
    ["of another provider, as JSON", "kubectl_manifest", { yaml_body: JSON.stringify(POD) }],
    ["of another provider, as YAML", "kubectl_manifest", { yaml_body: POD_YAML }],
    ["of another provider, encoded", "k8s_manifest", { content: "${yamlencode(local.object)}" }],
    ["of kustomize", "kustomization_resource", { manifest: JSON.stringify(POD) }],
    ["in a list", "kubernetes_manifest", { manifest: { apiVersion: "v1", kind: "List", items: [POD] } }],
    ["second of two documents", "kubectl_manifest", { yaml_body: `kind: ConfigMap\napiVersion: v1\n---\n${POD_YAML}` }],
    ["in a repository that others apply", "github_repository_file", { content: POD_YAML }],
  ];
  test.each(carriers)("%s", (_, type, body) => {
    const { found } = resource(type, body, { locals: { text: POD_YAML, object: POD } });
    expect(found).toContain("pod-host: host_pid is true");
  });

  test.each([
    ["roles", ROLE, "rbac-too-much: it gives every verb on every resource"],
    ["bindings", BINDING, "rbac-too-much: it binds cluster-admin"],
    [
      "namespaces",
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "x" } },
      "namespace-pod-security: namespace x enforces no level",
    ],
    [
      "Secrets",
      { apiVersion: "v1", kind: "Secret", stringData: { a: "b" } },
      "secret-in-plain-text: the Secret holds the key a",
    ],
    [
      "ConfigMaps",
      { apiVersion: "v1", kind: "ConfigMap", data: { "api-key": "b" } },
      "secret-in-plain-text: the ConfigMap holds the key api-key",
    ],
    [
      "Services",
      { apiVersion: "v1", kind: "Service", spec: { type: "NodePort", ports: [{ port: 5432 }] } },
      "database-exposed: a Service of type NodePort leads to PostgreSQL",
    ],
    [
      "ReplicaSets",
      { apiVersion: "apps/v1", kind: "ReplicaSet", spec: { template: { spec: { hostIPC: true } } } },
      "pod-host: host_ipc is true",
    ],
    [
      "templates",
      { apiVersion: "v1", kind: "PodTemplate", template: { spec: { hostIPC: true } } },
      "pod-host: host_ipc is true",
    ],
  ])("%s", (_, object, message) => {
    for (const [type, body] of [
      ["kubernetes_manifest", { manifest: object }],
      ["kubectl_manifest", { yaml_body: JSON.stringify(object) }],
    ] as const)
      expect(resource(type, body).found.join("\n")).toContain(message);
  });

  test.each([
    [
      "kubernetes_manifest",
      { manifest: "${var.m}" },
      "its manifest is computed when Terraform runs, or stands elsewhere",
    ],
    ["kubernetes_manifest", { manifest: '${yamldecode(file("x.yaml"))}' }, "its manifest is computed"],
    [
      "kubectl_manifest",
      { yaml_body: "${each.value}", for_each: "${data.kubectl_file_documents.d.manifests}" },
      "its manifest is computed",
    ],
    [
      "kubectl_manifest",
      { yaml_body: "apiVersion: v1\nkind: Pod\nspec: &a\n  x: *a" },
      "holds what is not read of YAML",
    ],
    ["kubernetes_manifest", { manifest: { ...POD, kind: "${var.kind}" } }, "the kind of its object is computed"],
    ["kubernetes_manifest", { manifest: { ...POD, spec: "${var.spec}" } }, "spec is computed when Terraform runs"],
    [
      "kubernetes_manifest",
      { manifest: { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout" } },
      "a Rollout of argoproj.io: what an operator makes of it is not read",
    ],
  ])("%s %j is said not to be read", (type, body, why) => {
    expect(resource(type, body).unseen.join("\n")).toContain(why);
  });
});

describe("what Terraform repeats", () => {
  const block = (security: unknown): Json => ({
    metadata: { namespace: "shop" },
    spec: {
      template: {
        spec: {
          dynamic: { container: { for_each: "${var.all}", content: { name: "a", security_context: security } } },
        },
      },
    },
  });

  test("a dynamic block is read as its content says, and said to be there as often as an expression says", () => {
    const { found, unseen } = resource("kubernetes_deployment_v1", block({ privileged: true }));
    expect(found).toContain('pod-privileged: container "a" is privileged');
    expect(unseen.join()).toContain("spec.template.spec.container is a dynamic block");
  });

  test.each(["count", "for_each"])("%s is said to decide when Terraform runs", (key) => {
    const unseen = (type: string): string => resource(type, { type: "file", [key]: "${var.x}" }).unseen.join();
    expect(unseen("vault_audit")).toContain(`${key} decides when Terraform runs how many there are`);
    expect(unseen("kubernetes_network_policy_v1")).toContain(key);
    expect(unseen("random_password")).toBe("");
  });

  test("so of what stands inside of it", () => {
    const { unseen } = resource("kubectl_manifest", { yaml_body: POD_YAML, for_each: "${toset(var.x)}" });
    expect(unseen.join()).toContain("for_each decides");
  });

  test("what is there zero times protects nothing", () => {
    const release = { helm_release: { v: { name: "vault", chart: "vault", values: ["{}"] } } };
    const audit = { a: { type: "file", count: 0 }, b: { type: "file", count: "${0}" } };
    const { found } = judged({ resource: { ...release, vault_audit: audit } } as unknown as JsonObject);
    expect(found).toContain("vault-audit: Vault has no audit device");
  });
});

describe("a request to Vault that is written out is held to the rules of what it makes", () => {
  const endpoint = (path: string, data: Json): Judged =>
    resource("vault_generic_endpoint", { path, data_json: JSON.stringify(data) });
  const everything = { policy: 'path "*" { capabilities = ["read"] }' };

  test.each([
    ["sys/policies/acl/p", everything, "vault-policy: it gives read on every path"],
    ["/sys/policy/p", everything, "vault-policy: it gives read on every path"],
    ["auth/eu/role/r", { bound_service_account_names: "*" }, 'vault-auth-role: bound_service_account_names is ["*"]'],
    ["auth/ci/role/r", { bound_audiences: ["x"], user_claim: "sub" }, "vault-auth-role: it is bound to no subject"],
    ["auth/people/users/me", { token_policies: "default, root" }, "vault-root-token:"],
    ["auth/token/roles/r", { allowed_policies: ["root"] }, "vault-root-token:"],
    [
      "database/config/d",
      { connection_url: "postgresql://db/x?sslmode=disable" },
      "connection-tls: Vault connects with sslmode disable",
    ],
    ["database/roles/r", { creation_statements: 'CREATE ROLE "{{name}}" SUPERUSER' }, "postgres-superuser:"],
    ["auth/people/users/me", { password: "hunter2" }, "secret-in-plain-text:"],
  ])("%s %j", (path, data, message) => {
    expect(endpoint(path, data).found.join("\n")).toContain(message);
  });

  test("a generic secret writes to any path, too", () => {
    const { found } = resource("vault_generic_secret", { path: "sys/policy/p", data_json: JSON.stringify(everything) });
    expect(found).toContain("vault-policy: it gives read on every path");
  });

  test.each([
    ["sys/plugins/catalog/database/x", "{}", 'no rule knows what it writes to "sys/plugins/catalog/database/x"'],
    ["${var.path}", "{}", "the path that it writes to is computed"],
    ["sys/policy/p", "${var.data}", 'what it writes to "sys/policy/p" is computed'],
  ])("%s is said not to be read", (path, data, why) => {
    expect(resource("vault_generic_endpoint", { path, data_json: data }).unseen.join()).toContain(why);
  });

  test("what Leasehold has Vault run at a rotation is known, and what another has it run is not", () => {
    const path = "database/main/shop/config/postgresql";
    const unseen = (root_rotation_statements: readonly string[]): readonly string[] =>
      endpoint(path, { root_rotation_statements: [...root_rotation_statements] }).unseen;
    expect(unseen(rotationStatements)).toEqual([]);
    expect(unseen([...rotationStatements, "SELECT 1"]).join()).toContain("no rule knows what it writes");
  });

  test("a rotation carries nothing that a rule asks for", () => {
    const path = "database/rotate-root/postgresql";
    expect(resource("vault_generic_endpoint", { path, data_json: "${var.x}" })).toEqual({
      found: expect.arrayContaining([]) as unknown,
      unseen: [],
    });
  });
});

describe("a secret is found wherever it is written", () => {
  const password = "hunter2";
  test.each<[string, Json]>([
    ["vault_kv_secret_v2", { data_json: '${jsonencode({"password" = "hunter2"})}' }],
    ["vault_kv_secret_v2", { data_json: '${jsonencode({"password" = "hunter2", "user" = var.user})}' }],
    ["vault_kv_secret_v2", { data_json: '{"deep":{"password":"hunter2"},"user":"${var.user}"}' }],
    ["vault_generic_endpoint", { path: "auth/x/users/y", data_json: '{"password":"hunter2"}' }],
    ["vault_jwt_auth_backend", { oidc_client_secret: password }],
    ["postgresql_user_mapping", { options: { password } }],
    ["postgresql_subscription", { conninfo: "postgresql://u:hunter2@${var.host}/x" }],
    ["aws_db_instance", { password: "${local.pw}" }],
    ["kubernetes_env", { env: [{ name: "DB_PASSWORD", value: password }] }],
    ["kubernetes_config_map_v1_data", { data: { "api-key": password } }],
    ["kubernetes_secret_v1", { binary_data: { x: "aHVudGVyMg==" } }],
  ])("%s %j", (type, body) => {
    const { found } = resource(type, body, { locals: { pw: password } });
    expect(found.filter((one) => one.startsWith("secret-in-plain-text"))).not.toEqual([]);
  });

  test("in a long text that is none, in no time", () => {
    const { found } = resource("aws_lambda_function", { content: "aB+c-d.".repeat(300_000) });
    expect(found.filter((one) => one.startsWith("secret"))).toEqual([]);
  });

  test("in defaults of variables, locals and outputs", () => {
    const { found } = judged({
      variable: {
        db_password: { default: password },
        x: { default: password, sensitive: true },
        name: { default: "web" },
      },
      locals: { admin: { token: password } },
      output: { api_key: { value: password } },
    } as unknown as JsonObject);
    expect(found.filter((one) => one.startsWith("secret"))).toEqual([
      "secret-in-plain-text: locals holds admin.token in clear",
      "secret-in-plain-text: output.api_key holds api_key in clear",
      "secret-in-plain-text: the default of var.db_password holds it in clear",
      "secret-in-plain-text: the default of var.x holds it in clear",
    ]);
  });

  test.each<[string, Json]>([
    ["vault_kv_secret_v2", { data_json: '${jsonencode({"password" = random_password.x.result, "user" = "web"})}' }],
    ["kubernetes_ingress_v1", { spec: { tls: { secret_name: "tls" } } }],
    ["kubernetes_pod_v1", { metadata: { annotations: { "vault.hashicorp.com/agent-inject-token": "true" } } }],
    ["vault_jwt_auth_backend_role", { token_period: 60, token_type: "service", token_no_default_policy: "true" }],
    ["postgresql_role", { password: "${var.password}" }],
  ])("and not where there is none: %s %j", (type, body) => {
    expect(resource(type, body).found.filter((one) => one.startsWith("secret"))).toEqual([]);
  });
});

describe("what no rule knows is said", () => {
  test.each([
    ["aws_db_instance", {}, "resources of the provider aws: no rule reads them"],
    [
      "null_resource",
      { provisioner: { "local-exec": { command: "kubectl apply -f x" } } },
      "its provisioner runs commands",
    ],
    ["vault_approle_auth_backend_role", { role_name: "r" }, "of another auth method"],
    [
      "vault_database_secret_backend_role",
      { creation_statements: ["CREATE ROLE x LOGIN"] },
      "its statements are SQL of its own",
    ],
  ])("%s", (type, body, why) => {
    expect(resource(type, body).unseen.join()).toContain(why);
  });

  test("a module, a program that a data source runs, a block of a later Terraform", () => {
    const { unseen } = judged({
      module: { m: { source: "./x" } },
      data: { external: { e: { program: ["sh"] } } },
      action: { local_command: { c: {} } },
    } as unknown as JsonObject);
    expect(unseen).toEqual([
      "module m: what it makes is not read",
      "data.external.e: it runs a program of this machine",
      'the block "action" of own: no rule reads it',
    ]);
  });

  test("what reaches no system is not", () => {
    expect(resource("random_password", { length: 3, keepers: { a: "${var.x}" } }).unseen).toEqual([]);
  });
});

/** Somebody may log in, so that rules that ask where logins are find one. */
const GRAPH = { ...EMPTY_GRAPH, identities: [{ key: { namespace: "shop" } }] } as unknown as AccessGraph;

describe("code of Terraform hides nothing", () => {
  test.each(RULES.map(({ id }) => id))("%s", (id) => {
    const rule = RULES.filter((one) => one.id === id);
    for (const [build] of CASES[id].bad) {
      const app = new App({ context: { [GUARDRAILS_CONTEXT]: "production" }, skipValidation: true });
      const stack = plainStack(app);
      build(stack);
      const document = JSON.parse(JSON.stringify(stack.toTerraform())) as JsonObject;
      const look = (one: JsonObject): { readonly found: number; readonly unseen: number } => {
        const program = programOf([{ name: "own", document: one }], GRAPH, { production: true, lines: {} });
        return { found: violationsOf(program, rule).length, unseen: program.unseen.length };
      };
      const before = look(document);
      const hidden = ways(document, id).filter(({ changed }) => {
        const after = look(changed);
        return after.found < before.found && after.unseen <= before.unseen;
      });
      expect(hidden.map(({ at }) => at)).toEqual([]);
    }
  });
});

/** The document with code in place of one value, for each value in it. */
function ways(document: JsonObject, id: string): { readonly at: string; readonly changed: JsonObject }[] {
  const found: { at: string; changed: JsonObject }[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (path.length > 3 && !path.includes("//")) {
      const copy = JSON.parse(JSON.stringify(document)) as Json;
      const parent = path.slice(0, -1).reduce((at, key) => at[key] as Json, copy);
      parent[path[path.length - 1]] = "${var.x}";
      found.push({ at: path.join("."), changed: copy as JsonObject });
    }
    if (typeof value === "object" && value !== null)
      for (const [key, one] of Object.entries(value)) walk(one, [...path, key]);
  };
  // What is computed is not in the program, as it is to be with secrets.
  if (id === "secret-in-plain-text") return [];
  const releases = (document.resource as Json | undefined)?.helm_release as Record<string, Json> | undefined;
  for (const [name, { values }] of Object.entries(releases ?? {}))
    for (const one of inside(JSON.parse((values as string[])[0]))) {
      const copy = JSON.parse(JSON.stringify(document)) as { resource: { helm_release: Record<string, Json> } };
      copy.resource.helm_release[name].values = [JSON.stringify(one.changed)];
      found.push({ at: `values ${one.at}`, changed: copy as unknown as JsonObject });
    }
  walk({ resource: document.resource, provider: document.provider }, []);
  return found;
}

function inside(values: unknown): { readonly at: string; readonly changed: unknown }[] {
  if (typeof values !== "object" || values === null) return [];
  return Object.entries(values).flatMap(([key, value]) => {
    const other = (one: unknown): unknown => {
      const copy = (Array.isArray(values) ? [...(values as unknown[])] : { ...values }) as Json;
      copy[key] = one;
      return copy;
    };
    return [
      { at: key, changed: other("${var.x}") },
      ...inside(value).map(({ at, changed }) => ({ at: `${key}.${at}`, changed: other(changed) })),
    ];
  });
}
