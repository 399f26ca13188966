import { type Judged, resourceJudged } from "./support";

/** Ways around the rules about Vault's chart: values given otherwise, and pods that the values decide. */

type Json = Record<string, unknown>;

describe("values of Vault's chart are read as the helm provider merges them", () => {
  const release = (more: Json): Judged =>
    resourceJudged("helm_release", { name: "vault", namespace: "vault", chart: "vault", values: [], ...more });
  const DEV = "vault-chart-mode: it runs in dev mode";
  const isDev = ({ found }: Judged): boolean => found.join("\n").includes(DEV);

  test.each<[string, Json]>([
    ["JSON", { values: ['{"server":{"dev":{"enabled":true}}}'] }],
    ["YAML", { values: ["server:\n  dev:\n    enabled: true # for now\n"] }],
    ["YAML, encoded", { values: ['${yamlencode({"server" = {"dev" = {"enabled" = true}}})}'] }],
    ["the last of several", { values: ["server: {dev: {enabled: false}}", "server: {dev: {enabled: true}}"] }],
    [
      "set over values",
      { values: ["server: {dev: {enabled: false}}"], set: [{ name: "server.dev.enabled", value: "true" }] },
    ],
    ["a block of set", { set: { name: "server.dev.enabled", value: "true", type: "string" } }],
    [
      "set_sensitive over set",
      {
        set: [{ name: "server.dev.enabled", value: "false" }],
        set_sensitive: [{ name: "server.dev.enabled", value: "true" }],
      },
    ],
    ["two in one text", { set: [{ name: "ui.enabled", value: "true,server.dev.enabled=true" }] }],
    ["literal", { set: [{ name: "server", value: "{dev: {enabled: true}}", type: "literal" }] }],
    [
      "in a dynamic block",
      { dynamic: { set: { for_each: ["x"], content: { name: "server.dev.enabled", value: "true" } } } },
    ],
  ])("%s", (_, more) => {
    expect(isDev(release(more))).toBe(true);
  });

  test.each<[string, Json]>([
    ["not as the first of two says", { values: ["server: {dev: {enabled: true}}", "server: {dev: {enabled: false}}"] }],
    [
      "not where set takes it away",
      { values: ["server: {dev: {enabled: true}}"], set: [{ name: "server.dev.enabled", value: "null" }] },
    ],
    ["not below a key with dots", { set: [{ name: "server.annotations.server\\.dev\\.enabled", value: "true" }] }],
  ])("%s", (_, more) => {
    expect(isDev(release(more))).toBe(false);
  });

  test("an index leads into a list, and set_list writes one", () => {
    const { found } = release({
      values: ['{"server":{"extraContainers":[{"name":"a"},{"name":"b"}]}}'],
      set: [{ name: "server.extraContainers[1].securityContext.privileged", value: "true" }],
      set_list: [
        { name: "server.extraContainers[0].securityContext.capabilities.add", value: ["NET_ADMIN", "SYS_TIME"] },
      ],
    });
    expect(found).toContain('pod-privileged: container "b" is privileged');
    expect(found).toContain('pod-capabilities: container "a" adds NET_ADMIN, SYS_TIME');
  });

  test.each<[Json, string]>([
    [{ values: "${var.values}" }, "values is computed when Terraform runs"],
    [{ values: ['${file("values.yaml")}'] }, "an entry of values is computed when Terraform runs"],
    [{ values: ["a: &b 1"] }, "holds what is not read of YAML"],
    [{ values: ['{"server":{"dev":{"enabled":"${var.dev}"}}}'] }, "server.dev.enabled of its values"],
    [{ set: [{ name: "server.dev.enabled", value: "${var.dev}" }] }, "server.dev.enabled of its values"],
    [{ set: [{ name: "${var.name}", value: "true" }] }, "is not read"],
    [{ set: [{ name: "server.dev", value: "{never" }] }, "is not read"],
    [{ set: "${var.set}" }, "set is computed"],
    [{ postrender: { binary_path: "./x" } }, "postrender changes what it installs"],
    [{ values: ["global: {openshift: true}"] }, "on OpenShift"],
    [
      { values: ['{"server":{"statefulSet":{"securityContext":{"pod":"{{ tpl }}"}}}}'] },
      "server.statefulSet.securityContext.pod is not read",
    ],
  ])("%j is said not to be read", (more, why) => {
    expect(release(more).unseen.join("\n")).toContain(why);
  });

  test.each<[string, Json, string]>([
    ["server", { server: { hostNetwork: true } }, "pod-host: host_network is true"],
    [
      "server",
      { server: { volumes: [{ name: "v", hostPath: { path: "/" } }] } },
      'pod-host: volume "v" is the node\'s folder /',
    ],
    [
      "server",
      { server: { statefulSet: { securityContext: { pod: { runAsUser: 0 } } } } },
      'pod-root: container "vault" runs as user 0',
    ],
    [
      "server",
      { server: { statefulSet: { securityContext: { container: "privileged: true" } } } },
      'pod-privileged: container "vault" is privileged',
    ],
    ["server", { server: { extraInitContainers: [{ name: "i", image: "i" }] } }, 'pod-image: container "i" runs i'],
    [
      "server",
      { server: { extraContainers: [{ name: "x", env: [{ name: "TOKEN", value: "t" }] }] } },
      "secret-in-plain-text: the environment variable TOKEN",
    ],
    [
      "server",
      { server: { service: { type: "LoadBalancer" } } },
      "database-exposed: a Service of type LoadBalancer leads to Vault",
    ],
    [
      "server",
      { ui: { enabled: true, serviceType: "NodePort" } },
      "database-exposed: a Service of type NodePort leads to Vault",
    ],
    ["server", { server: { ingress: { enabled: true } } }, "database-exposed: the Ingress vault leads to Vault"],
    ["server", { server: { httproute: { enabled: true } } }, "database-exposed: the HTTPRoute vault leads to Vault"],
    [
      "server",
      { global: { openshift: true }, server: { route: { enabled: true } } },
      "database-exposed: the Route vault leads to Vault",
    ],
    // The chart's own configuration of a server has no TLS and, without Raft, Consul.
    ...["it is spoken to without TLS", "its storage is not integrated storage", "server.ha.replicas is 1"].map(
      (message): [string, Json, string] => [
        "server",
        { global: { tlsDisable: false }, server: { ha: { enabled: true, replicas: 1 } } },
        `vault-chart-mode: ${message}`,
      ],
    ),
    [
      "server",
      {
        global: { tlsDisable: false },
        server: { ha: { enabled: true, config: '{"listener":{"tcp":{"tls_disable":1}},"storage":{"raft":{}}}' } },
      },
      "vault-chart-mode: it is spoken to without TLS",
    ],
    [
      "server",
      { server: { networkPolicy: { enabled: true } } },
      "network-policy: no NetworkPolicy says who may connect to Vault",
    ],
    ["server", { server: { image: { tag: "" } } }, "vault-chart-image: server.image.tag names no version"],
    ["csi", { csi: { enabled: true } }, "rbac-too-much: it gives create on serviceaccounts/token"],
    [
      "server",
      { server: { dev: { enabled: true, devRootToken: "known" } } },
      "the chart's value server.dev.devRootToken",
    ],
    ["injector", { injector: { hostNetwork: "true" } }, "pod-host: host_network is true"],
    [
      "injector",
      { injector: { image: { tag: "latest" } } },
      'pod-image: container "sidecar-injector" runs hashicorp/vault-k8s:latest',
    ],
    ["csi", { csi: { enabled: true } }, 'pod-host: volume "providervol" is the node\'s folder'],
    ["csi", { csi: { enabled: true } }, 'pod-root: container "vault-csi-provider" may run as root'],
    ["csi", { csi: { enabled: true } }, "vault-chart-resources: csi.resources lacks"],
  ])("pods and Services of the %s are held to the rules: %j", (_, values, message) => {
    expect(release({ values: [JSON.stringify(values)] }).found.join("\n")).toContain(message);
  });

  test("of other charts, secrets in the values are found", () => {
    const { found, unseen } = release({
      chart: "postgresql",
      values: ["auth:\n  existingSecret: kept\n  postgresPassword: hunter2\n"],
      set_sensitive: [{ name: "auth.password", value: "hunter2" }],
    });
    expect(found.filter((one) => one.startsWith("secret"))).toEqual([
      "secret-in-plain-text: the chart's value auth.postgresPassword holds it in clear",
      "secret-in-plain-text: the chart's value auth.password holds it in clear",
    ]);
    expect(unseen).toEqual(['chart "postgresql": what it installs is not read']);
  });
});
