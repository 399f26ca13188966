/** The parts of `docs/faults.md`, in their order. */
export const AREAS = [
  "A login ends, or cannot be had",
  "Vault is away",
  "PostgreSQL is away",
  "An apply or a destroy is stopped, or runs beside work",
  "Many at once",
] as const;

/** What breaks, what is promised then, and who has reported it of other ways to do this: one test each. */
export interface Row {
  readonly area: (typeof AREAS)[number];
  readonly breaks: string;
  readonly promise: string;
  /** Threads of public repositories, as `owner/name#number`. */
  readonly reported: readonly string[];
}

const [LOGINS, VAULT, POSTGRES, APPLIES, MANY] = AREAS;

const row = (area: Row["area"], breaks: string, promise: string, ...reported: string[]): Row => ({
  area,
  breaks,
  promise,
  reported,
});

/** In the order of `docs/faults.md`: along the way of a login, from the lease to the apply. */
export const MATRIX = {
  "session-open": row(
    LOGINS,
    "Sessions are open, idle, in a transaction and in a query, when their lease is revoked",
    "all ended within 2 s, and the role is dropped",
    "hashicorp/vault#699",
    "hashicorp/vault#8668",
    "cloudnative-pg/cloudnative-pg#11382",
  ),
  "owns-tables": row(
    LOGINS,
    "A role that owns tables is revoked",
    "the role is dropped; its tables and rows stay, owned by a role without rights",
    "hashicorp/vault#1857",
    "hashicorp/vault#1535",
    "backstage/backstage#16355",
  ),
  "migration-tables": row(
    LOGINS,
    "The login of a migration is revoked, and owns tables that it made without acting as the owner role",
    "the role is dropped; the tables and rows stay, owned by the owner role of the database",
    "PrefectHQ/prefect#11458",
    "nautobot/nautobot#4855",
  ),
  "dropped-by-hand": row(
    LOGINS,
    "A role was already dropped by hand when Vault revokes it",
    "Vault's revocation succeeds at once, and its lease is gone",
    "hashicorp/vault#3410",
    "hashicorp/vault#1994",
  ),
  "two-revocations": row(
    LOGINS,
    "Two revocations of one lease at once, by Vault and by a second client with Vault's login",
    "Vault's own ends well, at its first try or its second; no role, no session and no lease is left",
    "hashicorp/vault#1857",
    "cyrilgdn/terraform-provider-postgresql#178",
  ),
  "clock-ahead": row(
    LOGINS,
    "Vault's clock is 5 minutes ahead of PostgreSQL's (played: the expiration in the calls of Vault's login is shifted, no clock is)",
    "a login either ends at most 5 minutes late, and never later than its maximum and 60 s, or is refused with a message about clocks",
    "hashicorp/vault#597",
    "hashicorp/vault#28738",
  ),
  "clock-behind": row(
    LOGINS,
    "Vault's clock is 5 minutes behind PostgreSQL's (played in the same way)",
    "a login ends 5 minutes early, or is refused with a message about clocks; a renewal never shortens one",
    "hashicorp/vault#597",
  ),
  "lease-cap": row(
    LOGINS,
    "An identity reaches its cap of live leases",
    "the agent's log says which group has how many of how many; other identities are served; a revoked lease makes room",
    "hashicorp/vault#5475",
    "hashicorp/vault-k8s#210",
  ),
  "agent-killed": row(
    LOGINS,
    "The agent of a pod is killed with SIGKILL, and nobody revokes",
    "its open session is ended and its login dropped within its ttl and 2 s",
    "hashicorp/envconsul#176",
    "hashicorp/vault#6492",
  ),
  "vault-sealed-start": row(
    VAULT,
    "Vault is sealed when a pod starts",
    "its app is held back without a login, and starts by itself after the unseal",
    "hashicorp/vault-k8s#203",
    "hashicorp/vault#24253",
  ),
  "vault-killed-start": row(
    VAULT,
    "Vault was killed when a pod starts",
    "its app is held back without a login, and starts by itself after the restart",
    "hashicorp/vault-k8s#203",
    "hashicorp/vault#24253",
  ),
  "refused-start": row(
    LOGINS,
    "A pod starts while its login is refused, for longer than its agent's token may live",
    "its app is held back, and starts within 30 s of the cause's end, with one token and one login, which end with the pod; the agent's log says why it was refused",
    "hashicorp/vault-k8s#620",
  ),
  "vault-sealed": row(
    VAULT,
    "Vault is sealed for a part of a lease's time while an app connects",
    "no connection and no query fails",
    "hashicorp/vault-k8s#278",
    "hashicorp/vault#11076",
  ),
  "vault-killed": row(
    VAULT,
    "Vault is killed and restarted within a lease's time while an app connects",
    "no connection and no query fails",
    "hashicorp/vault-k8s#278",
    "hashicorp/vault#11076",
  ),
  "vault-restarted": row(
    VAULT,
    "Vault is restarted between a login and its first renewal",
    "the same login is renewed",
    "hashicorp/vault#12855",
    "hashicorp/vault-k8s#85",
  ),
  "postgres-crashed": row(
    POSTGRES,
    "PostgreSQL crashes and starts again in the middle of a lease",
    "the same login works again, and Vault, whose pooled connections are dead, issues the next login at its first try or its second",
    "hashicorp/vault#6792",
  ),
  "postgres-down-at-expiry": row(
    POSTGRES,
    "PostgreSQL is down when a lease ends, and Vault cannot revoke it",
    "its login is refused from the first moment on that PostgreSQL is back, though the role is still there",
    "hashicorp/vault#8602",
    "hashicorp/vault#3154",
    "hashicorp/vault#5968",
  ),
  "vault-dead-at-expiry": row(
    VAULT,
    "Vault is dead when a lease ends, and a session is open",
    "no login is admitted later than the 5 s that Vault adds to the lease's time; the open session lives until `SELECT lease.sweep('1000')`, which ends it and drops the roles; Vault clears its own leases when it is back",
    "hashicorp/vault#8602",
    "hashicorp/vault#699",
  ),
  "apply-stopped": row(
    APPLIES,
    "The first apply is stopped after each single change, and run again each time",
    "it comes to its end, one more apply changes nothing, and a pod starts",
    "hashicorp/terraform#24276",
    "hashicorp/terraform#20718",
    "cloudposse/docs#358",
  ),
  "password-change-stopped": row(
    APPLIES,
    "A change of the password of Vault's login is stopped after each single change, and run again each time; Vault connects anew at each stop",
    "logins of running pods work at every stop; at the end new ones are issued, and one more apply changes nothing",
    "hashicorp/terraform-provider-vault#2954",
    "hashicorp/terraform-provider-vault#1041",
  ),
  "root-rotation": row(
    APPLIES,
    "Vault's root password is rotated, then two more applies run",
    "both change nothing, and logins are still issued",
    "hashicorp/terraform-provider-vault#202",
    "hashicorp/terraform-provider-vault#1629",
    "upbound/provider-vault#38",
    "hashicorp/vault#6042",
  ),
  "column-added": row(
    APPLIES,
    "A column is added to a grant while an app connects and reads",
    "no connection and no query fails, and the running pod reads the column",
    "cyrilgdn/terraform-provider-postgresql#208",
    "cyrilgdn/terraform-provider-postgresql#178",
  ),
  "table-dropped": row(
    APPLIES,
    "A table is dropped before the grant on it is taken out of the program",
    "the apply says which grant; after `terraform state rm` of it the next apply ends well",
    "cyrilgdn/terraform-provider-postgresql#223",
  ),
  "destroy-live": row(
    APPLIES,
    "Everything is destroyed with live leases and open transactions",
    "no role, no session and no mount is left",
    "hashicorp/terraform-provider-vault#1546",
    "hashicorp/terraform-provider-vault#622",
    "hashicorp/vault#9420",
  ),
  "destroy-stopped": row(
    APPLIES,
    "A destroy with live leases is stopped after each single change, and run again each time",
    "it comes to its end; no role, no session and no mount is left",
    "hashicorp/vault#14296",
    "hashicorp/terraform#20344",
  ),
  "destroy-postgres-gone": row(
    APPLIES,
    "PostgreSQL is gone for good when everything is destroyed, with live leases",
    "the destroy says what it cannot reach; two named commands later it ends, and nothing is left in Vault",
    "hashicorp/vault#9420",
    "hashicorp/vault#4846",
  ),
  "restart-storm": row(
    MANY,
    "200 pods restart at once: each logs in to Vault with its ServiceAccount, gets a login, connects and stays connected (the requests of their agents, without 200 agent processes)",
    "all are served, with one connection per pod and Vault's own 4 at most",
    "hashicorp/vault#14531",
    "redhat-cop/vault-config-operator#138",
    "hashicorp/vault#29235",
  ),
  "ten-thousand": row(
    MANY,
    "10,000 leases are live on one server before PostgreSQL 16, 1,000 from 16 on, most of them of one identity, each issued by lease.issue",
    "no ACL has grown; before 16, issuing for another identity reads fewer pages of 8 kB than a fifth of that; its login is issued and used within 2 s, and revoked within 4 s",
    "hashicorp/vault#13388",
    "mitodl/ol-infrastructure#2650",
    "JiRaska/open-bank-oss#9689",
  ),
} as const satisfies Record<string, Row>;

export type Fault = keyof typeof MATRIX;
