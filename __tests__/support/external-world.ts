import { Program, Rehearsal, RehearsalState, VaultServer } from "../../bench";

const PASSWORD = "of-the-admin";

/** What the owner of an external server does once, as docs/existing-database.md has it. */
export const ADMIN_SQL = `
  CREATE ROLE leasehold_admin LOGIN CREATEROLE CREATEDB PASSWORD '${PASSWORD}'; GRANT pg_signal_backend TO leasehold_admin;
  ALTER ROLE leasehold_admin SET search_path = pg_catalog; REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
  GRANT CONNECT ON DATABASE postgres TO leasehold_admin`;

/** A real Vault and PostgreSQL servers, and no cluster: for programs without workloads. */
export interface ExternalWorld {
  readonly vault: VaultServer;
  readonly state: RehearsalState;
  /** @default the root token */
  readonly token?: string;
  readonly postgres: (endpoint: { host: string; port: number }) => { host: string; port: number };
}

/** An engine that rehearses there. */
export function engineOf({ vault, token, state, postgres }: ExternalWorld): Rehearsal {
  return new Rehearsal(
    {
      vault: { address: vault.address, token: token ?? vault.rootToken },
      kubernetes: { request: () => Promise.reject(new Error("no cluster in this test")) },
      postgres,
    },
    { onHelmRelease: () => Promise.resolve() },
    { state },
  );
}

/**
 * Applies every stack; the admin's password is put into KV by hand after `config`, as the documentation says.
 * @param after what else is done by hand after a stack
 */
export async function applyAll(
  program: Program,
  world: ExternalWorld,
  after: Readonly<Record<string, () => Promise<unknown>>> = {},
): Promise<void> {
  for (const { name } of program.stacks) {
    await engineOf(world).apply(program, { stacks: [name] });
    if (name === "config") await putAdmin(world);
    await after[name]?.();
  }
}

/** The admin's password, which a person puts into KV once the stack `config` is applied. */
export async function putAdmin({ vault }: ExternalWorld): Promise<void> {
  const data = { username: "leasehold_admin", password: PASSWORD };
  await vault.request("POST", "leasehold/data/postgres/main/admin", { data });
}
