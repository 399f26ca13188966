import { randomBytes } from "node:crypto";
import type { BenchPostgres } from "./bench-options";
import type { KubernetesObject, KubernetesServer } from "./servers/kubernetes";
import { makeAdmin } from "./servers/owner";
import type { StandIns } from "./stand-ins";
import type { VaultServer } from "./servers/vault";

/** What people do by hand beside a program: the admins of external servers. */
export class Operator {
  private readonly pending: Set<BenchPostgres>;

  constructor(
    servers: readonly BenchPostgres[],
    private readonly vault: VaultServer,
    private readonly standIns: StandIns,
  ) {
    this.pending = new Set(servers.filter(({ admin }) => admin));
  }

  /**
   * Makes the admin of each external server, and puts its password into KV, where the mount exists.
   * @returns the entries that were written
   */
  async operate(): Promise<string[]> {
    const written: string[] = [];
    const mounts = await this.vault.request("GET", "sys/mounts");
    for (const server of this.pending) {
      const { username, mount, path } = server.admin as NonNullable<BenchPostgres["admin"]>;
      if (!(`${mount}/` in ((mounts.data ?? mounts) as object))) continue;
      const password = randomBytes(24).toString("base64url");
      const standIn = this.standIns.postgres(server.endpoints[0]);
      await makeAdmin(standIn, username, password);
      await this.vault.request("POST", `${mount}/data/${path}`, { data: { username, password } });
      this.pending.delete(server);
      written.push(`${mount}/${path}`);
    }
    return written;
  }
}

/** Namespace and ServiceAccount of the bench's own: the program makes those of Vault. */
const REVIEWER = "leasehold-bench";

/** The token that Vault's own ServiceAccount reviews others with, as the chart's authDelegator sets it up. */
export async function reviewer(kubernetes: KubernetesServer): Promise<string> {
  await kubernetes.ensureNamespace(REVIEWER);
  await kubernetes.apply({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: REVIEWER, namespace: REVIEWER },
  });
  await kubernetes.apply({
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: REVIEWER },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
    subjects: [{ kind: "ServiceAccount", name: REVIEWER, namespace: REVIEWER }],
  } as unknown as KubernetesObject);
  return kubernetes.tokenFor(REVIEWER, REVIEWER);
}
