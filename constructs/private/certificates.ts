import { Token } from "cdktf";
import { IConstruct } from "constructs";
import { X509Certificate } from "node:crypto";
import { textProblem } from "../../access/model/rules";
import { described } from "./described";
import { report } from "./findings";

/** What is wrong with the certificates of authorities, and how to put it right. What the text is goes into neither: it may be a key. */
interface CertificateProblem {
  readonly message: string;
  readonly fix: string;
  readonly warning?: true;
}

const PEM_FIX =
  'give the text of the CA\'s file, not its path: readFileSync("ca.pem", "utf8"). It begins with -----BEGIN CERTIFICATE-----';

/**
 * What is given as certificates of authorities. Terraform, Vault, the agent and the app's driver read it, each in a place of its own: what
 * one of them cannot read would be told by the apply or by a pod.
 *
 * @param what The option, as people write it.
 * @param roots Whether libpq reads it: without a CA in it libpq trusts nobody, where Go takes a server's own certificate, too.
 */
export function checkCertificates(scope: IConstruct, what: string, pem: string | undefined, roots = false): void {
  for (const { message, fix, warning } of problemsOf(pem, roots))
    report(scope, { code: "certificate", message: `${what} ${message}`, fix, ...(warning && { severity: "warning" }) });
}

/** As `checkCertificates`, for what is made without a construct. @throws Error for what nobody could read */
export function checkedCertificates(what: string, pem: string): string {
  const [problem] = problemsOf(pem, false).filter(({ warning }) => !warning);
  if (problem) throw new Error(`${what} ${problem.message}: ${problem.fix}`);
  return pem;
}

/** A path of a file with certificates, which is read where Terraform or Vault runs. */
export function checkCertificateFile(scope: IConstruct, what: string, path: string | undefined): void {
  const problem = fileProblem(path);
  if (problem) report(scope, { code: "certificate", message: `${what} ${problem.message}`, fix: problem.fix });
}

/** As `checkCertificateFile`, for what is made without a construct. @throws Error for what is no path */
export function checkedCertificateFile<T extends string | undefined>(what: string, path: T): T {
  const problem = fileProblem(path);
  if (problem) throw new Error(`${what} ${problem.message}: ${problem.fix}`);
  return path;
}

function fileProblem(path: string | undefined): CertificateProblem | undefined {
  if (path === undefined || Token.isUnresolved(path)) return undefined;
  if (path.trim() === "") return { message: "is empty", fix: "give the path of the file, or leave it out" };
  return path.includes("-----BEGIN") || path.includes("\n")
    ? { message: "is the text of a file, not the path of one", fix: "give the path at which the file lies" }
    : undefined;
}

/** A token has no text yet. */
function problemsOf(pem: string | undefined, roots: boolean): readonly CertificateProblem[] {
  if (pem === undefined || Token.isUnresolved(pem)) return [];
  const blocks = typeof pem === "string" ? blocksOf(pem) : [];
  const problem = readProblem(pem, blocks);
  if (problem) return [problem];
  const certificates = blocks.flatMap(({ certificate }) => certificate ?? []);
  return [...(roots ? anchorProblems(certificates) : []), ...certificates.flatMap(endProblems)];
}

function readProblem(pem: unknown, blocks: readonly Block[]): CertificateProblem | undefined {
  if (typeof pem !== "string") return { message: `is ${described(pem)}, not a text`, fix: PEM_FIX };
  if (/PRIVATE KEY/.test(pem))
    return {
      message: "holds a private key, which would stand in the Terraform JSON, in the state and in a ConfigMap",
      fix: "give certificates alone. Whoever could read the key so far may have it: replace it",
    };
  const text = textProblem(pem);
  if (text) return { message: text, fix: PEM_FIX };
  if (/-----BEGIN [^\n]*-----\\n/.test(pem))
    return { message: "has the two characters \\n where lines end", fix: PEM_FIX };
  if (blocks.length === 0) return { message: notPem(pem), fix: PEM_FIX };
  const other = blocks.find(({ label }) => label !== "CERTIFICATE");
  if (other)
    return {
      message: `holds a block ${JSON.stringify(other.label.slice(0, 40))}, which is no certificate`,
      fix: "give the certificates of the CA alone",
    };
  const at = blocks.findIndex(({ certificate }) => certificate === undefined);
  if (at < 0) return undefined;
  const which = blocks.length === 1 ? "the certificate in it" : `certificate ${at + 1} of the ${blocks.length} in it`;
  return {
    message: `cannot be read: ${which} is not X.509 in PEM`,
    fix: "give it as the CA wrote it, each line at its beginning; `openssl x509 -in ca.pem -noout -subject` reads it",
  };
}

/** Why there is no block. */
function notPem(pem: string): string {
  if (pem.trim() === "") return "is empty";
  if (/-----BEGIN /.test(pem)) return "has text before -----BEGIN in its line, so that nobody finds the certificate";
  if (/^LS0tLS1CRUdJTi/.test(pem.trim()))
    return "is in base64, as kubeconfigs hold it, not the PEM that this stands for";
  if (/^[^\n]{1,300}\.(pem|crt|cer|ca|cert)$/i.test(pem.trim())) return "is the path of a file, not its content";
  return "is not PEM";
}

/** A chain needs an end that is trusted: a CA, or a certificate that signed itself. */
function anchorProblems(certificates: readonly X509Certificate[]): CertificateProblem[] {
  return certificates.some((one) => one.ca || one.checkIssued(one))
    ? []
    : [
        {
          message: "holds a server's certificate and no CA: libpq trusts nothing that it signs",
          fix: "give the certificate of the CA that signed it",
        },
      ];
}

/** An old program must synthesize as it did: so this is a warning. */
function endProblems({ validTo, subject }: X509Certificate): CertificateProblem[] {
  return Date.parse(validTo) >= Date.now()
    ? []
    : [
        {
          message: `holds a certificate that ended on ${new Date(validTo).toISOString().slice(0, 10)}: ${JSON.stringify(subject?.replace(/\n/g, ", "))}`,
          fix: "give the one that follows it; docs/operations/rotate-ca.md says in which order",
          warning: true,
        },
      ];
}

interface Block {
  readonly label: string;
  /** @default - it cannot be read */
  readonly certificate?: X509Certificate;
}

/** The blocks that begin at the start of a line: those that Go and OpenSSL see. */
function blocksOf(pem: string): Block[] {
  return [...pem.matchAll(/^-----BEGIN ([^\n-]*)-----[^]*?(?=^-----BEGIN |$(?![^]))/gm)].map(([text, label]) => {
    const whole =
      /^-----BEGIN CERTIFICATE-----[ \t]*\r?\n([A-Za-z0-9+/=\s]+?)^-----END CERTIFICATE-----[ \t\r]*$/m.exec(text);
    return { label, certificate: whole ? parsed(whole[0]) : undefined };
  });
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
