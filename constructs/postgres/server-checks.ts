import { Token } from "cdktf";
import { FindingCode } from "../../access/findings/finding";
import { imageProblem } from "../../access/model/addresses";
import {
  dnsLabelProblem,
  dnsSubdomainProblem,
  quantityProblem,
  sqlNameProblem,
  textProblem,
  vaultPathProblem,
} from "../../access/model/rules";
import { addressFrom, checkEndpoint, IPostgresInstance } from "../contracts/postgres";
import { checkCertificateFile, checkCertificates } from "../private/certificates";
import { claimName } from "../private/claims";
import { report } from "../private/findings";
import { isMarked, mark } from "../private/guards";
import { reportPlaceholders } from "../private/placeholders";
import { ensureAccessCheck } from "../synthesis/check";

/** What is wrong with a server, whoever made it. @param made by this program */
export function checkServer(instance: IPostgresInstance, made: boolean): void {
  ensureAccessCheck(instance);
  claimName(instance, "server", instance.instanceName);
  const problem = dnsLabelProblem(instance.instanceName);
  if (problem)
    report(instance, {
      code: "instance",
      message: `instance name ${JSON.stringify(instance.instanceName)} ${problem}`,
      fix: "give `instanceName` such a label",
    });
  checkTexts(instance, [
    ["instance", "KV mount", instance.admin.mount, vaultPathProblem],
    ["instance", "KV entry", instance.admin.path, vaultPathProblem],
    ["instance", "admin", instance.admin.username, sqlNameProblem],
    ["instance", "caFile", instance.caFile, textProblem],
  ]);
  checkCertificates(instance, "`ca`", instance.ca, true);
  checkCertificateFile(instance, "`caFile`", instance.caFile);
  const { host, fromVault, fromTerraform } = instance.endpoint;
  reportPlaceholders(
    instance,
    ["as pods see it, host", host],
    ["as Vault sees it, host", fromVault?.host],
    ["as Terraform sees it, host", fromTerraform?.host],
  );
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
  if (instance.sslMode.startsWith("verify-") && instance.ca === undefined) {
    report(instance, {
      code: "ca-missing",
      severity: made ? "error" : "warning",
      message: `${instance.sslMode} asks for the CA of ${instance.instanceName}, and none is given: ${made ? "no public CA signs for a name inside a cluster" : "libpq and what is built on it refuses to connect without its file, and others trust every public CA"}`,
      fix: "give `ca`, for pods and Vault, and `caFile`, for Terraform",
    });
  }
  checkEndpoint(instance, instance.endpoint);
  checkOthers(instance);
  if (!Number.isInteger(instance.majorVersion) || instance.majorVersion < 14 || instance.majorVersion > 18) {
    report(instance, {
      code: "postgres-version",
      message: `PostgreSQL ${instance.majorVersion} is not one of 14 to 18`,
      fix: "give `majorVersion` as the server has it; what is older is out of support",
    });
  } else if (instance.majorVersion < 16) {
    report(instance, {
      code: "postgres-version",
      severity: "warning",
      message: `before PostgreSQL 16 a role with CREATEROLE, such as the admin of ${instance.instanceName}, can make itself a member of any role but a superuser`,
      fix: "plan the upgrade; until then guard the admin's KV entry as you would a superuser's",
    });
    if (instance.majorVersion < 15)
      report(instance, {
        code: "postgres-version",
        severity: "warning",
        message: `on PostgreSQL ${instance.majorVersion} a login can give itself to other roles, and PUBLIC may create in the schema public of what is not made from our template0`,
        fix: "plan the upgrade; for a server that is not made here see docs/security.md: no login is issued until PUBLIC may not",
      });
  }
}

/** Two servers that pods find at two addresses and Terraform at one: it would make the databases of both on one of them. */
function checkOthers(instance: IPostgresInstance): void {
  const seen = (server: IPostgresInstance, by: "pods" | "terraform"): string => {
    const { host, port } = addressFrom(server.endpoint, by);
    return `${host}:${port}`;
  };
  const others = instance.node.root.node.findAll().filter((other) => isMarked(other, "PostgresServer"));
  for (const other of others as IPostgresInstance[])
    if (seen(other, "terraform") === seen(instance, "terraform") && seen(other, "pods") !== seen(instance, "pods"))
      report(instance, {
        code: "instance",
        severity: "warning",
        message: `Terraform finds two servers at ${seen(instance, "terraform")}: ${other.instanceName} and ${instance.instanceName}. What is made for one would be looked for on the other`,
        fix: "give each its own `fromTerraform`, such as another port of the port-forward",
      });
  mark(instance, "PostgresServer");
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

/** What stands in the server's pod and its neighbours. */
export function checkPod(instance: IPostgresInstance, props: PodTexts): void {
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
