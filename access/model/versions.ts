/** The Vault that every test runs, and that the chart installs unless a program says otherwise: what is tried is what is deployed. */
export const VAULT_VERSION = "1.21.1";

/** Agents of these need IPC_LOCK and cannot start once all capabilities are dropped, as the injector does (Vault changelog, ipc_lock). */
export const BROKEN_AGENT_VERSIONS: readonly string[] = ["1.19.17", "1.20.11", "1.21.6", "2.0.1"];
