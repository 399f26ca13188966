import { AccessGraph, DatabaseNode, IdentityNode } from "../../access/model/graph";
import { fetchedKeysName, givenKeyName } from "../../access/model/issuer-keys";
import { identityId } from "../../access/model/names";
import type { EffectiveFinding } from "../effective/finding";
import type { Looked } from "./looked";
import { VaultDenied, VaultReader } from "./vault";
import { APPLY, BY_HAND, differing, Fields, finding, show } from "./vault-fields";

/** The auth roles of the identities that have an edge in this database, and are this program's. */
export async function checkAuthRoles(
  vault: VaultReader,
  graph: AccessGraph,
  database: DatabaseNode,
): Promise<EffectiveFinding[]> {
  const findings: EffectiveFinding[] = [];
  for (const identity of graph.identities.filter(({ external }) => !external)) {
    const id = identityId(identity.key);
    if (!graph.edges.some((edge) => edge.identity === id && edge.mountPath === database.mountPath)) continue;
    const path = `auth/${identity.authPath}/role/${identity.authRole}`;
    const role = await vault.get(path);
    const wanted = authRole(graph, identity, id);
    const found = Object.fromEntries(
      Object.entries(role ?? {}).map(([name, value]) => [name, Array.isArray(value) ? [...value].sort() : value]),
    );
    for (const [name, value] of differing(wanted, found))
      findings.push(
        finding(database, [id], {
          code: "auth-role-differs",
          object: { kind: "vault path", name: `${name} of ${path}` },
          declared: `${name} ${show(wanted[name])} of ${path}`,
          effective: role ? show(value) : "there is no such role",
          why: BY_HAND,
          fix: APPLY,
        }),
      );
  }
  return findings;
}

function authRole(graph: AccessGraph, identity: IdentityNode, id: string): Fields {
  const policies = graph.edges.filter((edge) => edge.identity === id).map(({ policy }) => policy);
  const { namespace, serviceAccount } = identity.key;
  const token = {
    token_ttl: identity.tokenTtl,
    token_max_ttl: identity.tokenMaxTtl,
    token_policies: [...new Set([...identity.policies, ...policies])].sort(),
    token_type: "default",
  };
  if (identity.tokenIssuer === undefined)
    return {
      ...token,
      bound_service_account_names: [serviceAccount],
      bound_service_account_namespaces: [namespace],
      audience: identity.audience,
      alias_name_source: "serviceaccount_uid",
    };
  return {
    ...token,
    role_type: "jwt",
    bound_audiences: [identity.audience],
    bound_subject: `system:serviceaccount:${namespace}:${serviceAccount}`,
    bound_claims_type: "string",
    user_claim: "/kubernetes.io/serviceaccount/uid",
    user_claim_json_pointer: true,
    // A minute, as WorkloadIdentity writes it; and no leeway for tokens that do not say when they end.
    clock_skew_leeway: 60,
    expiration_leeway: -1,
    not_before_leeway: -1,
  };
}

/** The configuration of the auth methods: what would let somebody else than the cluster say who a pod is. */
export async function checkAuthConfigs(
  vault: VaultReader,
  graph: AccessGraph,
  databases: readonly DatabaseNode[],
): Promise<Looked> {
  const looked: Looked = { findings: [], notChecked: [] };
  const identities = new Map(graph.identities.map((identity) => [identity.authPath, identity]));
  for (const [authPath, database] of databaseByAuthPath(graph, databases)) {
    const path = `auth/${authPath}/config`;
    let config: Fields | undefined;
    try {
      config = await vault.get(path);
    } catch (error) {
      if (!(error instanceof VaultDenied)) throw error;
      looked.notChecked.push(
        `${path}: the token may not read it; \`leasehold doctor --needs\` prints the policy that suffices`,
      );
      continue;
    }
    const identity = identities.get(authPath) as IdentityNode;
    const { differences, why, notChecked } =
      identity.tokenIssuer === undefined
        ? reviewerConfig(config, path, identity)
        : issuerConfig(config, path, { ...identity, tokenIssuer: identity.tokenIssuer });
    looked.notChecked.push(...notChecked);
    for (const { name, said, is } of differences)
      looked.findings.push(
        finding(database, [authPath], {
          code: "auth-config-differs",
          object: { kind: "vault path", name: `${name} of ${path}` },
          declared: `${name} ${show(said)} of ${path}`,
          effective: config ? show(is) : "there is no configuration",
          why: `${BY_HAND}: ${why}`,
          fix: APPLY,
        }),
      );
  }
  return looked;
}

/** The auth methods of these databases' identities, each with the first database that somebody reaches through it. */
function databaseByAuthPath(graph: AccessGraph, databases: readonly DatabaseNode[]): Map<string, DatabaseNode> {
  const first = new Map<string, DatabaseNode>();
  for (const database of databases)
    for (const { identity } of graph.edges.filter(({ mountPath }) => mountPath === database.mountPath))
      for (const { key, authPath } of graph.identities)
        if (identityId(key) === identity && !first.has(authPath)) first.set(authPath, database);
  return first;
}

/** How a configuration differs from the declared one, and what of it the report cannot tell. */
interface ConfigDifferences {
  readonly differences: readonly { readonly name: string; readonly said?: unknown; readonly is: unknown }[];
  /** Why such a difference matters. */
  readonly why: string;
  readonly notChecked: readonly string[];
}

/** Kubernetes auth: Vault asks an API server who a pod is. */
function reviewerConfig(config: Fields | undefined, path: string, { authHost }: IdentityNode): ConfigDifferences {
  const { kubernetes_host: host, kubernetes_ca_cert: ca, disable_local_ca_jwt: own, ...rest } = config ?? {};
  const unknown =
    authHost === undefined
      ? `whether ${String(host)}, which says who a pod is, is the cluster's API server`
      : `what ${String(host)}, which says who a pod is, leads to`;
  const declared: Fields = authHost === undefined ? {} : { kubernetes_host: authHost };
  const found = authHost === undefined ? rest : { ...rest, kubernetes_host: host };
  return {
    differences: differing(declared, found).map(([name, is]) => ({ name, said: declared[name], is })),
    why: "keys, a reviewer or an issuer of somebody else's say who a pod is",
    notChecked: [
      `${path}: ${unknown}${ca ? ", and the CA that it gives" : ""}${own === true ? "; pods review their own tokens" : ""}`,
    ],
  };
}

/** JWT auth: Vault knows the tokens by the keys of their issuer. */
function issuerConfig(
  config: Fields | undefined,
  path: string,
  { tokenIssuer, issuerKeys }: IdentityNode & { readonly tokenIssuer: string },
): ConfigDifferences {
  // The keys are compared as a set, below.
  const { jwt_validation_pubkeys: _, jwks_url: __, jwks_ca_pem: ___, ...rest } = config ?? {};
  const declared: Fields = { bound_issuer: tokenIssuer };
  // How a login in a browser tells its namespace; there is none.
  const fields = differing(declared, rest, ["namespace_in_state"]);
  const [said, is] = [[...(issuerKeys ?? [])].sort(), keysOf(config)];
  const sameKeys = issuerKeys === undefined || JSON.stringify(said) === JSON.stringify(is);
  return {
    differences: [
      ...fields.map(([name, found]) => ({ name, said: declared[name], is: found })),
      ...(sameKeys ? [] : [{ name: "keys", said, is }]),
    ],
    why: "whoever has the private half of a key says who a pod is",
    notChecked: [
      issuerKeys === undefined
        ? `${path}: whose keys these are: another program configures it; ${show(is)}`
        : `${path}: whether the keys of ${tokenIssuer} are the cluster's alone, and what serves them`,
    ],
  };
}

/** The keys by which a JWT auth method knows tokens, as the report names them. */
function keysOf(config: Fields | undefined): string[] {
  const { jwt_validation_pubkeys: pems, jwks_url: url, jwks_ca_pem: ca } = config ?? {};
  const keys = (Array.isArray(pems) ? pems : []).map((pem: unknown) => {
    try {
      return givenKeyName(String(pem));
    } catch {
      return "not a public key";
    }
  });
  const fetched = typeof url === "string" && url !== "" ? [url] : [];
  return [
    ...keys,
    ...fetched.map((one) => fetchedKeysName(one, typeof ca === "string" && ca !== "" ? ca : undefined)),
  ].sort();
}
