import type { AccessGraph, EdgeNode, IdentityNode } from "../../access/model/graph";
import { identityId } from "../../access/model/names";
import type { VaultWriter } from "../doctor/vault";

/** What one identity holds in Vault, by name. */
export interface Holding {
  readonly identity: string;
  readonly authPath: string;
  readonly authRole: string;
  /** Paths below which its leases are. */
  readonly leases: readonly string[];
}

/** What was revoked of it. */
export interface Revoked extends Holding {
  readonly tokens: number;
  /** Leases that Vault had before; each has ended its sessions in the database. */
  readonly ended: number;
  /** Its auth role was taken away: nobody logs in as it until the next apply. */
  readonly lockedOut: boolean;
}

/** What the identities of the graph hold. */
export function holdingsOf(graph: AccessGraph, identities: readonly IdentityNode[]): Holding[] {
  return identities.map(({ key, authPath, authRole }) => {
    const identity = identityId(key);
    const path = ({ mountPath, databaseRole }: EdgeNode): string => `${mountPath}/creds/${databaseRole}`;
    const leases = graph.edges.filter((edge) => edge.identity === identity).map(path);
    return { identity, authPath, authRole, leases: [...new Set(leases)].sort() };
  });
}

export interface RevokeOptions {
  readonly vault: VaultWriter;
  readonly lockOut: boolean;
  /** Told of each step before it is made. */
  readonly progress: (line: string) => void;
}

/**
 * Revokes everything that an identity holds: its tokens, and its leases, which ends their sessions.
 *
 * First nobody new comes in, then the tokens go, by which leases are made and renewed, then the leases. A second look finds what
 * was made meanwhile.
 *
 * @throws when Vault refuses something, or when something is left: then it was not done
 */
export async function revoke(holding: Holding, { vault, lockOut, progress }: RevokeOptions): Promise<Revoked> {
  const { identity, authPath, authRole } = holding;
  // Who may not do all of it does none of it.
  for (const path of holding.leases) await vault.list(`sys/leases/lookup/${path}`);
  if (lockOut) {
    progress(`${identity}: takes the auth role auth/${authPath}/role/${authRole} away`);
    await vault.remove(`auth/${authPath}/role/${authRole}`);
  }
  let tokens = 0;
  // By name, since one whose revocation goes on while this looks would count twice.
  const ended = new Set<string>();
  // Without the lock a pod may log in again at any time: what it then holds is not what was asked about.
  for (let round = 0; round < (lockOut ? 2 : 1); round += 1) {
    // Looked at before the tokens go: Vault revokes a token's leases with it, by itself, and may be done first.
    const held = await Promise.all(holding.leases.map((path) => vault.list(`sys/leases/lookup/${path}`)));
    holding.leases.forEach((path, i) => (held[i] as string[]).forEach((lease) => ended.add(`${path}/${lease}`)));
    const accessors = await tokensOf(vault, holding);
    progress(`${identity}: tokens to revoke: ${accessors.length}`);
    for (const accessor of accessors) await vault.put("auth/token/revoke-accessor", { accessor });
    tokens += accessors.length;
    for (const [i, path] of holding.leases.entries()) {
      progress(`${identity}: leases of ${path} to revoke: ${(held[i] as string[]).length}`);
      // Waits until the database has answered; the revocation of a token does not.
      await vault.put(`sys/leases/revoke-prefix/${path}`, { sync: true });
    }
  }
  if (lockOut) await checkGone(vault, holding);
  return { ...holding, tokens, ended: ended.size, lockedOut: lockOut };
}

async function checkGone(vault: VaultWriter, holding: Holding): Promise<void> {
  const left = [
    ...(await tokensOf(vault, holding)).map(() => "a token"),
    ...(
      await Promise.all(
        holding.leases.map(async (path) =>
          (await vault.list(`sys/leases/lookup/${path}`)).length ? [`leases of ${path}`] : [],
        ),
      )
    ).flat(),
  ];
  if (left.length > 0)
    throw new Error(`${holding.identity} still holds ${left.join(", ")}: run it again, and see what made them`);
}

/** Accessors of the tokens that were got by logging in with the identity's auth role. */
async function tokensOf(vault: VaultWriter, { authPath, authRole }: Holding): Promise<string[]> {
  const found: string[] = [];
  for (const accessor of await vault.list("auth/token/accessors")) {
    // A token that ends meanwhile is not counted.
    const token = await vault.put("auth/token/lookup-accessor", { accessor }).catch((error: Error) => {
      if (/invalid accessor|status 40[03].*bad token|status 404/.test(error.message)) return undefined;
      throw error;
    });
    const { path, meta } = (token ?? {}) as { path?: string; meta?: { role?: string } | null };
    if (path === `auth/${authPath}/login` && meta?.role === authRole) found.push(accessor);
  }
  return found;
}

/** The policy of who may revoke what these hold. */
export function revokeNeeds(holdings: readonly Holding[]): string {
  const rule = (path: string, ...capabilities: string[]): string =>
    `path ${JSON.stringify(path)} { capabilities = ${JSON.stringify(capabilities)} }\n`;
  const rules = [
    rule("auth/token/accessors", "list", "sudo"),
    rule("auth/token/lookup-accessor", "update"),
    rule("auth/token/revoke-accessor", "update"),
    ...holdings.flatMap(({ authPath, authRole, leases }) => [
      rule(`auth/${authPath}/role/${authRole}`, "delete"),
      ...leases.flatMap((path) => [
        rule(`sys/leases/lookup/${path}`, "list", "sudo"),
        rule(`sys/leases/revoke-prefix/${path}`, "update", "sudo"),
      ]),
    ]),
  ];
  return [...new Set(rules)].join("");
}
