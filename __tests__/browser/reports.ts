import { App } from "cdktf";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessObject, EdgeNode, GrantNode, namesOfDatabase, Provenance } from "../../access/model/graph";
import {
  authRoleName,
  databaseRoleName,
  groupRoleName,
  mountPath,
  policyName,
  schemaWideRoleName,
} from "../../access/model/names";
import { AccessReport, REPORT_SCHEMA, REPORT_VERSION, sortReport, UnclassifiedNode } from "../../access/report/report";
import { accessReportOf } from "../../constructs/synthesis/report";
import { sandbox } from "../../examples/shop/environments";
import { shop } from "../../examples/shop/shop";

/** The report of the example. */
export function shopReport(): AccessReport {
  const outdir = mkdtempSync(join(tmpdir(), "leasehold-explorer-"));
  try {
    const app = new App({ outdir });
    shop(app, sandbox);
    return accessReportOf(app);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

const EDITED: Provenance = { path: "access-shop/shop/eu.shop.web", source: "examples/shop/shop.ts:171" };

export function block(name: string, more: Partial<UnclassifiedNode> = {}): UnclassifiedNode {
  return {
    path: `vault-config/${name}`,
    source: "examples/shop/shop.ts:75",
    stack: "vault-config",
    block: "resource",
    type: "vault_policy",
    name,
    reason: "raw",
    digest: name.padEnd(64, "0"),
    ...more,
  };
}

/** The example after a pull request in which there is something of every verdict. */
export function changedShop(report: AccessReport): AccessReport {
  const table = (name: string): AccessObject => ({ kind: "table", schema: "sales", name });
  const edit = (edge: EdgeNode): EdgeNode => {
    const more = (...grants: Omit<GrantNode, "grantedBy">[]): GrantNode[] => [
      ...edge.grants,
      ...grants.map((grant) => ({ ...grant, grantedBy: [EDITED] })),
    ];
    switch (`${edge.identity} ${edge.mountPath}`) {
      case "eu/shop/web database/main/shop":
        return {
          ...edge,
          grants: more(
            { object: table("orders"), privilege: "INSERT" },
            { object: table("wizard"), privilege: "UPDATE" },
          ),
        };
      case "eu/bi/reporting database/main/shop":
        return { ...edge, leaseMaxTtl: 4 * 3600, leaseTtl: 600 };
      case "eu/shop/api database/main/shop":
        return { ...edge, grants: edge.grants.filter(({ object }) => object.schema !== "staff") };
      case "eu/legacy/erp database/ledger/billing":
        return { ...edge, databaseRole: "eu.legacy.erp-v2" };
      default:
        return edge;
    }
  };
  return sortReport({
    ...report,
    graph: { ...report.graph, edges: report.graph.edges.map(edit) },
    unclassified: [
      ...report.unclassified,
      block("break-glass"),
      block("shop", {
        type: "postgresql_grant",
        stack: "access-shop",
        reason: "overridden",
        path: "access-shop/shop/grant",
      }),
    ],
    notJudged: [{ provider: "aws", count: 12 }],
  });
}

/** A company: workloads in many namespaces, four databases, each workload with some tables of one or two of them. */
export function largeReport(workloads: number): AccessReport {
  const databases = ["orders", "catalog", "billing", "people"].map((database) => ({
    path: `access-${database}/${database}`,
    source: `access/${database}.ts:12`,
    instance: database === "billing" ? "ledger" : "main",
    database,
    mountPath: mountPath(database === "billing" ? "ledger" : "main", database),
    owner: `${database}_owner`,
    ...namesOfDatabase(database),
    majorVersion: 17,
    sslMode: "verify-full",
    leaseCap: 86400,
    external: false,
  }));
  const schemas = ["core", "history", "reference"];
  const keys = [...Array(workloads).keys()].map((index) => ({
    cluster: "eu",
    namespace: `team-${String(index % 25).padStart(2, "0")}`,
    serviceAccount: `service-${String(index).padStart(4, "0")}`,
  }));
  const edges = keys.flatMap((key, index) =>
    databases
      .filter((_, at) => at === index % 4 || (index % 3 === 0 && at === (index + 1) % 4))
      .map(({ instance, database, mountPath: mount, source, path }) => {
        const by = [
          {
            path: `${path}/eu.${key.namespace}.${key.serviceAccount}`,
            source: source.replace("12", String(20 + (index % 200))),
          },
        ];
        const grant = (object: AccessObject, privilege: GrantNode["privilege"]): GrantNode => ({
          object,
          privilege,
          grantedBy: by,
        });
        const schema = schemas[index % 3];
        return {
          ...by[0],
          identity: `${key.cluster}/${key.namespace}/${key.serviceAccount}`,
          mountPath: mountPath(instance, database),
          groupRole: groupRoleName(key, database),
          schemaWideRole: schemaWideRoleName(key, database),
          databaseRole: databaseRoleName(key),
          policy: policyName(key, mount),
          leaseTtl: 3600,
          leaseMaxTtl: 86400,
          connectionLimit: 10,
          maxLiveLeases: 100,
          grants: [
            grant({ kind: "database" }, "CONNECT"),
            grant({ kind: "schema", schema }, "USAGE"),
            grant({ kind: "table", schema, name: `table_${index % 30}` }, "SELECT"),
            grant({ kind: "table", schema, name: `table_${index % 30}` }, "INSERT"),
            grant({ kind: "table", schema, name: `table_${(index + 7) % 30}` }, "SELECT"),
            ...(index % 50 === 0 ? [grant({ kind: "table", schema }, "SELECT")] : []),
          ],
        };
      }),
  );
  return sortReport({
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    graph: {
      identities: keys.map((key, index) => ({
        path: `who/${key.serviceAccount}`,
        source: `who/${key.namespace}.ts:${10 + Math.floor(index / 25)}`,
        key,
        authPath: "kubernetes-eu",
        authRole: authRoleName(key),
        audience: "vault",
        tokenTtl: 3600,
        tokenMaxTtl: 86400,
        policies: [],
        external: false,
      })),
      databases,
      edges,
      deliveries: edges.map((edge, index) => ({
        path: `workloads/${edge.identity.split("/")[2]}`,
        source: `workloads/all.ts:${10 + (index % 500)}`,
        workload: `workloads/${edge.identity.split("/")[2]}`,
        identity: edge.identity,
        mountPath: edge.mountPath,
        file: edge.mountPath.split("/")[2],
      })),
    },
    unclassified: [],
    notJudged: [],
  });
}
