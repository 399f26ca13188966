import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFindings } from "../../access/findings/findings-file";
import { namesOfDatabase } from "../../access/model/graph";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION } from "../../access/report/report";

/** A table that an app may read. */
export interface Read {
  readonly who: string;
  readonly table: string;
}

/** A report of one database, with a SELECT for each. */
export function reportOf(reads: readonly Read[]): AccessReport {
  const names = [...new Set(reads.map(({ who }) => who))];
  const id = (who: string): string => `eu/shop/${who}`;
  return {
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: {
      identities: names.map((who) => ({
        key: { cluster: "eu", namespace: "shop", serviceAccount: who },
        authPath: "kubernetes/eu",
        authRole: `shop.${who}`,
        audience: "vault",
        tokenTtl: 600,
        tokenMaxTtl: 86_400,
        policies: [],
        external: false,
        path: `vault-config/${who}`,
      })),
      databases: [
        {
          instance: "main",
          database: "shop",
          mountPath: "postgres/main/shop",
          owner: "shop_owner",
          ...namesOfDatabase("shop"),
          majorVersion: 18,
          sslMode: "verify-full",
          leaseCap: 86_400,
          external: false,
          path: "access-shop/shop",
        },
      ],
      edges: names.map((who) => ({
        identity: id(who),
        mountPath: "postgres/main/shop",
        groupRole: `eu_shop_${who}_shop`,
        schemaWideRole: `leasehold.all_eu_shop_${who}_shop`,
        databaseRole: `eu.shop.${who}`,
        policy: `leasehold-${who}`,
        leaseTtl: 3_600,
        leaseMaxTtl: 86_400,
        connectionLimit: 20,
        maxLiveLeases: 200,
        path: `access-shop/shop/${who}`,
        grants: reads
          .filter((read) => read.who === who)
          .map(({ table }) => ({
            object: { kind: "table", schema: "sales", name: table },
            privilege: "SELECT",
            grantedBy: [{ path: `access-shop/shop/${who}`, source: `main.ts:7` }],
          })),
      })),
      deliveries: [],
    },
    unclassified: [],
    notJudged: [],
  };
}

/** Stacks by name, each with what Terraform is given. */
export type StackTexts = Readonly<Record<string, unknown>>;

const folders: string[] = [];

export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), "leasehold-pull-request-"));
  folders.push(folder);
  return folder;
}

export function removeTemporary(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A folder as cdktf leaves it. */
export function sideOf(report: AccessReport | string | undefined, stacks: StackTexts = {}): string {
  const folder = temporary();
  mkdirSync(join(folder, "stacks"));
  for (const [name, json] of Object.entries(stacks)) {
    mkdirSync(join(folder, "stacks", name));
    writeFileSync(join(folder, "stacks", name, "cdk.tf.json"), JSON.stringify(json));
  }
  const findings = { production: false, findings: [], acknowledgements: [], lines: {} };
  writeFileSync(join(folder, "findings.json"), formatFindings(findings));
  if (report !== undefined)
    writeFileSync(join(folder, "access.json"), typeof report === "string" ? report : JSON.stringify(report));
  return folder;
}
