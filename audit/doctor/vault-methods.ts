/** Where each kind of auth method has what it binds to policies: the path that lists, and the one below which each stands. */
export const BINDINGS: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  kubernetes: [["role", "role"]],
  approle: [["role", "role"]],
  jwt: [["role", "role"]],
  oidc: [["role", "role"]],
  azure: [["role", "role"]],
  oci: [["role", "role"]],
  saml: [["role", "role"]],
  aws: [["roles", "role"]],
  gcp: [["roles", "role"]],
  alicloud: [["roles", "role"]],
  cf: [["roles", "roles"]],
  token: [["roles", "roles"]],
  userpass: [["users", "users"]],
  radius: [["users", "users"]],
  ldap: [
    ["users", "users"],
    ["groups", "groups"],
  ],
  okta: [
    ["users", "users"],
    ["groups", "groups"],
  ],
  kerberos: [["groups", "groups"]],
  cert: [["certs", "certs"]],
  github: [
    ["map/teams", "map/teams"],
    ["map/users", "map/users"],
  ],
};

/** Kinds of auth method whose own configuration gives policies, to everybody who logs in there. */
export const GIVES_BY_CONFIG: Readonly<Record<string, string>> = {
  ldap: "config",
  okta: "config",
  radius: "config",
  github: "config",
  kerberos: "config/ldap",
};
