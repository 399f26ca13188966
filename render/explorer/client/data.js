/**
 * A row with what is computed once about it.
 * @typedef {object} Item
 * @property {Row} row
 * @property {number} index
 * @property {string} key by which a link to it can be shared
 * @property {string} text everything that the filter looks at, in lower case
 * @property {Verdict[]} verdicts the gravest first
 */

/** @typedef {string | number | boolean | null} Scalar */

/**
 * What pack.ts packed; equal parts are one object.
 * @param {import("../pack").Packed} packed
 * @returns {unknown}
 */
function unpack({ shapes, values }) {
  /** @type {unknown[]} */
  const whole = [];
  for (const value of values) {
    if (!Array.isArray(value)) {
      whole.push(value);
      continue;
    }
    const [shape, ...parts] = /** @type {number[]} */ (value);
    if (shape < 0) whole.push(parts.map((part) => whole[part]));
    else whole.push(Object.fromEntries(shapes[shape].map((key, index) => [key, whole[parts[index]]])));
  }
  return whole[whole.length - 1];
}

const DATA = /** @type {Explorer} */ (unpack(JSON.parse(byId("data").textContent ?? "")));

/** Privileges on data: who acts as the owner of a table has them all. */
const DATA_VERBS = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "USAGE", "EXECUTE"];

/** @type {Item[]} */
const ITEMS = DATA.rows.map((row, index) => {
  const found = new Set(row.verbs.flatMap(({ changes }) => changes.map((at) => DATA.changes[at].verdict)));
  return {
    row,
    index,
    key: [row.who, row.object, ...row.columns, row.edge?.mountPath ?? ""].join(" | "),
    text: textOf(row),
    verdicts: VERDICTS.map(({ verdict }) => verdict).filter((verdict) => found.has(/** @type {never} */ (verdict))),
  };
});

/** @param {Row} row */
function textOf(row) {
  const { edge, identity } = row;
  return [
    row.who,
    row.object,
    ...row.columns,
    ...row.verbs.map(({ verb }) => verb),
    ...(row.kind === "owner" ? DATA_VERBS : []),
    ...(edge ? [edge.policy, edge.databaseRole, edge.groupRole, edge.mountPath] : []),
    ...row.runners.map(({ name }) => name),
    ...(identity ? [identity.authRole, identity.authPath] : []),
    ...row.verbs.flatMap(({ by }) => by.map(({ source }) => source ?? "")),
    ...row.deliveries.map(({ workload }) => workload),
  ]
    .join("\n")
    .toLowerCase();
}

/**
 * An object that some row names.
 * @typedef {object} Target
 * @property {string} db
 * @property {string} schema `""` where there is none
 * @property {string} kind that of the table for its columns
 * @property {string} text in lower case
 */

/** Objects by the text under which they are chosen. @type {Map<string, Target>} */
const TARGETS = new Map(
  ITEMS.map(({ row }) => [
    row.object,
    { db: row.db, schema: row.schema ?? "", kind: kindOf(row), text: row.object.toLowerCase() },
  ]),
);

/** Schemas by the text under which they are chosen: it ends in a dot. @type {Map<string, { db: string, schema: string }>} */
const SCHEMAS = new Map(
  ITEMS.flatMap(({ row }) =>
    row.schema === undefined ? [] : [[`${row.db}.${row.schema}.`, { db: row.db, schema: row.schema }]],
  ),
);

/** @param {Row} row */
function kindOf(row) {
  return row.kind === "column" ? "table" : row.kind;
}

const WORKLOADS = [...new Set(ITEMS.map(({ row }) => row.who))];
const NAMESPACES = [...new Set(WORKLOADS.filter((who) => who.includes("/")).map(namespaceOf))];
const DATABASES = [...new Set(ITEMS.map(({ row }) => row.db).filter((db) => db !== ""))].sort();
const VERBS = [
  ...new Set([
    ...DATA_VERBS,
    "ACT AS",
    "HOLD",
    ...ITEMS.flatMap(({ row }) => row.verbs.map(({ verb }) => String(verb))),
  ]),
].filter((verb) => ITEMS.some(({ row }) => row.verbs.some((one) => one.verb === verb)));

/** `cluster/namespace/` of a workload. @param {string} who */
function namespaceOf(who) {
  return who.slice(0, who.lastIndexOf("/") + 1);
}
