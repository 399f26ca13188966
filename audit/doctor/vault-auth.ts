import { createHash, createPublicKey } from "node:crypto";
import { AccessGraph, DatabaseNode, IdentityNode } from "../../access/model/graph";
import { identityId } from "../../access/model/names";
import type { EffectiveFinding } from "../effective/finding";
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
): Promise<{ findings: EffectiveFinding[]; notChecked: string[] }> {
  const findings: EffectiveFinding[] = [];
  const notChecked: string[] = [];
  const first = new Map<string, DatabaseNode>();
  const identities = new Map(graph.identities.map((identity) => [identity.authPath, identity]));
  for (const database of databases)
    for (const { identity } of graph.edges.filter(({ mountPath }) => mountPath === database.mountPath))
      for (const { key, authPath } of graph.identities)
        if (identityId(key) === identity && !first.has(authPath)) first.set(authPath, database);
  for (const [authPath, database] of first) {
    const path = `auth/${authPath}/config`;
    let config: Fields | undefined;
    try {
      config = await vault.get(path);
    } catch (error) {
      if (!(error instanceof VaultDenied)) throw error;
      notChecked.push(
        `${path}: the token may not read it; \`leasehold doctor --needs\` prints the policy that suffices`,
      );
      continue;
    }
    const { tokenIssuer, issuerKeys, authHost: wanted } = identities.get(authPath) as IdentityNode;
    if (tokenIssuer !== undefined) {
      const differs = await issuerConfig(config, { tokenIssuer, issuerKeys });
      if (issuerKeys === undefined)
        notChecked.push(`${path}: whose keys these are: another program configures it; ${show(keysOf(config))}`);
      else notChecked.push(`${path}: whether the keys of ${tokenIssuer} are the cluster's alone, and what serves them`);
      for (const { name, said, is } of differs)
        findings.push(
          finding(database, [authPath], {
            code: "auth-config-differs",
            object: { kind: "vault path", name: `${name} of ${path}` },
            declared: `${name} ${show(said)} of ${path}`,
            effective: config ? show(is) : "there is no configuration",
            why: `${BY_HAND}: whoever has the private half of a key says who a pod is`,
            fix: APPLY,
          }),
        );
      continue;
    }
    const { kubernetes_host: host, kubernetes_ca_cert: ca, disable_local_ca_jwt: own, ...rest } = config ?? {};
    notChecked.push(
      `${path}: ${wanted === undefined ? `whether ${String(host)}, which says who a pod is, is the cluster's API server` : `what ${String(host)}, which says who a pod is, leads to`}${ca ? ", and the CA that it gives" : ""}${own === true ? "; pods review their own tokens" : ""}`,
    );
    const declared: Fields = wanted === undefined ? {} : { kubernetes_host: wanted };
    for (const [name, value] of differing(declared, wanted === undefined ? rest : { ...rest, kubernetes_host: host }))
      findings.push(
        finding(database, [authPath], {
          code: "auth-config-differs",
          object: { kind: "vault path", name: `${name} of ${path}` },
          declared: `${name} ${show(declared[name])} of ${path}`,
          effective: config ? show(value) : "there is no configuration",
          why: `${BY_HAND}: keys, a reviewer or an issuer of somebody else's say who a pod is`,
          fix: APPLY,
        }),
      );
  }
  return { findings, notChecked };
}

/** The keys by which a JWT auth method knows tokens, as the report names them. */
function keysOf(config: Fields | undefined): string[] {
  const { jwt_validation_pubkeys: pems, jwks_url: url, jwks_ca_pem: ca } = config ?? {};
  const keys = (Array.isArray(pems) ? pems : []).map((pem: unknown) => {
    try {
      const der = createPublicKey(String(pem)).export({ type: "spki", format: "der" });
      return `sha256:${createHash("sha256").update(der).digest("hex")}`;
    } catch {
      return "not a public key";
    }
  });
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
  const fetched = typeof url === "string" && url !== "" ? [url] : [];
  return [
    ...keys,
    ...fetched.map((one) =>
      [one, ...(typeof ca === "string" && ca !== "" ? [`CA sha256:${digest(ca)}`] : [])].join(", "),
    ),
  ].sort();
}

/** What lets in others than the issuer's tokens. Names of the fields are Vault's, and of one that it only has later, too. */
function issuerConfig(
  config: Fields | undefined,
  { tokenIssuer, issuerKeys }: Pick<IdentityNode, "tokenIssuer" | "issuerKeys">,
): { name: string; said?: unknown; is: unknown }[] {
  const { jwt_validation_pubkeys: _, jwks_url: __, jwks_ca_pem: ___, ...rest } = config ?? {};
  const wanted = { bound_issuer: tokenIssuer };
  // How a login in a browser tells its namespace; there is none.
  const fields = differing(wanted, rest, ["namespace_in_state"]).map(([name, is]) => ({
    name,
    said: (wanted as Fields)[name],
    is,
  }));
  const [said, is] = [[...(issuerKeys ?? [])].sort(), keysOf(config)];
  const same = issuerKeys === undefined || JSON.stringify(said) === JSON.stringify(is);
  return [...fields, ...(same ? [] : [{ name: "keys", said, is }])];
}
