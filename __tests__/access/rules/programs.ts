import { App, TerraformResource, TerraformStack } from "cdktf";
import { Release } from "@cdktf/provider-helm/lib/release";
import { Duration, Seal, VaultMode, VaultServer, VaultServerProps } from "../../../constructs";
import { heldToProduction } from "../../../constructs/synthesis/guardrails";
import { World } from "../../support/world";

/** A resource of any type, as the synthesized JSON of its own class would have it. */
class Raw extends TerraformResource {
  constructor(
    scope: TerraformStack,
    type: string,
    private readonly said: Record<string, unknown>,
    id = type,
  ) {
    super(scope, id, { terraformResourceType: type });
  }
  protected override synthesizeAttributes(): Record<string, unknown> {
    return this.said;
  }
}

export type Build = (stack: TerraformStack) => void;

/** What a rule finds, and what it lets pass: programs as a user writes them. */
export interface Case {
  readonly production?: true;
  /** A program, and a part of each message that the rule has for it. */
  readonly bad: readonly (readonly [Build, ...string[]])[];
  readonly good: readonly Build[];
}

export const CONTAINER = {
  name: "app",
  image: "registry.corp.internal/app:1.0.0",
  resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "64Mi" } },
  security_context: {
    allow_privilege_escalation: false,
    read_only_root_filesystem: true,
    run_as_non_root: true,
    capabilities: { drop: ["ALL"] },
  },
};

export const SPEC = {
  service_account_name: "app",
  automount_service_account_token: false,
  security_context: { seccomp_profile: { type: "RuntimeDefault" } },
};

export type Json = Record<string, unknown>;

export function deployment(container: Json = {}, spec: Json = {}, metadata: Json = { namespace: "shop" }): Build {
  return (stack) =>
    new Raw(stack, "kubernetes_deployment_v1", {
      metadata: { name: "app", ...metadata },
      spec: {
        template: {
          metadata: {},
          spec: { ...SPEC, ...spec, container: [{ ...CONTAINER, ...container }] },
        },
      },
    });
}

export const secured = (more: Json): Build =>
  deployment({ security_context: { ...CONTAINER.security_context, ...more } });

/** The same as Kubernetes writes it, in a manifest. */
export const manifest = (kind: string, spec: Json, rest: Json = {}): Build =>
  raw("kubernetes_manifest", { manifest: { kind, metadata: { name: "app", namespace: "shop" }, spec, ...rest } });

export const raw =
  (type: string, said: Json, id = type): Build =>
  (stack) =>
    new Raw(stack, type, said, id);

export const all =
  (...builds: Build[]): Build =>
  (stack) =>
    builds.forEach((build) => build(stack));

export const policy = (text: string): Build => raw("vault_policy", { name: "p", policy: text });
export const role = (said: Json): Build => raw("postgresql_role", { name: "r", ...said });

export const HA = VaultMode.ha({
  tlsSecret: "vault-tls",
  seal: Seal.gcpCkms({ project: "p", location: "r", keyRing: "k", cryptoKey: "c" }),
});
export const server =
  (props: Partial<VaultServerProps> = {}): Build =>
  (stack) =>
    new VaultServer(stack, "vault", {
      mode: HA,
      namespace: "vault",
      injectNamespaces: ["shop"],
      ...props,
    });
export const chart =
  (values: Json, more: Json = {}): Build =>
  (stack) =>
    new Release(stack, "vault", { name: "vault", chart: "vault", values: [JSON.stringify(values)], ...more });

export const audit =
  (id: string): Build =>
  (stack) =>
    new Raw(stack, "vault_audit", { type: "file", options: {} }, id);
export const mount = (connection: Json): Build =>
  raw("vault_database_secrets_mount", { path: "database", postgresql: [connection] });
export const URL = "postgresql://{{username}}:{{password}}@db.corp.internal:5432/shop";

/** Of Kubernetes: a role, and a binding of it. */
export const makes = (type: string, verbs: string[], resources: string[], namespace = "shop"): Build =>
  raw(type, { metadata: { name: "r", namespace }, rule: [{ verbs, resources }] });
export const bound = (type: string, namespace?: string): Build =>
  raw(type, {
    metadata: { name: "b", namespace },
    role_ref: { kind: "ClusterRole", name: "r" },
    subject: [{ name: "u" }],
  });

/** The same beside a ServiceAccount of the namespace `shop` that may log in. */
export const withLogins =
  (...builds: Build[]): Build =>
  (stack) => {
    new World(stack.node.root as App).identity("web");
    all(...builds)(stack);
  };

/** What leads to a Service, or to pods. */
export const databasePod = raw("kubernetes_pod_v1", {
  metadata: { namespace: "shop", labels: { app: "db" } },
  spec: { container: [{ ...CONTAINER, port: [{ name: "sql", container_port: 5432 }] }] },
});
export const opened = (spec: Json): Build =>
  raw("kubernetes_service_v1", {
    metadata: { name: "open", namespace: "shop" },
    spec: { type: "LoadBalancer", port: [{ port: 15000, target_port: "sql" }], ...spec },
  });
export const inside = (port: Json): Build =>
  raw("kubernetes_service_v1", { metadata: { name: "front", namespace: "shop" }, spec: { port: [port] } });
export const ingress = (backend: Json): Build =>
  raw("kubernetes_ingress_v1", {
    metadata: { name: "app", namespace: "shop" },
    spec: { rule: [{ host: "x.example.com", http: { path: [{ path: "/", backend }] } }] },
  });
export const route = (kind: string, spec: Json): Build =>
  manifest(kind, spec, { apiVersion: "gateway.networking.k8s.io/v1" });

/** A pod with an injected agent. */
export const injected = (spec: Json, annotations: Json = {}): Build =>
  raw("kubernetes_pod_v1", {
    metadata: { namespace: "shop", annotations: { "vault.hashicorp.com/agent-inject": "true", ...annotations } },
    spec: { ...SPEC, ...spec, container: [CONTAINER] },
  });

/** A program with one login of this length. */
export function leased(maxTtl: Duration): Build {
  return (stack) => {
    const app = stack.node.root as App;
    const world = heldToProduction(app) ? World.production(app) : new World(app);
    const web = world.identity("web", { lease: { ttl: Duration.hours(1), maxTtl } });
    const db = world.accessTo({ lease: { cap: Duration.days(30) } });
    db.schema("sales").table("t").grants.read(web);
  };
}
