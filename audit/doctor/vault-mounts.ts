import type { AccessGraph, DatabaseNode } from "../../access/model/graph";
import { keyOf } from "../effective/comparison";
import type { VaultReader } from "./vault";
import { Looked, orDenied } from "./looked";

type Fields = Readonly<Record<string, unknown>>;

/** A mount of Vault, as `sys/mounts` and `sys/auth` list it. */
export interface Mount {
  readonly path: string;
  readonly type: string;
  readonly fields: Fields;
}

export function mountsOf(all: Fields): Mount[] {
  return Object.entries(all).flatMap(([path, fields]) => {
    const type = (fields as Fields | null)?.type;
    return typeof type === "string"
      ? [{ path: path.replace(/\/$/, ""), type: type.replace(/^ns_/, ""), fields: fields as Fields }]
      : [];
  });
}

/** Fields of a mount that are not compared here. `type`, `config` and `options` are compared by themselves; the others let nobody in. */
const NOT_READ = [
  "accessor",
  "uuid",
  "description",
  "deprecation_status",
  "running_plugin_version",
  "type",
  "config",
  "options",
];

/**
 * Settings that may differ. The times bound leases, and the times of each role are compared. In a mount that the program
 * made, every other setting is empty.
 */
const TUNABLE = ["default_lease_ttl", "max_lease_ttl", "force_no_cache", "listing_visibility"];

/** How our mounts and auth methods are tuned: a mount can be told to write passwords into the audit log, or to run another plugin. */
export async function findMountSettings(
  vault: VaultReader,
  looked: Looked,
  graph: AccessGraph,
  databases: readonly DatabaseNode[],
  methods: readonly Mount[],
): Promise<void> {
  const mounts = mountsOf((await orDenied(looked, "sys/mounts", () => vault.get("sys/mounts"))) ?? {});
  const find = (database: DatabaseNode, mount: Mount, type: string, where: string): void => {
    const set = ([name, value]: [string, unknown]): boolean =>
      !(value === null || value === "" || value === false || value === 0 || value === undefined) &&
      !(typeof value === "object" && Object.keys(value).length === 0) &&
      !(name === "token_type" && value === "default-service");
    const found = [
      ...(mount.type === type ? [] : [["type", mount.type] as [string, unknown]]),
      ...Object.entries(mount.fields).filter((field) => !NOT_READ.includes(field[0]) && set(field)),
      ...["config", "options"].flatMap((part) =>
        Object.entries((mount.fields[part] ?? {}) as Fields).filter(
          (field) => !TUNABLE.includes(field[0]) && set(field),
        ),
      ),
    ];
    for (const [name, value] of found)
      looked.findings.push({
        code: "mount-differs",
        severity: "error",
        database: keyOf(database),
        who: [mount.path],
        object: { kind: "vault path", name: `${name} of ${where}${mount.path}` },
        privileges: [],
        declared: name === "type" ? type : `no ${name}`,
        effective: JSON.stringify(value),
        why: "it was tuned or made anew by hand: what is written into the audit log, which plugin runs and what it is passed may be others",
        fix: `vault ${where === "" ? "secrets" : "auth"} tune, after you know who changed it`,
      });
  };
  sayOthers(looked, mounts, databases);
  for (const database of databases) {
    for (const mount of mounts.filter(({ path }) => path === database.mountPath)) find(database, mount, "database", "");
    const types = new Map(
      graph.identities.map(({ authPath, tokenIssuer }) => [authPath, tokenIssuer === undefined ? "kubernetes" : "jwt"]),
    );
    if (database === databases[0])
      for (const method of methods) {
        const type = types.get(method.path);
        if (type !== undefined) find(database, method, type, "auth/");
      }
  }
}

/** Types of mount that every Vault has. They give no access to PostgreSQL or Kubernetes. */
const OF_VAULT = ["system", "identity", "cubbyhole"];

/** Mounts that the report does not name. What they hold is not read, and they may lead to the same servers. */
function sayOthers(looked: Looked, mounts: readonly Mount[], databases: readonly DatabaseNode[]): void {
  const ours = new Set(databases.map(({ mountPath }) => mountPath));
  const others = mounts.filter(({ path, type }) => !ours.has(path) && !OF_VAULT.includes(type));
  if (others.length === 0) return;
  const names = others.map(({ path, type }) => `${path} (${type})`).sort();
  looked.notChecked.push(
    `Vault: what its other mounts hold and give: ${names.join(", ")}; one of type database may have a login to the same server, one of type kubernetes makes tokens of ServiceAccounts, and one of type kv may hold passwords`,
  );
}

/**
 * The audit devices, to which Vault writes each request and answer. One that writes secrets as they are shows each
 * login to whoever reads it. The others show no secret. Vault does not say who reads them.
 */
export async function findAuditDevices(
  vault: VaultReader,
  looked: Looked,
  databases: readonly DatabaseNode[],
): Promise<void> {
  const all = await orDenied(looked, "sys/audit", () => vault.get("sys/audit"));
  if (!all) return;
  const devices = Object.entries(all).filter(([, fields]) => typeof (fields as Fields | null)?.type === "string");
  for (const [name, fields] of devices) {
    const { log_raw: raw } = ((fields as Fields).options ?? {}) as Fields;
    if (raw !== undefined && String(raw) !== "false")
      looked.findings.push({
        code: "audit-device",
        severity: "error",
        database: keyOf(databases[0]),
        who: [name.replace(/\/$/, "")],
        object: { kind: "vault path", name: `log_raw of sys/audit/${name.replace(/\/$/, "")}` },
        privileges: [],
        declared: "audit devices write hashes of secrets",
        effective: `log_raw ${JSON.stringify(raw)}`,
        why: "somebody enabled it so: the password of each login, and each token, is written there as it is",
        fix: `vault audit disable ${name.replace(/\/$/, "")}, and enable it anew without log_raw`,
      });
  }
  const where = devices.map(([name, fields]) => {
    const { options, type } = fields as Fields;
    const { file_path: file, address } = (options ?? {}) as Fields;
    return `${name.replace(/\/$/, "")} (${[type, file ?? address].filter(Boolean).map(String).join(" ")})`;
  });
  looked.notChecked.push(
    where.length === 0
      ? "Vault: who read a login: it has no audit device"
      : `Vault: who reads what its audit devices write: ${where.sort().join(", ")}`,
  );
}
