/**
 * What a name may be, one pure function for each place that it ends in. It gives `undefined` when the name is fit, else
 * what is wrong with it, in words that continue "<name> …".
 *
 * No string is trusted: each ends in Terraform JSON, SQL, statements of Vault (which replaces `{{name}}` and splits at
 * `;`), agent templates, policy paths or annotation keys.
 */

import { holdsOtherToken, holdsToken } from "./cdktf-tokens";

/**
 * What no type allows, and what a program can pass all the same: a token of type `any`, such as an iterator's, or any
 * value from plain JavaScript.
 */
function notText(value: unknown): string | undefined {
  if (typeof value === "string") return undefined;
  return typeof value === "object" && value !== null && "resolve" in value
    ? "is a token of cdktf, whose value is known only when Terraform runs"
    : "is not a string";
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** A Kubernetes namespace, a container, or our name of a cluster (RFC 1123 label). */
export function dnsLabelProblem(name: string): string | undefined {
  const other = notText(name);
  if (other) return other;
  return DNS_LABEL.test(name) ? undefined : "is not a lower-case DNS label of at most 63 letters, digits and '-'";
}

/** A ServiceAccount, a Deployment (RFC 1123 subdomain). */
export function dnsSubdomainProblem(name: string): string | undefined {
  const other = notText(name);
  if (other) return other;
  return name.length <= 253 && DNS_SUBDOMAIN.test(name)
    ? undefined
    : "is not a lower-case DNS subdomain of at most 253 letters, digits, '-' and '.'";
}

/** What has a Service of its name: a label that begins with a letter (RFC 1035). */
export function serviceNameProblem(name: string): string | undefined {
  return dnsLabelProblem(name) ?? (/^[a-z]/.test(name) ? undefined : "begins with a digit, and its Service may not");
}

/** What has a StatefulSet of its name: a label of its pods is that name, a dash and ten more characters. */
export function statefulSetNameProblem(name: string): string | undefined {
  return (
    dnsLabelProblem(name) ??
    (name.length > 52 ? "is longer than 52 characters, and its StatefulSet could make no pod" : undefined)
  );
}

/** Namespaces in which the injector refuses every pod that asks for an agent (vault-k8s 1.7, agent-inject/handler.go). */
const NEVER_INJECTED = ["kube-public", "kube-system"];

/** A namespace whose pods are to have the agent. */
export function injectedNamespaceProblem(name: string): string | undefined {
  return (
    dnsLabelProblem(name) ??
    (NEVER_INJECTED.includes(name) ? "is one of Kubernetes' own, where the injector refuses every pod" : undefined)
  );
}

/** Any name of a PostgreSQL object that the providers quote: what is left to refuse is what cannot be quoted. */
export function sqlNameProblem(name: string): string | undefined {
  const other = notText(name);
  if (other) return other;
  if (name === "") return "is empty";
  if (hasControl(name)) return "holds a control character or a lone surrogate";
  const text = textProblem(name);
  if (text) return text;
  // A name is a part of other names, and of statements: it must be known now.
  if (holdsToken(name)) return "holds a token of cdktf, whose value is known only when Terraform runs";
  const bytes = Buffer.byteLength(name);
  if (bytes > 63) return `is ${bytes} bytes long: PostgreSQL cuts names at 63 bytes, and two long names could meet`;
  return undefined;
}

/** A schema to grant in. PostgreSQL's own ones belong to the superuser, and `lease` is where logins are made and ended. */
export function schemaNameProblem(name: string): string | undefined {
  return (
    sqlNameProblem(name) ??
    (/^pg_/.test(name) || name === "information_schema"
      ? "is PostgreSQL's own: only a superuser may grant in it, and everybody reads it already"
      : undefined) ??
    (name === "lease" ? "is Leasehold's own: who may execute its functions can make and end logins" : undefined)
  );
}

/** A table or sequence: the postgresql provider reads `(` as the start of a function's arguments. */
export function relationNameProblem(name: string): string | undefined {
  return (
    sqlNameProblem(name) ??
    (name.includes("(") ? "holds '(', which the postgresql provider takes for a function's arguments" : undefined)
  );
}

const LONG_TYPE =
  "double precision|(national )?(character|char) varying|bit varying|(timestamp|time) with(out)? time zone";
const TYPE = `(${LONG_TYPE}|[a-zA-Z_][a-zA-Z0-9_]*)(\\[\\])*`;
const FUNCTION_SIGNATURE = new RegExp(`^([^()]+)\\(((${TYPE})(, ?(${TYPE}))*)?\\)$`);

/** Words that PostgreSQL 18's parser takes for no type: found by asking it for each of its keywords. */
const NO_TYPES = new Set(
  (
    "all analyse analyze and any array as asc asymmetric between both case cast check coalesce collate column " +
    "constraint create current_catalog current_date current_role current_time current_timestamp current_user " +
    "default deferrable desc distinct do else end except exists extract false fetch for foreign from grant " +
    "greatest group grouping having in initially inout intersect into json_array json_arrayagg json_exists " +
    "json_object json_objectagg json_query json_scalar json_serialize json_table json_value lateral leading least " +
    "limit localtime localtimestamp merge_action national none normalize not null nullif offset on only or order " +
    "out overlay placing position precision primary references returning row select session_user setof some " +
    "substring symmetric system_user table then to trailing treat trim true union unique user using values " +
    "variadic when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces " +
    "xmlparse xmlpi xmlroot xmlserialize xmltable"
  ).split(" "),
);

/** A function, by name, or by name and argument types: `f` or `f(integer, text)`. */
export function functionNameProblem(name: string): string | undefined {
  const signature = FUNCTION_SIGNATURE.exec(name);
  if (signature) {
    const word = signature[2]?.split(/, ?/).find((type) => NO_TYPES.has(type.replace(/[[\]]/g, "").toLowerCase()));
    return word === undefined
      ? sqlNameProblem(signature[1])
      : `has an argument of the type ${word}, which is not a type`;
  }
  return relationNameProblem(name);
}

/** Databases that initdb makes. */
const OWN_DATABASES: readonly string[] = ["postgres", "template0", "template1"];

/** A database. What holds for a role's name holds for it, too; and the postgresql provider must read its lease functions back by it. */
export function databaseNameProblem(name: string): string | undefined {
  return (
    serverNameProblem(name) ??
    (OWN_DATABASES.includes(name)
      ? "is the server's own: tools connect to it, new databases are copied from it, and an apply cannot make it"
      : undefined) ??
    (isPrintable(name)
      ? undefined
      : "holds a character that does not show, which Vault refuses in the path of an entry") ??
    // resource_postgresql_function.go takes its own ids apart at every dot, and cannot read what it made.
    (name.includes(".") ? "holds '.', at which the postgresql provider takes the ids of functions apart" : undefined)
  );
}

/** It also ends in Vault statements and URLs, where `;` splits and `{{…}}` is replaced. */
function serverNameProblem(name: string): string | undefined {
  const problem = sqlNameProblem(name);
  if (problem) return problem;
  if (/[;'"\\%?#/&@]|\{\{|\}\}/.test(name))
    return "holds one of ; ' \" \\ % ? # / & @ {{ }}, which Vault's statements or the providers' URLs cannot carry";
  if (/^pg_/i.test(name)) return "starts with pg_, which PostgreSQL keeps for itself";
  if (name !== name.trim()) return "starts or ends with space, which libpq's service files cannot carry";
  return undefined;
}

/** A role that a program names. */
export function roleNameProblem(name: string): string | undefined {
  return serverNameProblem(name) ?? reservedRoleProblem(name);
}

/** A role in a statement of Vault. What a program names is held to more: it ends in URLs, too. */
export function statementRoleProblem(name: string): string | undefined {
  return (
    sqlNameProblem(name) ??
    (/;|\{\{|\}\}/.test(name)
      ? "holds one of ; {{ }}: Vault splits a statement at the first, and replaces what the others enclose"
      : undefined) ??
    reservedRoleProblem(name)
  );
}

/** PostgreSQL takes `public` for everybody and `none` for nobody, whatever quotes stand around it. */
function reservedRoleProblem(name: string): string | undefined {
  if (/^pg_/i.test(name)) return "starts with pg_, which PostgreSQL keeps for itself";
  return name === "public" || name === "none"
    ? "is not the name of a role: PostgreSQL takes it for everybody or nobody"
    : undefined;
}

/**
 * Any text that goes through Terraform as it is. Terraform's own strings are UTF-8 in normal form C (zclconf/go-cty,
 * cty.StringVal): what is not would be changed without a word.
 */
export function textProblem(text: string): string | undefined {
  const other = notText(text);
  if (other) return other;
  if (/\p{Cs}/u.test(text)) return "holds half of a surrogate pair, which is not valid Unicode";
  if (text !== text.normalize("NFC"))
    return "is not in Unicode's normal form C, into which Terraform brings every string";
  if (holdsOtherToken(text)) return "holds a token of cdktf that does not stand for a string";
  return undefined;
}

/** A path of Vault that exists already, such as an entry of a KV mount: anything that its clients do not change. */
export function vaultPathProblem(path: string): string | undefined {
  const other = notText(path);
  if (other) return other;
  const problem = textProblem(path);
  if (problem) return problem;
  if (!isPrintable(path) || /[*+?#%\\"]|\{\{|\}\}/.test(path) || path !== path.trim())
    return 'holds a character that does not show, space at an end, or one of * + ? # % \\ " {{ }}';
  // Vault's storage refuses two dots wherever they stand.
  if (path.includes("..") || path.split("/").some((part) => part === "" || part === "."))
    return "has an empty part, '.' or '..', or a '/' at an end";
  return undefined;
}

/** A policy that exists already. */
export function givenPolicyProblem(name: string): string | undefined {
  const problem = textProblem(name);
  if (problem) return problem;
  return name === "" || name === "root" || hasControl(name) || holdsToken(name) || /[,\s]|\.\./.test(name)
    ? "is empty, `root`, or holds a comma, space, '..', control character or token"
    : undefined;
}

const QUALIFIED_NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;

/** The key of a label or annotation: an optional DNS subdomain, and a name of at most 63 characters. */
export function metadataKeyProblem(key: string): string | undefined {
  const at = key.indexOf("/");
  const name = key.slice(at + 1);
  const prefixed = at < 0 || dnsSubdomainProblem(key.slice(0, at)) === undefined;
  return prefixed && name.length <= 63 && QUALIFIED_NAME.test(name)
    ? undefined
    : "is not a key that Kubernetes takes: letters, digits, '-', '_' and '.', at most 63, after a DNS subdomain and '/' or nothing";
}

/** Names that nobody has (RFC 2606 and 6761): an example has them where your own belong. */
export function placeholderProblem(host: unknown): string | undefined {
  if (typeof host !== "string") return undefined;
  return /(^|\.)(example\.(com|net|org)|example|test|invalid)\.?$/i.test(host)
    ? "is the place of an example: nothing answers there"
    : undefined;
}

/** The value of a label. */
export function labelValueProblem(value: string): string | undefined {
  return value === "" || (value.length <= 63 && QUALIFIED_NAME.test(value))
    ? undefined
    : "is not made of at most 63 letters, digits, '-', '_' and '.', starting and ending with a letter or digit";
}

/** An amount of storage, such as `10Gi`. */
export function quantityProblem(quantity: string): string | undefined {
  return /^[0-9]+(\.[0-9]+)?([kMGTPE]|[KMGTPE]i)?$/.test(quantity) ? undefined : 'is not an amount like "10Gi"';
}

/** What Vault mounts itself, and lets nobody mount in (vault/mount.go, protectedMounts). */
const RESERVED_MOUNTS = ["audit", "auth", "sys", "cubbyhole", "identity"];

/** A Vault mount path: lower case, since Vault compares policies by the byte, and free of glob characters. */
export function mountPathProblem(path: string): string | undefined {
  const problem = anyMountPathProblem(path);
  if (problem) return problem;
  const [first] = path.split("/");
  return RESERVED_MOUNTS.includes(first) ? `begins with ${first}, where Vault lets nobody mount anything` : undefined;
}

/** The path of an auth method, below `auth/`, where Vault's own is `token`. */
export function authPathProblem(path: string): string | undefined {
  const problem = anyMountPathProblem(path);
  if (problem) return problem;
  const [first] = path.split("/");
  if (first === "auth") return "begins with auth, which Vault adds itself";
  return first === "token" ? "begins with token, where Vault has its own auth method" : undefined;
}

function anyMountPathProblem(path: string): string | undefined {
  const other = notText(path);
  if (other) return other;
  return /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/.test(path) && path.length <= 200
    ? undefined
    : "is not a path of lower-case letters, digits, '_' and '-', parts divided by single '/', without one at either end";
}

/** Namespaces of Vault that no user can make: its own words. */
const RESERVED_NAMESPACES = ["root", "sys", "audit", "auth", "cubbyhole", "identity"];

/** A namespace of Vault, written as a path below the root namespace. */
export function vaultNamespaceProblem(namespace: string): string | undefined {
  const other = notText(namespace);
  if (other) return other;
  if (!/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(namespace) || namespace.length > 200)
    return "is not a path of letters, digits, '_' and '-', parts divided by single '/', without one at either end";
  const reserved = namespace.split("/").find((part) => RESERVED_NAMESPACES.includes(part));
  return reserved === undefined ? undefined : `has a part named ${reserved}, which Vault keeps for itself`;
}

/** A secret's name in the injector's annotations: `agent-inject-template-` leaves 41 of the 63 characters of a key. */
export function secretNameProblem(name: string): string | undefined {
  const other = notText(name);
  if (other) return other;
  if (!/^[a-z0-9]([-a-z0-9._]*[a-z0-9])?$/.test(name))
    return "is not made of lower-case letters, digits, '-', '_' and '.', starting and ending with a letter or digit";
  if (name.length > 41) return `is ${name.length} characters long: an annotation key leaves room for 41`;
  if (name.startsWith("file-")) return "starts with 'file-', which the injector takes for another annotation";
  return undefined;
}

/** Whether Vault takes it in the path of a request: Go's unicode.IsPrint, whose only space is the plain one. */
export function isPrintable(text: string): boolean {
  return !/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(text);
}

function hasControl(name: string): boolean {
  for (const char of name) {
    const code = char.codePointAt(0) as number;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code <= 0xdfff)) return true;
    if (code === 0x2028 || code === 0x2029) return true;
  }
  return false;
}
