/**
 * What a name may be, per sink, as pure functions: `undefined` when it is fit, else what is wrong with it, in words
 * that continue "<name> …".
 *
 * A string is hostile until proved tame: each ends in Terraform JSON, SQL, Vault's own placeholder replacement
 * (`{{name}}`, split at `;`), agent templates, policy paths or annotation keys.
 */

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A Kubernetes namespace, a container, or our name of a cluster (RFC 1123 label). */
export function dnsLabelProblem(name: string): string | undefined {
  return DNS_LABEL.test(name) ? undefined : "is not a lower-case DNS label of at most 63 letters, digits and '-'";
}

/** A ServiceAccount, a Deployment (RFC 1123 subdomain). */
export function dnsSubdomainProblem(name: string): string | undefined {
  return name.length <= 253 && DNS_SUBDOMAIN.test(name)
    ? undefined
    : "is not a lower-case DNS subdomain of at most 253 letters, digits, '-' and '.'";
}

/** Any name of a PostgreSQL object that the providers quote: what is left to refuse is what cannot be quoted. */
export function sqlNameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (hasControl(name)) return "holds a control character or a lone surrogate";
  // zclconf/go-cty, cty.StringVal: the server would be asked for another name.
  if (name !== name.normalize("NFC"))
    return "is not in Unicode's normal form C, into which Terraform brings every string";
  const bytes = Buffer.byteLength(name);
  if (bytes > 63) return `is ${bytes} bytes long: PostgreSQL cuts names at 63 bytes, and two long names could meet`;
  return undefined;
}

/** A table or sequence: the postgresql provider reads `(` as the start of a function's arguments. */
export function relationNameProblem(name: string): string | undefined {
  return (
    sqlNameProblem(name) ??
    (name.includes("(") ? "holds '(', which the postgresql provider takes for a function's arguments" : undefined)
  );
}

const FUNCTION_SIGNATURE = /^([^()]+)\(([a-zA-Z0-9_ ,[\]]*)\)$/;

/** A function, by name, or by name and argument types: `f` or `f(integer, text)`. */
export function functionNameProblem(name: string): string | undefined {
  const signature = FUNCTION_SIGNATURE.exec(name);
  if (signature) return sqlNameProblem(signature[1]);
  return relationNameProblem(name);
}

/** A database or role: it also ends in Vault statements and URLs, where `;` splits and `{{…}}` is replaced. */
export function databaseNameProblem(name: string): string | undefined {
  const problem = sqlNameProblem(name);
  if (problem) return problem;
  if (/[;'"\\%?#/&@]|\{\{|\}\}/.test(name))
    return "holds one of ; ' \" \\ % ? # / & @ {{ }}, which Vault's statements or the providers' URLs cannot carry";
  if (/^pg_/i.test(name)) return "starts with pg_, which PostgreSQL keeps for itself";
  return undefined;
}

/** A Vault mount path: lower case, since Vault compares policies by the byte, and free of glob characters. */
export function mountPathProblem(path: string): string | undefined {
  return /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/.test(path) && path.length <= 200
    ? undefined
    : "is not a path of lower-case letters, digits, '_' and '-', parts divided by single '/', without one at either end";
}

/** A secret's name in the injector's annotations: `agent-inject-template-` leaves 41 of the 63 characters of a key. */
export function secretNameProblem(name: string): string | undefined {
  if (!/^[a-z0-9]([-a-z0-9._]*[a-z0-9])?$/.test(name))
    return "is not made of lower-case letters, digits, '-', '_' and '.', starting and ending with a letter or digit";
  if (name.length > 41) return `is ${name.length} characters long: an annotation key leaves room for 41`;
  if (name.startsWith("file-")) return "starts with 'file-', which the injector takes for another annotation";
  return undefined;
}

function hasControl(name: string): boolean {
  for (const char of name) {
    const code = char.codePointAt(0) as number;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code <= 0xdfff)) return true;
    if (code === 0x2028 || code === 0x2029) return true;
  }
  return false;
}
