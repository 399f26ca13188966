import { sha256 } from "./digest";
import { checkGiven } from "./given";

/**
 * Every name that Leasehold gives, as pure functions of who and where.
 *
 * Two programs in two repositories compute the same names from the same four strings. So these functions are public
 * API: a golden test pins them, and only a major version changes them. None depends on a construct path or on call
 * order.
 *
 * Kubernetes names hold no `_`, a namespace and a cluster name hold no `.`: the separators below are chosen so that
 * two different keys never give one name. Roles of our own start with `leasehold.`, which no cluster's name does.
 */

/** PostgreSQL cuts longer names without an error (NAMEDATALEN - 1). */
export const POSTGRES_NAME_BYTES = 63;

/** What kind an identity is of: a ServiceAccount of a Kubernetes cluster. Other kinds, such as pipelines, may follow. */
export type IdentityKind = "kubernetes";

/** Who: one Kubernetes ServiceAccount of one cluster. */
export interface IdentityKey {
  /** What kind of identity it is; no name is made from this. @default "kubernetes" */
  readonly kind?: IdentityKind;
  /** Name of the cluster as Leasehold knows it, a DNS label. */
  readonly cluster: string;
  /** The namespace in the cluster. */
  readonly namespace: string;
  /** Name of the ServiceAccount. */
  readonly serviceAccount: string;
}

const KEY_PARTS = ["cluster", "namespace", "serviceAccount"] as const;
const KEY_FIX = "give { cluster, namespace, serviceAccount }, such as the `key` of a WorkloadIdentity";

/** A name that is made of anything but texts would be the name of nobody. @throws Error for what plain JavaScript may give */
function checkTexts(parts: Readonly<Record<string, unknown>>): void {
  for (const [what, value] of Object.entries(parts))
    checkGiven(typeof value === "string", `\`${what}\` of a name`, value, "give a text");
}

function checkKey(key: Partial<IdentityKey>, parts: readonly (keyof IdentityKey)[] = KEY_PARTS): void {
  for (const part of parts) checkGiven(typeof key?.[part] === "string", "the key of an identity", key, KEY_FIX);
}

/** `cluster/namespace/serviceAccount`, for people and as a key of maps. */
export function identityId(key: IdentityKey): string {
  checkKey(key);
  return `${key.cluster}/${key.namespace}/${key.serviceAccount}`;
}

/** The NOLOGIN role that holds an identity's privileges in one database; unique in a PostgreSQL instance. */
export function groupRoleName(key: IdentityKey, database: string): string {
  checkKey(key);
  checkTexts({ database });
  return fit(`${key.cluster}_${key.namespace}_${key.serviceAccount}_${database}`);
}

/**
 * The NOLOGIN role, of which the group role is a member, that holds what was granted on all tables, sequences or
 * functions of a schema.
 *
 * It is a role of its own because a `postgresql_grant` without objects compares every table of the schema with its list
 * of privileges. It would undo the grants on single tables of the same role.
 */
export function schemaWideRoleName(key: IdentityKey, database: string): string {
  checkKey(key);
  checkTexts({ database });
  return fit(`leasehold.all_${key.cluster}_${key.namespace}_${key.serviceAccount}_${database}`);
}

/** The role of the Vault database secrets engine; unique in its mount. Vault refuses a `/` in it. */
export function databaseRoleName(key: IdentityKey): string {
  checkKey(key);
  return `${key.cluster}.${key.namespace}.${key.serviceAccount}`;
}

/** The role of the Kubernetes auth method; unique in its auth mount, of which each cluster has its own. */
export function authRoleName(key: Pick<IdentityKey, "namespace" | "serviceAccount">): string {
  checkKey(key, ["namespace", "serviceAccount"]);
  return `${key.namespace}.${key.serviceAccount}`;
}

/** The policy that lets an identity read its credentials of one mount; unique in Vault, lower case as Vault folds it. */
export function policyName(key: IdentityKey, mountPath: string): string {
  checkKey(key);
  checkTexts({ mountPath });
  return `leasehold_${key.cluster}_${key.namespace}_${key.serviceAccount}_${mountPath.replace(/\//g, ".")}`;
}

/** Default path of a database's secrets mount. */
export function mountPath(instance: string, database: string): string {
  checkTexts({ instance, database });
  return `database/${instance}/${database}`;
}

/** Name of the one connection of a database's secrets mount. */
export const CONNECTION_NAME = "postgresql";

/** The prefix of every leased login's name. */
export const LEASE_PREFIX = "v-";

/**
 * How Vault names the logins of a database role, at most 63 bytes long: prefix 2, role 40, dash 1, random 20. Never by the display name
 * of who asks: it is a stranger's text.
 */
export const LEASE_USERNAME_TEMPLATE = `${LEASE_PREFIX}{{.RoleName | truncate 40}}-{{random 20}}`;

/** The same without Vault. @param random 20 characters */
export function leaseUsername(databaseRole: string, random: string): string {
  return `${LEASE_PREFIX}${databaseRole.slice(0, 40)}-${random}`;
}

/** The login that Terraform uses, where the program names none. */
export const DEFAULT_ADMIN = "leasehold_admin";

/** Vault's own login in one database; it may execute the lease functions and nothing else. */
export function vaultLoginName(database: string): string {
  checkTexts({ database });
  return fit(`leasehold.vault_${database}`);
}

/** The powerless role that inherits what leases leave behind in one database. */
export function estateRoleName(database: string): string {
  checkTexts({ database });
  return fit(`leasehold.estate_${database}`);
}

/** Entry, under the bootstrap KV mount, of the password that Vault's own login starts with. */
export function vaultLoginEntry(instance: string, database: string): string {
  checkTexts({ instance, database });
  return `postgres/${instance}/${database}/vault`;
}

/** Entry, under the bootstrap KV mount, of the login that Terraform's postgresql provider uses. */
export function adminEntry(instance: string): string {
  checkTexts({ instance });
  return `postgres/${instance}/admin`;
}

/** Entry of the login that only plans, beside the admin's. */
export function plannerEntry(admin: string): string {
  return `${admin}-planner`;
}

/** The login that only plans, where nobody names another. */
export const DEFAULT_PLANNER = "leasehold_planner";

/** A name of at most 63 bytes: a longer one is cut and ends in 8 hex digits of the SHA-256 of the whole. */
function fit(name: string): string {
  if (Buffer.byteLength(name) <= POSTGRES_NAME_BYTES) return name;
  const hash = sha256(name).slice(0, 8);
  let cut = name;
  while (Buffer.byteLength(cut) > POSTGRES_NAME_BYTES - 9) cut = [...cut].slice(0, -1).join("");
  return `${cut}_${hash}`;
}

/** Name of the Vault policy by which the pods of a server that we make read its first password. */
export function firstPasswordPolicyName(instance: string): string {
  return `leasehold-postgres-${instance}`;
}
