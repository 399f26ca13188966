import type { JsonObject } from "../../../access/terraform/json";
import { Duration, Seal, VaultMode } from "../../../constructs";
import { releaseValues } from "../../../constructs/vault/release-values";

const ours = (mode: VaultMode, more: object = {}): JsonObject =>
  JSON.parse(JSON.stringify(releaseValues("vault", { mode, ...more }))) as JsonObject;
const seal = Seal.awsKms({ region: "eu-central-1", keyId: "alias/vault" });

/** Values of Vault's chart: those that Leasehold gives it, and others that people give it. */
export const VALUES: Readonly<Record<string, JsonObject>> = {
  "Leasehold, dev": ours(VaultMode.dev()),
  "Leasehold, standalone": ours(VaultMode.standalone()),
  "Leasehold, ha": ours(VaultMode.ha({ tlsSecret: "vault-tls", seal, allowFromNamespaces: ["shop"] }), {
    injectNamespaces: ["shop"],
  }),
  "Leasehold, external": ours(VaultMode.external("https://vault.corp.internal:8200")),
  none: {},
  "shared processes": {
    server: { shareProcessNamespace: true, extraContainers: [{ name: "logs", image: "logs:1" }] },
  },
  "open Services": {
    server: { ha: { enabled: true }, service: { type: "LoadBalancer", port: 443 } },
    ui: { enabled: true, serviceType: "NodePort", externalPort: 80 },
  },
  "an Ingress": {
    server: {
      ha: { enabled: true },
      service: { port: 443 },
      ingress: { enabled: true, hosts: [{ host: "vault.example.com", paths: ["/"] }] },
    },
  },
  "a route of a gateway": {
    server: { httproute: { enabled: true, parentRefs: [{ name: "gate" }], activeService: false } },
  },
  "the node": {
    server: {
      hostNetwork: true,
      extraPorts: [{ containerPort: 8300, name: "more", hostPort: 8300 }],
      volumes: [{ name: "root", hostPath: { path: "/" } }],
      extraInitContainers: [{ name: "first", image: "first:1", securityContext: { privileged: true } }],
    },
    injector: { hostNetwork: true },
  },
  "contexts of their own": {
    server: {
      statefulSet: {
        securityContext: {
          pod: { runAsUser: 0 },
          container: { privileged: true, capabilities: { add: ["SYS_ADMIN"] } },
        },
      },
    },
    injector: { securityContext: { pod: { runAsNonRoot: false }, container: { allowPrivilegeEscalation: true } } },
  },
  "contexts as texts": {
    server: { statefulSet: { securityContext: { pod: "runAsUser: 0\n", container: "privileged: true\n" } } },
    injector: { securityContext: { container: "privileged: true\n" } },
  },
  "user 0 by uid": { server: { uid: 0 }, injector: { uid: 7, gid: 8 } },
  "the CSI provider": {
    csi: {
      enabled: true,
      hostNetwork: true,
      agent: { securityContext: { container: { readOnlyRootFilesystem: false } } },
      daemonSet: { securityContext: { container: { privileged: true } } },
    },
  },
  "the CSI provider without its agent's context": {
    csi: { enabled: true, daemonSet: { providersDir: "/opt/csi" }, agent: { securityContext: { container: null } } },
  },
  "the CSI provider without its agent": { csi: { enabled: true, agent: { enabled: false } } },
  "no Services": { server: { service: { enabled: false, type: "LoadBalancer" }, ingress: { enabled: true } } },
  "no server": { server: { enabled: false, service: { type: "NodePort" } }, ui: { enabled: true } },
  "no kind of server": { server: { standalone: { enabled: false }, service: { type: "NodePort" } } },
  "a Vault elsewhere": { global: { externalVaultAddr: "https://vault.example.com" }, ui: { enabled: true } },
  "all off but one": { global: { enabled: false }, injector: { enabled: true }, ui: { enabled: "-" } },
  "other names": { nameOverride: "safe", global: { namespace: "elsewhere" } },
  "one name": {
    fullnameOverride: "safe",
    server: { ha: { enabled: true, raft: { enabled: true } } },
    ui: { enabled: true },
  },
  "HA and nothing else": { server: { ha: { enabled: true, replicas: 1 } }, global: { tlsDisable: false } },
  "its own configuration": {
    global: { tlsDisable: false },
    server: {
      ha: {
        enabled: true,
        raft: { enabled: true, config: '{"listener":{"tcp":{"tls_disable":true}},"storage":{"raft":{"path":"/d"}}}' },
      },
    },
  },
  "a policy that lets in everybody": { server: { networkPolicy: { enabled: true } } },
};

/** How long a recording may take. */
export const PATIENCE = Duration.minutes(10).toSeconds() * 1000;
