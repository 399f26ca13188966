/** A path of Vault: its template in Vault's own description of itself, and one that stands for all. */
export interface VaultPath {
  readonly described: string;
  readonly live: string;
  /** The file of audit/doctor that reads it. */
  readonly check: string;
  /** Fields that are compared, whatever they are: one that the program does not set has to be empty. */
  readonly read: string;
  /** Fields that are not, and why. */
  readonly not: Readonly<Record<string, string>>;
}

/** Every field of the paths that say who gets a login. vault.test.ts takes them from a Vault: what it is asked with, and what it answers. */
export const VAULT_FIELDS: readonly VaultPath[] = [
  {
    described: "/auth/kubernetes-eu/role/{name}",
    live: "auth/kubernetes-eu/role/shop.web",
    check: "vault-auth.ts",
    read: "alias_name_source audience bound_service_account_names bound_service_account_namespace_selector bound_service_account_namespaces token_bound_cidrs token_explicit_max_ttl token_max_ttl token_no_default_policy token_num_uses token_period token_policies token_ttl token_type",
    not: {
      "older names of the same; Vault answers with the new one": "bound_cidrs max_ttl num_uses period policies ttl",
    },
  },
  {
    described: "/auth/kubernetes-eu/config",
    live: "auth/kubernetes-eu/config",
    check: "vault-auth.ts",
    read: "disable_iss_validation issuer kubernetes_host pem_keys token_reviewer_jwt_set use_annotations_as_alias_metadata",
    not: {
      "said in each run, for who knows: by which CA the server is known that says who a pod is":
        "kubernetes_ca_cert disable_local_ca_jwt",
      "Vault answers only whether it is set": "token_reviewer_jwt",
    },
  },
  {
    described: "/database/main/shop/config/{name}",
    live: "database/main/shop/config/postgresql",
    check: "vault-connection.ts",
    read: "allowed_roles connection_url disable_automated_rotation disable_escaping password_authentication password_policy plugin_name plugin_version root_credentials_rotate_statements rotation_period rotation_schedule rotation_window skip_static_role_import_rotation username username_template verify_connection",
    not: {
      "how many connections Vault keeps": "max_connection_lifetime max_idle_connections max_open_connections",
      "Vault answers with root_credentials_rotate_statements": "root_rotation_statements",
    },
  },
  {
    described: "/database/main/shop/roles/{name}",
    live: "database/main/shop/roles/eu.shop.web",
    check: "vault-secrets-mount.ts",
    read: "creation_statements credential_config credential_type db_name default_ttl max_ttl renew_statements revocation_statements rollback_statements",
    not: {},
  },
  {
    described: "/sys/mounts/{path}/tune",
    live: "sys/mounts/database/main/shop/tune",
    check: "vault-mounts.ts",
    read: "allowed_managed_keys allowed_response_headers audit_non_hmac_request_keys audit_non_hmac_response_keys delegated_auth_accessors identity_token_key options passthrough_request_headers plugin_version token_type trim_request_trailing_slashes user_lockout_config",
    not: {
      "times of each role and each auth role are compared": "default_lease_ttl max_lease_ttl",
      "how Vault keeps it, and who is shown that it is there": "force_no_cache listing_visibility",
      words: "description",
    },
  },
  {
    described: "/sys/audit/{path}",
    live: "",
    check: "vault-mounts.ts",
    read: "options type",
    not: { words: "description", "on one node alone, or on all": "local" },
  },
  {
    described: "/sys/policies/acl/{name}",
    live: "sys/policies/acl/leasehold_eu_shop_web_database.main.shop",
    check: "vault-secrets-mount.ts",
    read: "policy",
    not: { "it is asked for by it": "name" },
  },
  {
    described: "/identity/entity/id/{id}",
    live: "",
    check: "vault-holders.ts",
    read: "policies name",
    not: {
      "less than before": "disabled",
      "words, which policies in braces may name; their paths are taken as any": "metadata",
    },
  },
  {
    described: "/identity/group/id/{id}",
    live: "",
    check: "vault-holders.ts",
    read: "policies name",
    not: {
      "who is in a group that has a policy of ours does not matter: the group is a finding":
        "member_entity_ids member_group_ids type",
      "words, which policies in braces may name; their paths are taken as any": "metadata",
    },
  },
  {
    described: "/auth/token/roles/{role_name}",
    live: "",
    check: "vault-holders.ts",
    read: "allowed_policies allowed_policies_glob",
    not: {
      "less than before":
        "disallowed_policies disallowed_policies_glob token_no_default_policy token_num_uses token_bound_cidrs bound_cidrs",
      "how long, where, and as whom a token is that has a policy of ours; that it may have one is a finding":
        "allowed_entity_aliases explicit_max_ttl orphan path_suffix period renewable token_explicit_max_ttl token_period token_type",
    },
  },
  {
    described: "/sys/quotas/rate-limit/{name}",
    live: "",
    check: "vault-system.ts",
    read: "interval path rate",
    not: {
      "which of the requests below its path it counts; that there is one is found":
        "block_interval group_by inheritable role secondary_rate type",
    },
  },
  {
    described: "/sys/quotas/config",
    live: "sys/quotas/config",
    check: "vault-system.ts",
    read: "absolute_rate_limit_exempt_paths rate_limit_exempt_paths",
    not: { "what is written of a refusal": "enable_rate_limit_audit_logging enable_rate_limit_response_headers" },
  },
  {
    described: "/identity/mfa/login-enforcement/{name}",
    live: "",
    check: "vault-system.ts",
    read: "auth_method_accessors auth_method_types identity_entity_ids identity_group_ids",
    not: { "which factor it is; a pod has none": "mfa_method_ids" },
  },
  {
    described: "/sys/config/auditing/request-headers/{header}",
    live: "",
    check: "vault-system.ts",
    read: "hmac",
    not: {},
  },
];
