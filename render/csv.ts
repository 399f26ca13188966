import { rightObject } from "../access/diff/granted-object";
import { unknownRights } from "../access/model/graph";
import { lookedAt } from "./known-rights";
import type { AccessReport } from "../access/report/report";
import { visible } from "./escape";
import { databaseKey, matrixOf, MatrixEntry } from "./matrix";
import { REASONS } from "./unclassified";
import { databaseNames, named, objectWords, placeName, toText, Words } from "./words";

/** Columns of the file, in order. New ones are added at the end. */
export const CSV_COLUMNS = [
  "record",
  "who",
  "may",
  "instance",
  "database",
  "object",
  "token_seconds",
  "token_max_seconds",
  "lease_seconds",
  "lease_max_seconds",
  "session_max_seconds",
  "deleted_pod_seconds",
  "sslmode",
  "vault_policy",
  "vault_mount",
  "vault_role",
  "group_role",
  "made_by",
] as const;

type Row = Partial<Readonly<Record<(typeof CSV_COLUMNS)[number], string | number>>>;

/**
 * The report for a spreadsheet or an auditor: a line for each row of the matrix, and one for everything that could
 * change access and that the graph does not explain. A file without such lines says that there is nothing of the kind.
 *
 * As RFC 4180 has it: CRLF, every field in quotes. A field that a spreadsheet would take for a formula begins with an apostrophe,
 * and characters that cannot be seen are written as `\u202e`. Times are in seconds; an empty one is not known here.
 */
export function renderReportCsv({ graph, unclassified, notJudged }: AccessReport): string {
  const databases = new Map(graph.databases.map((node) => [node.mountPath, node]));
  const nameOf = databaseNames(graph.databases);
  const access = matrixOf(graph).map((entry): Row => {
    const node = databases.get(entry.via.mountPath);
    const { instance, database } = databaseKey(node, entry.via.mountPath);
    return {
      record: "access",
      who: visible(entry.who),
      may: entry.privileges.map((privilege) => visible(privilege)).join(", "),
      instance: instance === "" ? "" : visible(instance),
      database: visible(database),
      object: toText(objectWords(entry.object, nameOf(entry.database), entry.columns)),
      ...times(entry),
      ...(node && { sslmode: visible(node.sslMode) }),
      vault_policy: visible(entry.via.policy),
      vault_mount: visible(entry.via.mountPath),
      vault_role: visible(entry.via.databaseRole),
      group_role: visible(entry.via.groupRole),
      made_by: entry.grantedBy.map((place) => visible(placeName(place))).join(", "),
    };
  });
  const unknown = unclassified.map((node): Row => ({
    record: node.reason === "setting" ? "setting" : "unclassified",
    may: REASONS[node.reason],
    object: toText(blockName(node.block, [node.type, node.name])),
    made_by: visible(placeName(node)),
  }));
  const rights = unknownRights(graph).map((node): Row => ({
    record: "not known",
    who: "PUBLIC and the owners",
    may: "not known",
    instance: visible(node.instance),
    database: visible(node.database),
    object: toText(objectWords({ kind: "database" }, nameOf(node))),
    made_by: visible(placeName(node)),
  }));
  const known = lookedAt(graph.databases).flatMap((node) =>
    node.knownRights.rights.map((right): Row => ({
      record: "looked up",
      who: visible(right.who),
      may: visible(right.privilege),
      instance: visible(node.instance),
      database: visible(node.database),
      object: toText(objectWords(rightObject(right), nameOf(node))),
      made_by: visible(placeName(node)),
    })),
  );
  const others = notJudged.map(({ provider, count }): Row => ({
    record: "not judged",
    object: `${count} of provider ${visible(provider)}`,
  }));
  return [
    CSV_COLUMNS,
    ...[...access, ...unknown, ...rights, ...known, ...others].map((row) => CSV_COLUMNS.map((column) => row[column])),
  ]
    .map((fields) => `${fields.map(field).join(",")}\r\n`)
    .join("");
}

function times({ lifetime: { token, lease, session, deletedPod } }: MatrixEntry): Row {
  return {
    ...(token && { token_seconds: token.ttl, token_max_seconds: token.max }),
    ...(lease && { lease_seconds: lease.ttl, lease_max_seconds: lease.max }),
    ...(session && { session_max_seconds: session.max }),
    ...(deletedPod && { deleted_pod_seconds: deletedPod.max }),
  };
}

function blockName(block: string, names: readonly string[]): Words {
  const address = names.filter((name) => name !== "").join(".");
  return address === "" ? [block] : [`${block} `, named(address)];
}

/** Spreadsheets calculate what begins with these, quoted or not, and some look past spaces first. */
const FORMULA = /^\s*[=+\-@\uff0b\uff0d\uff1d\uff20|%]/;

function field(value: string | number = ""): string {
  const text = String(value);
  return `"${(FORMULA.test(text) ? `'${text}` : text).replace(/"/g, '""')}"`;
}
