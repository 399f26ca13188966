import { Token } from "cdktf";
import { FindingCode } from "../../access/findings/finding";
import { imageProblem } from "../../access/model/addresses";
import {
  dnsLabelProblem,
  dnsSubdomainProblem,
  quantityProblem,
  serviceNameProblem,
  sqlNameProblem,
  statefulSetNameProblem,
  textProblem,
  vaultPathProblem,
} from "../../access/model/rules";
import { addressFrom, checkEndpoint, IPostgresInstance } from "../contracts/postgres";
import { checkCertificateFile, checkCertificates } from "../private/certificates";
import { claimName } from "../private/claims";
import { report } from "../private/findings";
import { reportPlaceholders } from "../private/placeholders";
import { noteServer } from "../private/server-addresses";
import { ensureAccessCheck } from "../synthesis/check";

/** Reports what is wrong with a server, whoever made it. @param made by this program */
export function checkServer(instance: IPostgresInstance, made: boolean): void {
  ensureAccessCheck(instance);
  claimName(instance, "server", instance.instanceName);
  checkName(instance, made);
  checkAdmin(instance);
  checkConnections(instance);
  checkTls(instance, made);
  checkAddresses(instance);
  checkVersion(instance);
}

function checkName(instance: IPostgresInstance, made: boolean): void {
  const { instanceName: named } = instance;
  const problem = made ? (serviceNameProblem(named) ?? statefulSetNameProblem(named)) : dnsLabelProblem(named);
  if (problem)
    report(instance, {
      code: "instance",
      message: `instance name ${JSON.stringify(instance.instanceName)} ${problem}`,
      fix: "give `instanceName` such a label",
    });
}

function checkAdmin(instance: IPostgresInstance): void {
  const { mount, path, username } = instance.admin;
  checkTexts(instance, [
    ["instance", "KV mount", mount, vaultPathProblem],
    ["instance", "KV entry", path, vaultPathProblem],
    ["instance", "admin", username, sqlNameProblem],
  ]);
}

function checkConnections(instance: IPostgresInstance): void {
  for (const [prop, value, least] of [
    ["maxConnections", instance.maxConnections, 1],
    ["reservedConnections", instance.reservedConnections, 0],
  ] as const)
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least))
      report(instance, {
        code: "instance",
        message: `${prop} ${JSON.stringify(value)} is not a whole number of at least ${least}`,
        fix: `give \`${prop}\` such a number, or leave it out`,
      });
}

/** How those who connect know the server. */
function checkTls(instance: IPostgresInstance, made: boolean): void {
  checkTexts(instance, [["instance", "caFile", instance.caFile, textProblem]]);
  checkCertificates(instance, "`ca`", instance.ca, true);
  checkCertificateFile(instance, "`caFile`", instance.caFile);
  if (instance.sslMode.startsWith("verify-") && instance.ca === undefined)
    report(instance, {
      code: "ca-missing",
      severity: made ? "error" : "warning",
      message: `${instance.sslMode} asks for the CA of ${instance.instanceName}, and none is given: ${made ? "no public CA signs for a name inside a cluster" : "libpq and what is built on it refuses to connect without its file, and others trust every public CA"}`,
      fix: "give `ca`, for pods and Vault, and `caFile`, for Terraform",
    });
}

function checkAddresses(instance: IPostgresInstance): void {
  const { host, fromVault, fromTerraform } = instance.endpoint;
  reportPlaceholders(
    instance,
    ["as pods see it, host", host],
    ["as Vault sees it, host", fromVault?.host],
    ["as Terraform sees it, host", fromTerraform?.host],
  );
  checkEndpoint(instance, instance.endpoint);
  const seen = (by: "pods" | "terraform"): string => {
    const address = addressFrom(instance.endpoint, by);
    return `${address.host}:${address.port}`;
  };
  noteServer(instance, { server: instance.instanceName, byPods: seen("pods"), byTerraform: seen("terraform") });
}

function checkVersion(instance: IPostgresInstance): void {
  const { majorVersion, instanceName } = instance;
  if (!Number.isInteger(majorVersion) || majorVersion < 14 || majorVersion > 18)
    report(instance, {
      code: "postgres-version",
      message: `PostgreSQL ${majorVersion} is not one of 14 to 18`,
      fix: "give `majorVersion` as the server has it; what is older is out of support",
    });
  else if (majorVersion < 16)
    report(instance, {
      code: "postgres-version",
      severity: "warning",
      message: `before PostgreSQL 16 a role with CREATEROLE, such as the admin of ${instanceName}, can make itself a member of any role but a superuser`,
      fix: "plan the upgrade; until then guard the admin's KV entry as you would a superuser's",
    });
  if (majorVersion === 14)
    report(instance, {
      code: "postgres-version",
      severity: "warning",
      message: `on PostgreSQL 14 a login can give itself to other roles, and PUBLIC may create in the schema public of what is not made from our template0`,
      fix: "plan the upgrade; for a server that is not made here see docs/security.md: no login is issued until PUBLIC may not",
    });
}

type Rule = (text: string) => string | undefined;

/** Checks the props of a server that become names and texts in its pod. */
interface PodTexts {
  readonly tlsSecret?: string;
  readonly storageClass?: string;
  readonly storage?: string;
  readonly image?: string;
  readonly allowFromNamespaces?: readonly string[];
}

/** Reports texts that Kubernetes would refuse in the server's pod and the objects beside it. */
export function checkPodTexts(instance: IPostgresInstance, props: PodTexts): void {
  checkImageVersion(instance, props.image);
  if (instance.sslMode !== "disable" && props.tlsSecret === undefined)
    report(instance, {
      code: "instance",
      message: `sslMode ${instance.sslMode} of a server without a certificate: nobody could connect`,
      fix: "give `tlsSecret` and `ca`, or leave `sslMode` out",
    });
  checkTexts(instance, [
    ["kubernetes-name", "tlsSecret", props.tlsSecret, dnsSubdomainProblem],
    ["kubernetes-name", "storageClass", props.storageClass, dnsSubdomainProblem],
    ["instance", "storage", props.storage, quantityProblem],
    ["instance", "image", props.image, imageProblem],
    ...(props.allowFromNamespaces ?? []).map(
      (name) => ["kubernetes-name", "namespace", name, dnsLabelProblem] as const,
    ),
  ]);
}

/**
 * An image of another major version finds a data directory that it cannot read, or statements that it does not know. An image of another name,
 * such as `postgres-hardened:3.2`, may have numbers of its own.
 */
function checkImageVersion(instance: IPostgresInstance, image: string | undefined): void {
  if (image === undefined || Token.isUnresolved(image)) return;
  const major = /(?:^|\/)postgres(?:ql)?:(\d+)/.exec(image)?.[1];
  if (major !== undefined && Number(major) !== instance.majorVersion)
    report(instance, {
      code: "postgres-version",
      message: `image ${JSON.stringify(image)} is PostgreSQL ${major}, and majorVersion is ${instance.majorVersion}`,
      fix: `give \`majorVersion: ${major}\`, or an image of PostgreSQL ${instance.majorVersion}`,
    });
}

function checkTexts(
  instance: IPostgresInstance,
  texts: readonly (readonly [FindingCode, string, string | undefined, Rule])[],
): void {
  for (const [code, what, text, problemOf] of texts) {
    // A token has no text yet.
    if (text === undefined || Token.isUnresolved(text)) continue;
    const problem = problemOf(text);
    if (problem)
      report(instance, {
        code,
        message: `${what} ${JSON.stringify(text)} ${problem}`,
        fix: `give another \`${what}\``,
      });
  }
}
