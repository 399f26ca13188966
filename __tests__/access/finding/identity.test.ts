import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import {
  AdminCredential,
  BootstrapKv,
  DatabaseAccess,
  Duration,
  InjectedDeployment,
  KubernetesAuth,
  PostgresInstance,
  Seal,
  VaultMode,
  VaultServer,
  WorkloadIdentity,
} from "../../../constructs";
import { PLACES } from "../../../examples/clusters/clusters";
import { CA } from "../../support/certificates";
import { here } from "../../support/here";
import { Mistake, refused, warned } from "../../support/mistakes";
import { ClusterAccess, VaultConfigStack, WorkloadsStack } from "../../../stacks";
import { CONTAINER } from "../../support/world";

const LABEL = "is not a lower-case DNS label of at most 63 letters, digits and '-'";
const PATH =
  "is not a path of lower-case letters, digits, '_' and '-', parts divided by single '/', without one at either end";

const REFUSED: Mistake[] = [
  {
    title: "a namespace that is a token",
    code: "identity-token",
    message:
      "`namespace` is a token, whose value is known only when Terraform runs; names of roles and policies are made of it now",
    fix: "use the plain string, or the `…Input` of the resource (metadataInput.name) instead of its attribute",
    path: "who/web",
    make: (world, at) => {
      const namespace = new NamespaceV1(world.config, "ns", { metadata: { name: "shop" } });
      at(here(1));
      new WorkloadIdentity(world.config, "web", { cluster: world.cluster, namespace: namespace.metadata.name });
    },
  },
  {
    title: "a namespace that Kubernetes does not take",
    code: "identity-name",
    message: `\`namespace\` "Shop" ${LABEL}`,
    fix: "use the name as Kubernetes has it",
    path: "who/web",
    make: (world, at) => {
      at(here(1));
      new WorkloadIdentity(world.config, "web", { cluster: world.cluster, namespace: "Shop" });
    },
  },
  {
    title: "a ServiceAccount for all",
    code: "identity-name",
    message: "`serviceAccountName` \"*\" is not a lower-case DNS subdomain of at most 253 letters, digits, '-' and '.'",
    fix: "use the name as Kubernetes has it",
    path: "who/web",
    make: (world, at) => {
      at(here(1));
      new WorkloadIdentity(world.config, "web", { cluster: world.cluster, namespace: "shop", serviceAccountName: "*" });
    },
  },
  {
    title: "an identity without a namespace",
    code: "identity-namespace",
    message: "`namespace` is missing",
    fix: "say which namespace: access is granted to one ServiceAccount of one namespace, never to a whole cluster",
    path: "who/web",
    make: (world, at) => {
      at(here(1));
      new WorkloadIdentity(world.config, "web", { cluster: world.cluster, namespace: "" });
    },
  },
  {
    title: "an identity of one cluster in the stack of another",
    code: "identity-cluster",
    message:
      "us/shop/api runs in the stack workloads, which reaches the cluster that eu/shop/web runs in: us and eu are two clusters",
    fix: "give each cluster a stack of its own, with an environment whose `cluster` reaches it, and the identities of that cluster",
    path: "workloads/api",
    make: (world, at) => {
      const us = KubernetesAuth.fromAttributes(world.config, "us");
      const containers = [CONTAINER];
      const [web, api] = [world.identity("web"), world.identity("api", { cluster: us })];
      at(here(1));
      new InjectedDeployment(world.workloads, "web", { identity: web, containers });
      at(here(1));
      new InjectedDeployment(world.workloads, "api", { identity: api, containers });
    },
  },
  {
    title: "an identity of one cluster in a stack that reaches another one's",
    code: "identity-cluster",
    message:
      "us/shop/api runs in the stack more, which reaches the cluster that eu/shop/web runs in: us and eu are two clusters",
    fix: "give each cluster a stack of its own, with an environment whose `cluster` reaches it, and the identities of that cluster",
    path: "more/api",
    make: (world, at) => {
      const us = KubernetesAuth.fromAttributes(world.config, "us");
      const environment = { ...world.environment, cluster: ClusterAccess.kubeconfig({ context: "eu" }) };
      const containers = [CONTAINER];
      const [web, api] = [world.identity("web"), world.identity("api", { cluster: us })];
      at(here(1));
      new InjectedDeployment(new WorkloadsStack(world.app, "some", { environment }), "web", {
        identity: web,
        containers,
      });
      at(here(1));
      new InjectedDeployment(new WorkloadsStack(world.app, "more", { environment }), "api", {
        identity: api,
        containers,
      });
    },
  },
  {
    title: "an identity of another cluster, alone in a stack whose environment says its cluster",
    code: "identity-cluster",
    message: 'us/shop/api runs in the stack more, whose environment reaches the cluster "eu"',
    fix: "give the workload an identity of that cluster, or put it into a stack whose environment reaches its own",
    path: "more/api",
    make: (world, at) => {
      const us = KubernetesAuth.fromAttributes(world.config, "us");
      const environment = { ...world.environment, clusterName: "eu" };
      const api = world.identity("api", { cluster: us });
      at(here(1));
      new InjectedDeployment(new WorkloadsStack(world.app, "more", { environment }), "api", {
        identity: api,
        containers: [CONTAINER],
      });
    },
  },
  {
    title: "a cluster whose workloads review their own tokens, which are for nobody there",
    code: "identity-cluster",
    message:
      'workloads of us review their own tokens, and no `audience` is given: the API server takes none that is made for "vault"',
    fix: 'give `audience` as the API server has it, the issuer unless it was set otherwise: "https://kubernetes.default.svc.cluster.local"',
    path: "who/us",
    make: (world, at) => {
      at(here(1));
      new KubernetesAuth(world.config, "us", { kubernetesHost: "https://us.corp.internal", clientReviewsItself: true });
    },
  },
  {
    title: "two identities of one ServiceAccount",
    code: "identity-duplicate",
    message: "eu/shop/web has 2 identities: who/web, who/web-again",
    fix: "make one WorkloadIdentity per ServiceAccount and cluster, and pass it around",
    path: "who/web",
    make: ({ config, cluster }, at) => {
      at(here(1));
      new WorkloadIdentity(config, "web", { cluster, namespace: "shop" });
      at(here(1));
      new WorkloadIdentity(config, "web-again", { cluster, namespace: "shop", serviceAccountName: "web" });
    },
  },
  {
    title: "a cluster whose name is not a label",
    code: "kubernetes-name",
    message: `cluster name "EU West" ${LABEL}`,
    fix: 'give `clusterName` such a label, for instance "eu"',
    path: "who/second",
    make: (world, at) => {
      at(here(1));
      new KubernetesAuth(world.config, "second", { clusterName: "EU West", authPath: "kubernetes-west" });
    },
  },
  {
    title: "an auth path with its prefix",
    code: "mount-path",
    message: `auth path "/auth/eu" ${PATH}`,
    fix: "give `authPath` such a path, without the leading auth/",
    path: "who/second",
    make: (world, at) => {
      at(here(1));
      KubernetesAuth.fromAttributes(world.config, "second", { authPath: "/auth/eu" });
    },
  },
  {
    title: "two clusters at one auth path",
    code: "mount-path",
    message: "auth method kubernetes-eu is made 2 times: who/eu, who/second",
    fix: "give each cluster an `authPath` of its own",
    path: "who/eu",
    make: ({ config }, at) => {
      at("__tests__/support/world.ts");
      at(here(1));
      new KubernetesAuth(config, "second", { authPath: "kubernetes-eu" });
    },
  },
  {
    title: "a ServiceAccount that two stacks make",
    code: "identity-duplicate",
    message:
      "ServiceAccount eu/shop/web is made 2 times: other/ServiceAccounts/shop web, workloads/ServiceAccounts/shop web",
    fix: 'let one workload make it, and give those of other stacks `serviceAccount: "existing"`',
    path: "other/ServiceAccounts/shop web",
    make: (world, at) => {
      const { app, environment } = world;
      const props = { identity: world.identity("web"), containers: [CONTAINER] };
      const other = new WorkloadsStack(app, "other", { environment });
      at(here(1));
      new InjectedDeployment(other, "worker", props);
      at(here(1));
      new InjectedDeployment(world.workloads, "web", props);
    },
  },
  {
    title: "a KV mount with a glob",
    code: "mount-path",
    message: `mount path "leasehold/*" ${PATH}`,
    fix: "give `path` such a path",
    path: "who/second",
    make: (world, at) => {
      at(here(1));
      new BootstrapKv(world.config, "second", { path: "leasehold/*" });
    },
  },
  {
    title: "a Deployment whose name is not a label",
    code: "kubernetes-name",
    message: `Deployment name "web.v2" ${LABEL}`,
    fix: "give `name` such a label",
    path: "workloads/web",
    make: (world, at) => {
      const props = { identity: world.identity("web"), containers: [CONTAINER], name: "web.v2" };
      at(here(1));
      new InjectedDeployment(world.workloads, "web", props);
    },
  },
  {
    title: "a release of Vault whose name is not a label",
    code: "kubernetes-name",
    message: `release "Vault" ${LABEL}`,
    fix: "choose such a label",
    path: "who/Vault",
    make: (world, at) => {
      const mode = VaultMode.dev();
      at(here(1));
      new VaultServer(world.config, "Vault", { mode, releaseName: "Vault", injectNamespaces: ["shop"] });
    },
  },
  {
    title: "a server whose name is not a label",
    code: "instance",
    message: `instance name "Main DB" ${LABEL}`,
    fix: "give `instanceName` such a label",
    path: "servers/Main DB",
    make: (world, at) => {
      const { endpoint, admin } = world.instance;
      at(here(1));
      PostgresInstance.fromEndpoint(world.servers, "Main DB", { endpoint, admin, majorVersion: 18 });
    },
  },
  {
    title: "a version of PostgreSQL that is out of support",
    code: "postgres-version",
    message: "PostgreSQL 13 is not one of 14 to 18",
    fix: "give `majorVersion` as the server has it; what is older is out of support",
    path: "servers/old",
    make: (world, at) => {
      const { endpoint, admin } = world.instance;
      at(here(1));
      PostgresInstance.fromEndpoint(world.servers, "old", { endpoint, admin, majorVersion: 13 });
    },
  },
  {
    title: "in production, Vault in dev mode",
    production: true,
    code: "dev-production",
    message: "Vault in dev mode keeps everything in memory behind a root token that everybody knows",
    fix: 'use VaultMode.ha({ tlsSecret, seal }) or VaultMode.external("https://…"), or choose the sandbox environment',
    path: "who/Vault",
    make: (world, at) => {
      const mode = VaultMode.dev();
      at(here(1));
      new VaultServer(world.config, "Vault", { mode, injectNamespaces: ["shop"] });
    },
  },
  {
    title: "in production, a server at the place of an example",
    production: true,
    code: "placeholder",
    message: 'as Vault sees it, host "db.EXAMPLE.org" is the place of an example: nothing answers there',
    fix: "put your own, or choose the sandbox environment",
    path: "servers/late",
    make: (world, at) => {
      const fromVault = { host: "db.EXAMPLE.org", port: 5432 };
      const admin = AdminCredential.fromKv("postgres/late/admin");
      const { servers } = world;
      const endpoint = { host: "late.corp.internal", fromVault };
      at(here(1));
      PostgresInstance.fromEndpoint(servers, "late", { endpoint, admin, majorVersion: 18, ca: CA });
    },
  },
  {
    title: "in production, a Vault at the place of an example",
    production: true,
    code: "placeholder",
    message:
      'as Terraform sees it, Vault\'s address "https://vault.test:8200" is the place of an example: nothing answers there',
    fix: "put your own, or choose the sandbox environment",
    path: "more",
    make: (world, at) => {
      const vault = { ...world.environment.vault, addressFromTerraform: "https://vault.test:8200" };
      at(here(1));
      new VaultConfigStack(world.app, "more", { environment: { ...world.environment, vault } });
    },
  },
  {
    title: "in production, the issuer of an example",
    production: true,
    code: "placeholder",
    message: 'the issuer "https://ap.test" is the place of an example: nothing answers there',
    fix: "put your own, or choose the sandbox environment",
    path: "who/ap",
    make: (world, at) => {
      at(here(1));
      new KubernetesAuth(world.config, "ap", { issuer: "https://ap.test", publicKeys: [PLACES.ap.publicKey] });
    },
  },
  {
    title: "in production, an image of an example's registry",
    production: true,
    code: "placeholder",
    message: 'image "registry.example.com/app:1.0.0" is the place of an example: nothing answers there',
    fix: "put your own, or choose the sandbox environment",
    path: "workloads/web",
    make: (world, at) => {
      const identity = world.identity("web");
      const { workloads } = world;
      at(here(1));
      new InjectedDeployment(workloads, "web", { identity, containers: [CONTAINER] });
    },
  },
  {
    title: "a server in the cluster that is verified, without the CA",
    code: "ca-missing",
    message: "verify-full asks for the CA of main, and none is given: no public CA signs for a name inside a cluster",
    fix: "give `ca`, for pods and Vault, and `caFile`, for Terraform",
    path: "who/main",
    make: ({ config, cluster }, at) => {
      at(here(1));
      new PostgresInstance(config, "main", { cluster, namespace: "data", tlsSecret: "postgres-tls" });
    },
  },
  {
    title: "in production, Vault without TLS",
    production: true,
    code: "dev-production",
    message: "Vault in standalone mode without TLS sends tokens and passwords in clear",
    fix: 'use VaultMode.ha({ tlsSecret, seal }) or VaultMode.external("https://…"), or choose the sandbox environment',
    path: "who/Vault",
    make: (world, at) => {
      const mode = VaultMode.standalone();
      at(here(1));
      new VaultServer(world.config, "Vault", { mode, injectNamespaces: ["shop"] });
    },
  },
  {
    title: "in production, one server on file storage",
    production: true,
    code: "dev-production",
    message:
      "Vault in standalone mode is one server with its data in files: while its node is down nobody gets a login",
    fix: 'use VaultMode.ha({ tlsSecret, seal }) or VaultMode.external("https://…"), or choose the sandbox environment',
    path: "who/Vault",
    make: (world, at) => {
      const mode = VaultMode.standalone({ tlsSecret: "tls" });
      at(here(1));
      new VaultServer(world.config, "Vault", { mode, injectNamespaces: ["shop"] });
    },
  },
  {
    title: "an even number of Vault servers",
    code: "vault-mode",
    message: "replicas is 4: Raft needs an odd number of servers, at least 3",
    fix: "give VaultMode.ha such a value",
    path: "who/Vault",
    make: (world, at) => {
      const mode = VaultMode.ha({ tlsSecret: "tls", seal: Seal.shamir(), replicas: 4 });
      at(here(1));
      new VaultServer(world.config, "Vault", { mode, injectNamespaces: ["shop"] });
    },
  },
  {
    title: "in production, a database whose server is not verified",
    production: true,
    code: "sslmode-production",
    message: "connections to shop use sslmode require, which does not verify the server",
    fix: 'give the instance `sslMode: "verify-full"` and its `ca`, or choose the sandbox environment',
    path: "workloads/elsewhere",
    make: (world, at) => {
      const { endpoint } = world.instance;
      const attributes = {
        mountPath: "database/main/shop",
        databaseName: "shop",
        endpoint,
        sslMode: "require" as const,
      };
      at(here(1));
      DatabaseAccess.fromMount(world.workloads, "elsewhere", attributes);
    },
  },
  {
    title: "an agent that cannot start without IPC_LOCK",
    code: "annotation",
    message: "agent image tag 1.21.6 cannot start without IPC_LOCK, which its pod drops",
    fix: "take the next patch release",
    path: "who/Vault",
    make: (world, at) => {
      const mode = VaultMode.dev();
      at(here(1));
      new VaultServer(world.config, "Vault", { mode, agentImageTag: "1.21.6", injectNamespaces: ["shop"] });
    },
  },
  {
    title: "a server that cannot start without IPC_LOCK",
    code: "annotation",
    message: "server image tag 2.0.1 cannot start without IPC_LOCK, which its pod drops",
    fix: "take the next patch release",
    path: "who/Vault",
    make: (world, at) => {
      const mode = VaultMode.dev();
      at(here(1));
      new VaultServer(world.config, "Vault", { mode, serverImageTag: "2.0.1", injectNamespaces: ["shop"] });
    },
  },
];

test.each(REFUSED)("$code: $title is refused", (mistake) => {
  const { found, expected } = refused(mistake);
  const at = (source: string): string => source.replace(/^(__tests__\/support\/world\.ts):\d+$/, "$1");
  expect(found.map((finding) => ({ ...finding, sources: finding.sources.map(at) }))).toEqual(expected);
});

const WARNED: Mistake[] = [
  {
    title: "identities of one cluster in stacks that do not reach it in one way",
    code: "identity-cluster",
    message:
      "eu/shop/api runs in the stack more, and eu/shop/web in some: their providers do not reach the cluster eu in one way, so that one of them may reach another cluster",
    fix: "say in both environments by `clusterName` which cluster they reach, or give the workload an identity of the cluster that it runs in",
    path: "more/api",
    make: (world, at) => {
      const containers = [CONTAINER];
      const stack = (id: string, context: string): WorkloadsStack =>
        new WorkloadsStack(world.app, id, {
          environment: { ...world.environment, cluster: ClusterAccess.kubeconfig({ context }) },
        });
      const [some, more] = [stack("some", "eu"), stack("more", "us")];
      const [web, api] = [world.identity("web"), world.identity("api")];
      at(here(1));
      new InjectedDeployment(some, "web", { identity: web, containers });
      at(here(1));
      new InjectedDeployment(more, "api", { identity: api, containers });
    },
  },
  {
    title: "a server that exists and is verified, without a CA: a public one may have signed it",
    code: "ca-missing",
    message:
      "verify-full asks for the CA of late, and none is given: libpq and what is built on it refuses to connect without its file, and others trust every public CA",
    fix: "give `ca`, for pods and Vault, and `caFile`, for Terraform",
    path: "servers/late",
    make: (world, at) => {
      const admin = AdminCredential.fromKv("postgres/late/admin");
      const { servers } = world;
      at(here(1));
      PostgresInstance.fromEndpoint(servers, "late", { endpoint: { host: "late.internal" }, admin, majorVersion: 18 });
    },
  },
  {
    title: "an injector that is down holds no pod back",
    code: "annotation",
    message: "while the injector is down, pods start without their logins and stay so",
    fix: "name the namespaces in `injectNamespaces`: there such a pod is refused, and made again later",
    path: "who/Vault",
    make: (world, at) => {
      const mode = VaultMode.dev();
      at(here(1));
      new VaultServer(world.config, "Vault", { mode });
    },
  },
];

test.each(WARNED)("$code: $title: a warning", (mistake) => {
  const { found, expected } = warned(mistake);
  expect(found).toEqual(expected);
});

test("lease times of an identity are judged where it is granted something, not before", () => {
  const { found } = warned({
    ...WARNED[0],
    make: (world) => void world.identity("web", { lease: { ttl: Duration.days(300) } }),
  });
  expect(found).toEqual([]);
});
