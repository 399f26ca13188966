import type { BenchOptions } from "../bench";

/** How the bench stands in for the shop's servers: the one in the cluster is 18, the external one 15. */
export const shopBench: BenchOptions = {
  vaultAddresses: ["http://vault.vault.svc:8200", "http://127.0.0.1:8200"],
  postgres: [
    { endpoints: ["main.data.svc:5432", "127.0.0.1:5432"], major: 18, statefulSet: "data/main" },
    {
      endpoints: ["ledger.example.com:5432"],
      major: 15,
      admin: { username: "ledger_admin", mount: "leasehold", path: "postgres/ledger/admin" },
    },
  ],
};
