import { TerraformResource, Token } from "cdktf";
import { Construct } from "constructs";
import { imageProblem } from "../../access/model/addresses";
import {
  dnsSubdomainProblem,
  injectedNamespaceProblem,
  metadataKeyProblem,
  secretNameProblem,
  textProblem,
  vaultPathProblem,
} from "../../access/model/rules";
import { checkAddress } from "../private/addresses";
import { report } from "../private/findings";
import { isMarked } from "../private/guards";
import { reportPlaceholders } from "../private/placeholders";
import type { IVault } from "../contracts/vault";
import { vaultNamespaceOf } from "../private/vault-namespace";
import { heldToProduction } from "../synthesis/guardrails";
import { agentModeOf, agentOf } from "./agent-mode";
import { agentProblems, handAnnotationProblems } from "./agent-problems";
import { InjectedSecret, InjectorOptions, longKeys, PREFIX, renderAnnotations } from "./annotations";
import { caFiles } from "./ca-files";
import type { Credential } from "./credential";
import { deliver, noteWorkload } from "./delivery";
import type { CredentialedPodProps, PodShape } from "./pod-props";
import { checkReloads } from "./reload-checks";
import { serviceAccountOf } from "./service-account";

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
  const { identity, credentials = [] } = props;
  deliver(scope, credentials, identity);
  checkVault(scope, props);
  for (const problem of [...agentProblems(props.injector), ...handAnnotationProblems(props.annotations)])
    report(scope, { code: "annotation", ...problem });
  const account = props.serviceAccount === "existing" ? [] : [serviceAccountOf(scope, identity)];
  checkSecretNames(scope, props);
  const cas = caFiles(scope, shape.name, identity.key.namespace, credentials);
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
    given: givenOptions(props),
  });
  noteWorkload(scope, props, shape, terminationGracePeriodSeconds);
  checkNamespaces(scope, props, injector.namespace);
  checkReaders(scope, credentials, injector);
  checkReloads(scope, secrets, {
    kind: shape.kind,
    identity,
    agentBeside: shape.once !== true && (agentModeOf(props) === "native-sidecar" || injector.prePopulateOnly !== true),
    injector,
    annotations: props.annotations,
  });
  const annotations = {
    ...renderAnnotations(injector, secrets),
    [`${PREFIX}role`]: identity.authRole,
    [`${PREFIX}auth-type`]: "kubernetes",
    [`${PREFIX}auth-path`]: `auth/${identity.cluster.authPath}`,
    ...props.annotations,
  };
  checkAnnotations(scope, annotations, secrets);
  return {
    annotations,
    caFiles: cas.name,
    terminationGracePeriodSeconds,
    needs: [...account, ...(cas.configMap ? [cas.configMap] : [])],
  };
}

/** Options of the injector: what follows from the props, and what was given, which wins. */
function givenOptions({ identity, vault, injector }: CredentialedPodProps): InjectorOptions {
  return {
    ...(vault && {
      service: vault.addressFromPods,
      ...(vault.tlsSecret && { tlsSecret: vault.tlsSecret, caCert: "/vault/tls/ca.crt" }),
    }),
    namespace: vaultNamespaceOf(identity),
    ...injector,
  };
}

/** Where the pod finds Vault: no example's address, and in production no connection in clear. */
function checkVault(scope: Construct, { identity, vault, injector }: CredentialedPodProps): void {
  checkAddress(scope, "`injector.service`", injector?.service);
  checkAddress(scope, "`injector.proxyAddress`", injector?.proxyAddress, "https://proxy.example.com:3128");
  const image = injector?.agentImage;
  const imageWrong = image === undefined || Token.isUnresolved(image) ? undefined : imageProblem(image);
  if (imageWrong)
    report(scope, {
      code: "annotation",
      message: `agentImage ${JSON.stringify(image)} ${imageWrong}`,
      fix: "name an image of Vault, with a tag or a digest",
    });
  // It may be an object of the program's own: nothing has looked at its addresses.
  checkAddress(scope, "`vault.addressFromPods`", vault?.addressFromPods);
  checkAddress(scope, "`vault.addressFromTerraform`", vault?.addressFromTerraform);
  const secret = vault?.tlsSecret === undefined ? undefined : dnsSubdomainProblem(vault.tlsSecret);
  if (secret)
    report(scope, {
      code: "kubernetes-name",
      message: `tlsSecret ${JSON.stringify(vault?.tlsSecret)} of Vault ${secret}`,
      fix: "name the Secret in the workload's namespace",
    });
  checkServed(scope, identity.key.namespace, vault);
  reportPlaceholders(scope, ["as pods see it, Vault's address", vault?.addressFromPods]);
  // One that the program makes says so itself.
  const elsewhere = vault !== undefined && !isMarked(vault, "VaultServer");
  if (elsewhere && String(vault.addressFromPods).startsWith("http:") && heldToProduction(scope))
    report(scope, {
      code: "dev-production",
      message: `production with a Vault at ${JSON.stringify(vault.addressFromPods)}: tokens and logins would go over the network in clear`,
      fix: "give its https address to Vault.fromAddress",
    });
}

/** Whether the injector looks at the pod at all: where it does not, a pod starts without its login, and nothing says why. */
function checkServed(scope: Construct, namespace: string, vault: IVault | undefined): void {
  const never = injectedNamespaceProblem(namespace);
  if (never !== undefined)
    report(scope, {
      code: "annotation",
      message: `the namespace ${JSON.stringify(namespace)} ${never}`,
      fix: "give the workload a namespace of its own",
    });
  if (vault === undefined || !isMarked(vault, "VaultServer")) return;
  // Another injector may serve the namespace, which is not known here: so it is no error.
  const { _injectsOnly: served } = vault as IVault & { readonly _injectsOnly?: readonly string[] };
  if (served === undefined || served.includes(namespace)) return;
  report(scope, {
    code: "annotation",
    severity: "warning",
    message: `the injector of its Vault serves the namespaces ${served.join(", ")}, and not ${JSON.stringify(namespace)}: the pod would start without its login`,
    fix: `name ${JSON.stringify(namespace)} in \`namespaces\` of the PlatformStack, which makes it, or in \`injectNamespaces\` of the VaultServer`,
  });
}

/** The names of secrets that are no logins: each becomes a file beside those of the credentials. */
function checkSecretNames(scope: Construct, { credentials = [], secrets = [] }: CredentialedPodProps): void {
  const names = credentials.map(({ file }) => file);
  for (const { name, path, perms } of secrets) {
    const pathWrong = Token.isUnresolved(path) ? undefined : vaultPathProblem(path.replace(/\?.*$/, ""));
    const wrong =
      pathWrong !== undefined
        ? `path ${JSON.stringify(path)} ${pathWrong}`
        : perms !== undefined && !Token.isUnresolved(perms) && !/^0?[0-7]{3}$/.test(perms)
          ? `perms ${JSON.stringify(perms)} are not an octal mode`
          : undefined;
    if (wrong)
      report(scope, {
        code: "credential-file",
        message: `secret ${JSON.stringify(name)}: ${wrong}`,
        fix: 'write a path as Vault has it, such as "secret/data/app", and a mode such as "0440"',
      });
    const problem = names.includes(name) ? "is the name of another file of the pod" : secretNameProblem(name);
    names.push(name);
    if (problem)
      report(scope, {
        code: "credential-file",
        message: `secret ${JSON.stringify(name)} ${problem}`,
        fix: "give the secret another name",
      });
  }
}

/** Whether the app can read a file that only its owner may read. */
function checkReaders(scope: Construct, credentials: readonly Credential[], injector: InjectorOptions): void {
  if (injector.runAsSameUser === true || injector.runAsUser !== undefined) return;
  for (const { file } of credentials.filter((credential) => credential._ownerOnly))
    report(scope, {
      code: "credential-file",
      message: `file ${JSON.stringify(file)} can be read by its owner only, and the agent that writes it is not the app's user`,
      fix: "set `injector: { runAsSameUser: true }` and the container's `securityContext.runAsUser`",
    });
}

/** Reports annotations that Kubernetes would refuse. */
function checkAnnotations(
  scope: Construct,
  annotations: Readonly<Record<string, string>>,
  secrets: readonly InjectedSecret[],
): void {
  const long = longKeys(annotations);
  for (const key of long)
    report(scope, {
      code: "annotation",
      message: `annotation ${key} is longer than 63 characters after its prefix`,
      fix: "give the credential a shorter `file`",
    });
  // Of a secret with an unfit name it is said already.
  const unfit = secrets.map(({ name }) => name).filter((name) => secretNameProblem(name) !== undefined);
  for (const [key, value] of Object.entries(annotations)) {
    if (long.includes(key) || unfit.some((name) => key.endsWith(`-${name}`))) continue;
    const text = textProblem(value);
    const problem = metadataKeyProblem(key) ?? (text && `is ${JSON.stringify(value)}, which ${text}`);
    if (problem)
      report(scope, {
        code: "annotation",
        message: `annotation ${JSON.stringify(key)} ${problem}`,
        fix: "give a key that Kubernetes has, and a text in normal form C",
      });
  }
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
