/**
 * What Terraform's provider asks of Vault for each type of resource: the paths, and the capabilities that a policy must give.
 * Read from the provider that the bindings pin (hashicorp/vault 5.6.0, vault/resource_*.go and internal/provider/meta.go).
 */
export type Capability = "create" | "read" | "update" | "delete" | "list" | "sudo";

/** Requests to one path. */
export interface VaultCall {
  readonly path: string;
  /** To read what is there: a plan does it. */
  readonly plan: readonly Capability[];
  /** To make it, change it and take it away, beyond that. */
  readonly apply: readonly Capability[];
}

/** Text of an argument, whatever it refers to; throws when it is known only when Terraform runs. */
export type Arguments = (name: string, otherwise?: string) => string;

const call = (path: string, plan: readonly Capability[], apply: readonly Capability[] = []): VaultCall => ({
  path,
  plan,
  apply,
});

/** Whether a block is there, or a flag is set. */
type Says = (name: string) => boolean;
export type Calls = (argument: Arguments, says: Says) => readonly VaultCall[];

const mount = (path: string): VaultCall[] => [
  call(`sys/mounts/${path}`, ["read"], ["update", "delete"]),
  // A new description, and new times.
  call(`sys/mounts/${path}/tune`, [], ["update"]),
];

/** Vault wants sudo of whoever touches sys/auth. The provider reads a method where it does not: `api/sys_auth.go` of its client. */
const authMethod = (path: string): VaultCall[] => [
  call(`sys/auth/${path}`, [], ["update", "delete", "sudo"]),
  call(`sys/mounts/auth/${path}`, ["read"], []),
];

const entry = (mountPath: string, part: "data" | "metadata", name: string): string => `${mountPath}/${part}/${name}`;

export const RESOURCES: Readonly<Record<string, Calls>> = {
  vault_mount: (of) => mount(of("path")),
  vault_auth_backend: (of) => [
    ...authMethod(of("path", of("type"))),
    call(`sys/mounts/auth/${of("path", of("type"))}/tune`, ["read"], ["update"]),
  ],
  vault_kubernetes_auth_backend_config: (of) => [
    call(`auth/${of("backend", "kubernetes")}/config`, ["read"], ["update"]),
  ],
  vault_kubernetes_auth_backend_role: (of) => [
    call(`auth/${of("backend", "kubernetes")}/role/${of("role_name")}`, ["read"], ["create", "update", "delete"]),
  ],
  vault_jwt_auth_backend: (of, says) => [
    // The method, its configuration and how it is tuned are one resource; the provider reads all three.
    ...authMethod(of("path", "jwt")),
    call(`sys/mounts/auth/${of("path", "jwt")}/tune`, ["read"], says("tune") ? ["update"] : []),
    call(`auth/${of("path", "jwt")}/config`, ["read"], ["update"]),
  ],
  vault_jwt_auth_backend_role: (of) => [
    call(`auth/${of("backend", "jwt")}/role/${of("role_name")}`, ["read"], ["create", "update", "delete"]),
  ],
  vault_policy: (of) => [call(`sys/policies/acl/${of("name")}`, ["read"], ["update", "delete"])],
  vault_audit: (of) => [
    call("sys/audit", ["read", "sudo"]),
    call(`sys/audit/${of("path", of("type"))}`, [], ["update", "delete", "sudo"]),
  ],
  vault_database_secrets_mount: (of) => [
    ...mount(of("path")),
    call(`${of("path")}/config`, ["list"]),
    call(`${of("path")}/config/${of("postgresql.0.name")}`, ["read"], ["create", "update"]),
  ],
  vault_database_secret_backend_role: (of) => [
    call(`${of("backend")}/roles/${of("name")}`, ["read"], ["create", "update", "delete"]),
  ],
  vault_kv_secret_v2: (of, says) => [
    call(
      entry(of("mount"), "data", of("name")),
      says("disable_read") ? [] : ["read"],
      says("delete_all_versions") ? ["create", "update"] : ["create", "update", "delete"],
    ),
    // Metadata: read with each entry, and written where the program sets some.
    call(entry(of("mount"), "metadata", of("name")), says("disable_read") ? [] : ["read"], [
      // The entry exists by then.
      ...(says("custom_metadata") ? (["update"] as const) : []),
      ...(says("delete_all_versions") ? (["delete"] as const) : []),
    ]),
  ],
  vault_generic_endpoint: (of, says) => [
    call(of("path"), says("disable_read") ? [] : ["read"], [
      // A generic path may be anything. The one that rotates the password is a command.
      ...(of("path").includes("/rotate-root/") ? [] : (["create"] as const)),
      "update",
      ...(says("disable_delete") ? [] : (["delete"] as const)),
    ]),
  ],
};

/** Values that are there only while Terraform runs: a plan opens them, too. */
export const EPHEMERALS: Readonly<Record<string, Calls>> = {
  vault_kv_secret_v2: (of) => [call(entry(of("mount"), "data", of("name")), ["read"])],
};

/** What each run asks, whatever is in the stacks: it looks its own token up, and makes a short-lived child of it. */
export const EACH_RUN: readonly VaultCall[] = [
  call("auth/token/lookup-self", ["read"]),
  call("auth/token/create", ["update"]),
];
