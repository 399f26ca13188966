import { Aspects, TerraformResource, TerraformStack } from "cdktf";
import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { Construct, IConstruct } from "constructs";
import { createHash } from "node:crypto";
import { Duration } from "../../access/model/duration";
import { DeliveryNode, WorkloadKind, WorkloadNode } from "../../access/model/graph";
import { identityId, policyName } from "../../access/model/names";
import { metadataKeyProblem, mountPathProblem, secretNameProblem, textProblem } from "../../access/model/rules";
import { GrantedHere, IDatabaseAccess, isGrantedHere } from "../contracts/database";
import { required } from "../private/arguments";
import { claimName } from "../private/claims";
import { report } from "../private/findings";
import { reportPlaceholders } from "../private/placeholders";
import { isMarked, mark } from "../private/guards";
import { explained, setting } from "../private/origin";
import { untraced, userLine } from "../private/source-line";
import { deployAfter, stackOf } from "../private/stack-order";
import { address, dependOn, idOf, literal } from "../private/terraform";
import { vaultNamespaceOf } from "../private/vault-namespace";
import { heldToProduction } from "../synthesis/guardrails";
import { agentModeOf, agentOf } from "./agent-mode";
import { InjectedSecret, InjectorOptions, longKeys, PREFIX, renderAnnotations } from "./annotations";
import { Credential } from "./credential";
import { checkReloads } from "./reload-checks";
import { IWorkloadIdentity } from "../contracts/identity";
import { IVault, IVaultPolicy } from "../contracts/vault";
import { VaultPolicy } from "../vault/vault-policy";
import { AgentMode } from "../contracts/cluster";

/** Folder of the databases' CAs, in every container of a pod. */
export const CA_FOLDER = "/etc/leasehold/ca";
/** Name of the volume that holds it. */
export const CA_VOLUME = "postgres-ca";

/** What a pod is and what it gets, whoever makes it. */
export interface CredentialedPodProps {
  /** Who the pod is; its ServiceAccount and auth role. */
  readonly identity: IWorkloadIdentity;
  /** Logins that the pod gets as files. Never implied by a grant: a new file means a rollout. @default - none */
  readonly credentials?: Credential[];
  /** Secrets other than logins, for instance of a KV mount; a policy of the identity must allow them. @default - none */
  readonly secrets?: InjectedSecret[];
  /** Where the injected agent finds Vault. @default - what the injector was installed with */
  readonly vault?: IVault;
  /** How the agent runs. @default - as in all pods of the identity's cluster */
  readonly agent?: AgentMode;
  /** Annotations of the injector beyond the defaults. @default - none */
  readonly injector?: InjectorOptions;
  /** Annotations of the pod beyond the injector's. @default - none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Who makes the ServiceAccount. @default "create" */
  readonly serviceAccount?: "create" | "existing";
}

/** @internal What the kinds of workload differ in. */
export interface PodShape {
  readonly kind: WorkloadKind;
  /** What the access graph calls it, where the name in Kubernetes changes with what it runs. @default - the name */
  readonly graphName?: string;
  readonly name: string;
  readonly restartPolicy?: string;
  /** Volumes that its controller adds, by name. @default - none */
  readonly claims?: readonly string[];
  /** How long the app takes to end. @default - the pod ends by itself */
  readonly drain?: Duration;
  /** The app reads its files once, when it starts. @default false */
  readonly once?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  /** Pods that run at once. @default - not known */
  readonly pods?: number;
  /** Pods that a rollout adds. @default 0 */
  readonly surge?: number;
  /** How long a rollout may take. @default - not said */
  readonly rollout?: Duration;
  /** What its pods run, and where. @default - another tool deploys it */
  readonly runs?: Pick<WorkloadNode, "containers" | "placement">;
}

/** @internal What a pod must have to get its credentials, whoever makes it. */
export interface PodDemands {
  /** Annotations, as Kubernetes gets them: nothing is escaped for Terraform. */
  readonly annotations: Record<string, string>;
  /** Name of the ConfigMap with the databases' CAs. @default - no database has one of its own */
  readonly caFiles?: string;
  /** @default - Kubernetes' own: 30 */
  readonly terminationGracePeriodSeconds?: number;
  /** What must exist before the pod, in its own stack. */
  readonly needs: TerraformResource[];
}

/** @internal What the pod must have; makes its ServiceAccount and its CA files, and declares stack order and deliveries. */
export function podDemands(scope: Construct, props: CredentialedPodProps, shape: PodShape): PodDemands {
  const { identity } = props;
  const { namespace } = identity.key;
  const credentials = props.credentials ?? [];
  const needs: TerraformResource[] = [];
  const ending: { grace?: number } = {};
  deliver(scope, credentials, identity, shape, ending);
  reportPlaceholders(scope, ["as pods see it, Vault's address", props.vault?.addressFromPods]);
  // One that the program makes says so itself.
  const elsewhere = props.vault !== undefined && !isMarked(props.vault, "VaultServer");
  if (elsewhere && props.vault.addressFromPods.startsWith("http:") && heldToProduction(scope))
    report(scope, {
      code: "dev-production",
      message: `production with a Vault at ${JSON.stringify(props.vault.addressFromPods)}: tokens and logins would go over the network in clear`,
      fix: "give its https address to Vault.fromAddress",
    });
  if (props.serviceAccount !== "existing") needs.push(serviceAccountOf(scope, identity));

  const names = credentials.map(({ file }) => file);
  for (const { name } of props.secrets ?? []) {
    const problem = names.includes(name) ? "is the name of another file of the pod" : secretNameProblem(name);
    names.push(name);
    if (problem)
      report(scope, {
        code: "credential-file",
        message: `secret ${JSON.stringify(name)} ${problem}`,
        fix: "give the secret another name",
      });
  }
  const cas = caFiles(scope, shape.name, namespace, credentials);
  if (cas.configMap) needs.push(cas.configMap);
  const secrets = [
    ...credentials.map((credential) => credential._secretFor(identity, cas.fileOf(credential))),
    ...(props.secrets ?? []),
  ];
  const { options: injector, terminationGracePeriodSeconds = shape.terminationGracePeriodSeconds } = agentOf(scope, {
    mode: agentModeOf(props),
    drain: shape.drain,
    once: shape.once,
    secrets,
    annotations: props.annotations,
    given: {
      ...(props.vault && {
        service: props.vault.addressFromPods,
        ...(props.vault.tlsSecret && { tlsSecret: props.vault.tlsSecret, caCert: "/vault/tls/ca.crt" }),
      }),
      namespace: vaultNamespaceOf(identity),
      ...props.injector,
    },
  });
  ending.grace = terminationGracePeriodSeconds;
  checkNamespaces(scope, props, injector.namespace);
  const shared = injector.runAsSameUser === true || injector.runAsUser !== undefined;
  for (const { file } of credentials.filter((credential) => credential._ownerOnly && !shared))
    report(scope, {
      code: "credential-file",
      message: `file ${JSON.stringify(file)} can be read by its owner only, and the agent that writes it is not the app's user`,
      fix: "set `injector: { runAsSameUser: true }` and the container's `securityContext.runAsUser`",
    });
  checkReloads(scope, secrets, {
    kind: shape.kind,
    identity,
    agentBeside: shape.once !== true && (agentModeOf(props) === "native-sidecar" || injector.prePopulateOnly !== true),
    injector,
    annotations: props.annotations,
  });
  const unfit = secrets.map(({ name }) => name).filter((name) => secretNameProblem(name) !== undefined);
  const annotations = {
    ...renderAnnotations(injector, secrets),
    [`${PREFIX}role`]: identity.authRole,
    [`${PREFIX}auth-type`]: "kubernetes",
    [`${PREFIX}auth-path`]: `auth/${identity.cluster.authPath}`,
    ...props.annotations,
  };
  for (const key of longKeys(annotations))
    report(scope, {
      code: "annotation",
      message: `annotation ${key} is longer than 63 characters after its prefix`,
      fix: "give the credential a shorter `file`",
    });
  for (const [key, value] of Object.entries(annotations)) {
    const refused = longKeys({ [key]: value }).length > 0 || unfit.some((name) => key.endsWith(`-${name}`));
    const problem = refused
      ? undefined
      : (metadataKeyProblem(key) ?? (textProblem(value) && `is ${JSON.stringify(value)}, which ${textProblem(value)}`));
    if (problem)
      report(scope, {
        code: "annotation",
        message: `annotation ${JSON.stringify(key)} ${problem}`,
        fix: "give a key that Kubernetes has, and a text in normal form C",
      });
  }

  return { annotations, caFiles: cas.configMap && caFilesName(shape.name), terminationGracePeriodSeconds, needs };
}

/** An agent logs in and reads in one namespace: the auth role and the mounts must be in it. */
function checkNamespaces(
  scope: Construct,
  { identity, credentials = [] }: CredentialedPodProps,
  agents: string | undefined,
): void {
  const shown = (namespace: string | undefined): string =>
    namespace === undefined ? "the root namespace" : JSON.stringify(namespace);
  const places: [string, string | undefined][] = [
    [`the auth role ${identity.authRole}`, vaultNamespaceOf(identity)],
    ...credentials.map(({ database }): [string, string | undefined] => [
      `the mount ${database.mountPath}`,
      vaultNamespaceOf(database),
    ]),
  ];
  for (const [what, namespace] of places.filter(([, namespace]) => namespace !== agents))
    report(scope, {
      code: "vault-namespace",
      message: `the agent uses the Vault namespace ${shown(agents)}, and ${what} is in ${shown(namespace)}`,
      fix: "give the environments of these stacks one `vaultNamespace`, and none to `injector`",
    });
}

const CREDENTIAL_FIX =
  "write Credential.uri(access), with the DatabaseAccess, made here or by DatabaseAccess.fromMount(scope, id, { … })";

function deliver(
  scope: Construct,
  credentials: readonly Credential[],
  identity: IWorkloadIdentity,
  shape: PodShape,
  ending: { readonly grace?: number },
): void {
  const source = userLine();
  for (const credential of credentials) {
    const database = required(
      scope,
      "the database of a credential",
      credential.database,
      ({ credentialsPath }) => credentialsPath !== undefined,
      "DatabaseAccess",
      CREDENTIAL_FIX,
    );
    const external = !isGrantedHere(database);
    // A server of this program says itself what is wrong with where it is.
    for (const problem of credential.problems)
      if (external || problem.code !== "credential-endpoint") report(scope, problem);
    if (external) {
      identity.limitToken(database.leaseMaxTtl);
      if (!mountPathProblem(database.mountPath)) identity.addPolicy(policyOf(scope, database, identity));
    }
    deployAfter(scope, database);
    if (stackOf(database) === stackOf(scope) && !external) waitForEdge(scope, database, identity);
  }
  deployAfter(scope, identity);
  mark(scope, "Delivery");
  const nodes = credentials.map((credential): DeliveryNode => ({
    path: scope.node.path,
    source,
    workload: scope.node.path,
    identity: identityId(identity.key),
    mountPath: credential.database.mountPath,
    file: credential.file,
    pool: credential._pool,
  }));
  // Its pods may log in as the identity whether they ask for a credential or not.
  const workload = (): WorkloadNode => ({
    path: scope.node.path,
    source,
    kind: shape.kind,
    namespace: identity.key.namespace,
    name: shape.graphName ?? shape.name,
    identity: identityId(identity.key),
    pods: shape.pods,
    surge: shape.pods === undefined || !shape.surge ? undefined : shape.surge,
    drain: shape.drain?.toSeconds(),
    grace: ending.grace,
    rollout: shape.rollout?.toSeconds(),
    ...shape.runs,
  });
  Object.assign(scope, { _graphNode: () => nodes, workloadNode: workload });
}

/** The policy that the database's own program makes for this identity: both sides compute the same name. */
function policyOf(scope: Construct, database: IDatabaseAccess, identity: IWorkloadIdentity): IVaultPolicy {
  const name = policyName(identity.key, database.mountPath);
  const id = `Policy ${name}`;
  // Two files of one database need one policy.
  const made = scope.node.tryFindChild(id) as (IConstruct & IVaultPolicy) | undefined;
  return made ?? VaultPolicy.fromPolicyName(scope, id, name);
}

/** Beside its grants a workload waits for its role and policy: found at synthesis, since they may be granted further down. */
function waitForEdge(scope: Construct, database: GrantedHere, identity: IWorkloadIdentity): void {
  const visit = (node: IConstruct): void => {
    if (node !== scope) return;
    const edge = database._edgeOf(identity);
    const workload = scope.node.tryFindChild("Resource") as TerraformResource | undefined;
    if (edge && workload) waitFor(workload, [edge.databaseRole, edge.policy]);
  };
  Aspects.of(scope).add(mark({ visit }, "Aspect"));
}

/** The ServiceAccount of an identity in this stack: one, however many workloads run as it. */
function serviceAccountOf(scope: Construct, identity: IWorkloadIdentity): ServiceAccountV1 {
  const stack = TerraformStack.of(scope);
  const folder =
    (stack.node.tryFindChild("ServiceAccounts") as Construct | undefined) ?? new Construct(stack, "ServiceAccounts");
  const { namespace, serviceAccount } = identity.key;
  const id = idOf(namespace, serviceAccount);
  const existing = folder.node.tryFindChild(id) as ServiceAccountV1 | undefined;
  if (existing) return existing;
  const made = explained(
    untraced(
      () =>
        new ServiceAccountV1(folder, id, {
          metadata: { name: serviceAccount, namespace },
          automountServiceAccountToken: false,
        }),
    ),
  );
  claimName(made, "ServiceAccount", identityId(identity.key));
  if (identity.cluster.clientReviewsItself) delegate(folder, identity, made);
  return made;
}

/** Lets the ServiceAccount ask its API server whether a token is good: Vault outside of the cluster asks with the pod's own token. */
function delegate(folder: Construct, { key }: IWorkloadIdentity, account: ServiceAccountV1): void {
  const { namespace, serviceAccount } = key;
  const binding = setting(
    untraced(
      () =>
        new ClusterRoleBindingV1(folder, `${idOf(namespace, serviceAccount)} delegator`, {
          metadata: { name: `leasehold:auth-delegator:${namespace}:${serviceAccount}` },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
          subject: [{ kind: "ServiceAccount", name: serviceAccount, namespace }],
        }),
    ),
  );
  dependOn(binding, account);
}

function caFilesName(workload: string): string {
  return `${workload}-postgres-ca`;
}

/** The CAs of the databases, as files: one ConfigMap per workload. */
function caFiles(
  scope: Construct,
  name: string,
  namespace: string,
  credentials: readonly Credential[],
): { configMap?: ConfigMapV1; fileOf: (credential: Credential) => string | undefined } {
  const withCa = credentials.filter((credential) => credential.database.ca !== undefined);
  const file = (credential: Credential): string =>
    `${createHash("sha256").update(credential.database.mountPath).digest("hex").slice(0, 12)}.pem`;
  if (withCa.length === 0) return { fileOf: () => undefined };
  const data = Object.fromEntries(
    withCa.map((credential) => [file(credential), literal(credential.database.ca as string)]),
  );
  // Of databases of this program it is part of the entry of their secrets mounts, of others of the workload's.
  const configMap = explained(
    new ConfigMapV1(scope, "Postgres CA", {
      metadata: { name: caFilesName(name), namespace },
      data,
    }),
  );
  return {
    configMap,
    fileOf: (credential) => (credential.database.ca === undefined ? undefined : `${CA_FOLDER}/${file(credential)}`),
  };
}

/** @internal Makes the workload wait for what it needs. */
export function waitFor(workload: TerraformResource, needs: readonly TerraformResource[]): void {
  if (needs.length > 0) dependOn(workload, ...[...needs].sort((a, b) => (address(a) < address(b) ? -1 : 1)));
}
