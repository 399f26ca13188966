import { App, TerraformStack } from "cdktf";
import { both, expectGrowth, Free, Raw, RawProvider, reading, Sides } from "./sides";

/** Beside a program of ours a stack with this Terraform JSON. */
const json = (base: unknown, head: unknown): Sides =>
  both(
    (app: App, said: unknown) => {
      reading(app);
      const stack = new TerraformStack(app, "raw");
      if (said !== undefined) new Free(stack, "said", said);
    },
    base,
    head,
  );
const added = (said: unknown): Sides => json(undefined, said);
const resource = (type: string, body: object, more: object = {}): unknown => ({
  resource: { [type]: { x: body } },
  ...more,
});
const data = (type: string, body: object): unknown => ({ data: { [type]: { x: body } } });
const k8s = (kind: string, body: object = {}): unknown =>
  resource(`kubernetes_${kind}`, { metadata: [{ name: "x" }], ...body });
const changed = (type: string, base: object, head: object): Sides => json(resource(type, base), resource(type, head));

describe("pairs of programs of somebody who attacks the review", () => {
  test.each<[string, Sides]>([
    [
      "a Service with external addresses",
      added(k8s("service_v1", { spec: [{ external_ips: ["203.0.113.9"], selector: { app: "db" } }] })),
    ],
    [
      "a load balancer in front of the database",
      changed("kubernetes_service_v1", { spec: [{ type: "ClusterIP" }] }, { spec: [{ type: "LoadBalancer" }] }),
    ],
    [
      "an EndpointSlice to another address",
      added(k8s("endpoint_slice_v1", { endpoint: [{ addresses: ["203.0.113.9"] }] })),
    ],
    ["Endpoints of a Service", added(k8s("endpoints_v1", { subset: [{ address: [{ ip: "203.0.113.9" }] }] }))],
    ["an Ingress", added(k8s("ingress_v1", { spec: [{ rule: [{ host: "db.example.com" }] }] }))],
    ["a TCPRoute of the Gateway API", added(resource("kubernetes_manifest", { manifest: { kind: "TCPRoute" } }))],
    ["a webhook that changes pods", added(k8s("mutating_webhook_configuration_v1", { webhook: [{ name: "x" }] }))],
    ["a RoleBinding", added(k8s("role_binding_v1", { subject: [{ kind: "Group", name: "system:authenticated" }] }))],
    [
      "another subject of a binding",
      changed("kubernetes_cluster_role_binding_v1", { subject: [{ name: "a" }] }, { subject: [{ name: "b" }] }),
    ],
    ["a request for a token", added(k8s("token_request_v1", { spec: [{ audiences: ["vault"] }] }))],
    [
      "an ephemeral request for a token",
      added({ ephemeral: { kubernetes_token_request_v1: { x: { metadata: [{ name: "web" }] } } } }),
    ],
    ["a certificate that is approved", added(k8s("certificate_signing_request_v1", { auto_approve: true }))],
    [
      "a role that is gathered by a label",
      added(k8s("cluster_role_v1", { aggregation_rule: [{ cluster_role_selectors: [{ match_labels: { a: "b" } }] }] })),
    ],
    [
      "a label that has a role gathered",
      changed(
        "kubernetes_cluster_role_v1",
        { metadata: [{ name: "x" }] },
        { metadata: [{ name: "x", labels: { "rbac.authorization.k8s.io/aggregate-to-admin": "true" } }] },
      ),
    ],
    ["a Secret of a ServiceAccount", added(k8s("secret_v1", { type: "kubernetes.io/service-account-token" }))],
    ["a pod", added(k8s("pod_v1", { spec: [{ service_account_name: "web" }] }))],
    [
      "labels of a namespace",
      added(resource("kubernetes_labels", { labels: { "pod-security.kubernetes.io/enforce": "privileged" } })),
    ],
    ["a NetworkPolicy that goes", json(k8s("network_policy_v1"), undefined)],
    ["an APIService", added(k8s("api_service_v1", { spec: [{ group: "authentication.k8s.io" }] }))],
    [
      "a disruption budget that a dynamic provider makes",
      added(resource("kubernetes_pod_disruption_budget_v1", { provider: "acme.x" })),
    ],
    [
      "count of one that was none",
      changed("vault_policy", { count: 0, name: "x", policy: "" }, { count: 1, name: "x", policy: "" }),
    ],
    [
      "a further key of for_each",
      changed("vault_policy", { for_each: { a: "" }, name: "x" }, { for_each: { a: "", b: "" }, name: "x" }),
    ],
    ["what was moved", added({ moved: [{ from: "vault_policy.a", to: "vault_policy.b" }] })],
    ["what is taken over", added({ import: [{ to: "vault_policy.a", id: "admin" }] })],
    [
      "what is taken over, to a block that is there",
      json(
        resource("vault_policy", { name: "x" }),
        resource("vault_policy", { name: "x" }, { import: [{ to: "vault_policy.x", id: "admin" }] }),
      ),
    ],
    ["what Terraform forgets", added({ removed: [{ from: "vault_policy.x", lifecycle: { destroy: false } }] })],
    [
      "a command when a value goes",
      changed(
        "terraform_data",
        { input: "x" },
        { input: "x", provisioner: { "local-exec": { command: "curl x", when: "destroy" } } },
      ),
    ],
    [
      "a command beside a random value",
      changed("random_id", { byte_length: 8 }, { byte_length: 8, provisioner: [{ "local-exec": { command: "id" } }] }),
    ],
    [
      "another command",
      changed(
        "null_resource",
        { provisioner: { "local-exec": { command: "a" } } },
        { provisioner: { "local-exec": { command: "b" } } },
      ),
    ],
    [
      "when a command runs again",
      changed(
        "terraform_data",
        { triggers_replace: "a", provisioner: { "local-exec": { command: "a" } } },
        { triggers_replace: "b", provisioner: { "local-exec": { command: "a" } } },
      ),
    ],
    [
      "an argument of a program that a data source runs",
      json(data("external", { program: ["sh", "-c", "a"] }), data("external", { program: ["sh", "-c", "b"] })),
    ],
    ["an address that a data source asks", added(data("http", { url: "http://169.254.169.254/" }))],
    ["the state of another program", added(data("terraform_remote_state", { backend: "s3" }))],
    [
      "an alias that changes",
      changed("aws_instance", { provider: "aws.a", ami: "x" }, { provider: "aws.b", ami: "x" }),
    ],
    ["a module from elsewhere", added({ module: { m: { source: "acme/x/y" } } })],
    [
      "another provider of a module",
      json(
        { module: { m: { source: "a/x/y", providers: { vault: "vault.a" } } } },
        { module: { m: { source: "a/x/y", providers: { vault: "vault.b" } } } },
      ),
    ],
    [
      "another version of a module",
      json(
        { module: { m: { source: "a/x/y", version: "1.0.0" } } },
        { module: { m: { source: "a/x/y", version: "2.0.0" } } },
      ),
    ],
    [
      "a setting that is no longer kept",
      changed(
        "vault_policy",
        { name: "x", policy: "a", lifecycle: { ignore_changes: ["policy"] } },
        { name: "x", policy: "a" },
      ),
    ],
    [
      "a Job beside ours",
      added(k8s("job_v1", { spec: [{ template: [{ spec: [{ service_account_name: "web" }] }] }] })),
    ],
    [
      "a data source that reads a Secret, and an output of it",
      added({
        ...(data("kubernetes_secret_v1", { metadata: [{ name: "x" }] }) as object),
        output: { o: { value: "${data.kubernetes_secret_v1.x.data}", sensitive: true } },
      }),
    ],
    [
      "a login that is shown",
      json(
        resource("random_password", { length: 9 }),
        resource(
          "random_password",
          { length: 9 },
          { output: { o: { value: "${nonsensitive(random_password.x.result)}" } } },
        ),
      ),
    ],
    [
      "a variable of another default",
      json(
        resource("vault_policy", { policy: "${var.p}" }, { variable: { p: { default: "a" } } }),
        resource("vault_policy", { policy: "${var.p}" }, { variable: { p: { default: "b" } } }),
      ),
    ],
    [
      "a list resource or an action of a provider",
      added({ action: { aws_lambda_invoke: { x: { config: { function_name: "x" } } } } }),
    ],
    [
      "a time after which a password changes",
      changed(
        "kubernetes_secret_v1",
        { data: { a: "${random_password.x.result}" } },
        { data: { a: "${random_password.y.result}" } },
      ),
    ],
  ])("%s", (_, sides) => void expectGrowth(sides));

  test("another source of a provider that its name does not tell", () => {
    const build = (app: App, source: string): void => {
      reading(app);
      const stack = new TerraformStack(app, "raw");
      new RawProvider(stack, "p", "kubernetes", source);
      new Raw(stack, "b", "kubernetes_pod_disruption_budget_v1");
    };
    expectGrowth(both(build, "hashicorp/kubernetes", "acme/kubernetes"));
  });
});
