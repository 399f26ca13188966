/**
 * A part of an explanation.
 * @typedef {object} Step
 * @property {string} title which link it is
 * @property {string} name
 * @property {string} key of its node
 * @property {Child[]} text
 * @property {readonly Provenance[]} at
 */

/**
 * Why a row is so: every link of the chain, in words.
 * @param {Row} row
 * @returns {Step[]}
 */
function stepsOf(row) {
  const { edge, identity, database, kind } = row;
  const keys = new Map(stationsOf(row).map(({ key, column }) => [column, key]));
  /** @type {(column: number, title: string, name: string, text: Child[], at: readonly Provenance[]) => Step} */
  const step = (column, title, name, text, at) => ({ title, name, key: keys.get(column) ?? "", text, at });
  const by = row.verbs.flatMap((verb) => verb.by);
  if (kind === "wire") return [step(3, "Network", "the network", wireWords(row), by)];

  const token = row.clocks.find(({ clock }) => clock === "token");
  const steps = [
    step(
      0,
      "ServiceAccount",
      row.who,
      identity
        ? [
            "A pod that runs as this ServiceAccount holds a token of it, for the audience ",
            code(identity.audience),
            ".",
            ...issuerWords(row),
            ...runnerWords(row),
          ]
        : ["It is declared nowhere in this program."],
      identity ? [identity] : [],
    ),
    step(
      1,
      "Kubernetes auth role",
      identity?.authRole ?? "not known here",
      identity && !identity.external
        ? [
            "At ",
            code(`auth/${identity.authPath}`),
            ", Vault takes that token and gives one of its own. ",
            token ? tokenWords(token) : "",
          ]
        : ["Another program makes it: how long its tokens live is not known here."],
      identity ? [identity] : [],
    ),
  ];
  if (kind === "vault") return steps;
  if (kind === "policy")
    return [
      ...steps,
      step(
        2,
        "Policy of your own",
        row.object.replace(/^policy /, ""),
        ["The token holds it as well. What it allows is not part of this picture."],
        by,
      ),
    ];
  if (!edge)
    return [
      ...steps,
      step(
        4,
        "Database",
        row.db,
        [
          "A credential of this database is delivered. Another program grants what its logins may do, which is not known here.",
        ],
        by,
      ),
    ];

  const creds = `${edge.mountPath}/creds/${edge.databaseRole}`;
  const lease = row.clocks.find(({ clock }) => clock === "lease");
  steps.push(
    step(2, "Policy", edge.policy, ["Lets the token read ", code(creds), ", which is to ask for a login."], [edge]),
    step(
      3,
      "Database role",
      edge.databaseRole,
      [
        "In the mount ",
        code(edge.mountPath),
        ". Each pod gets a login of its own, with at most ",
        `${counted(edge.connectionLimit, "connection")}. `,
        lease ? leaseWords(lease) : "",
      ],
      [edge],
    ),
    step(
      4,
      "Lease functions",
      database ? `${database.database} on ${database.instance}` : row.db,
      [
        "Vault calls ",
        code("lease.issue"),
        " there, which makes the login and puts it into the group; at the end of the lease ",
        code("lease.close"),
        " and ",
        code("lease.revoke"),
        ` end its sessions and drop it. At most ${counted(edge.maxLiveLeases, "login")} live at once.`,
      ],
      database ? [database] : [],
    ),
    step(5, "Group role", edge.groupRole, groupRoleWords(row), [edge]),
    step(6, kind === "owner" ? "Owner" : "Grant", row.object, grantWords(row), by),
  );
  return steps;
}

/** @param {Row} row @returns {Child[]} */
function wireWords({ database, verbs }) {
  const readable = verbs.some(({ verb, gone }) => verb === "READ IN TRANSIT" && !gone);
  return [
    "Connections to ",
    code(database?.database ?? ""),
    " use sslmode ",
    code(database?.sslMode ?? ""),
    ": whoever sits between a pod and the server can ",
    readable ? "read what they carry, and pretend to be the server." : "pretend to be the server.",
  ];
}

/** @param {Row} row @returns {Child[]} */
function issuerWords({ identity, clocks }) {
  if (identity?.tokenIssuer === undefined) return [];
  const max = clocks.find(({ clock }) => clock === "deleted pod")?.max;
  return [
    " Vault knows it by the keys of ",
    code(identity.tokenIssuer),
    " and asks nobody whether the pod is still there",
    max === undefined ? "." : `: it logs in until it ends, up to ${max} after its pod was deleted.`,
  ];
}

/** @param {import("../model").Clock} clock */
function tokenWords({ ttl, max }) {
  return `It ends ${ttl} after the pod's agent last renewed it, and after ${max} whatever happens.`;
}

/** @param {import("../model").Clock} clock */
function leaseWords({ ttl, max }) {
  return `It is refused ${ttl} after the lease was last renewed, and after ${max} whatever happens.`;
}

/** @param {Row} row @returns {Child[]} */
function groupRoleWords({ edge }) {
  const more = edge?.actsAs === undefined ? [] : [" Sessions act as ", code(edge.actsAs), ", for a migration."];
  return ["Holds the privileges. Nobody can log in as it: a login has them as a member, while it lives.", ...more];
}

/** @param {Row} row @returns {Child[]} */
function grantWords(row) {
  if (row.kind === "owner")
    return [
      "A session acts as ",
      code(row.edge?.actsAs ?? ""),
      " and may do everything with what that role owns, also DROP and GRANT.",
    ];
  const verbs = row.verbs.filter(({ gone }) => !gone).map(({ verb }) => verb);
  const what = row.wide
    ? [
        `${row.on.replace(/^(function|sequence) .*/, "all $1s").replace(/^[^ ]+\.\*.*/, "all tables")} of the schema, with those that the owner creates later.`,
      ]
    : row.columns.length > 0
      ? [
          "the ",
          row.columns.length === 1 ? "column " : "columns ",
          ...row.columns.flatMap((column, index) => [index > 0 ? ", " : "", code(column)]),
          " only.",
        ]
      : [code(row.on), "."];
  return [verbs.length === 0 ? "Was granted on " : `${verbs.join(", ")} on `, ...what];
}

/** One sentence for one change. @param {Change} change @returns {Child[]} */
function changeWords({ verdict, what, db, details }) {
  const where = db === "" || what.includes(db) ? "" : ` in ${db}`;
  const all = db === "" ? "all that it may do" : `all that it may do in ${db}`;
  const moved = details.join("; ");
  if (verdict === "broadened") return [`may now ${what}${where}`];
  if (verdict === "narrowed") return [`may no longer ${what}${where}`];
  if (verdict === "rewired")
    return [`${what === "" ? all : what + where} by another path: `, el("span", { class: "moved" }, moved)];
  return [
    `${what === "" ? all : what + where} for ${verdict === "longer" ? "longer" : "a shorter time"}: `,
    el("span", { class: "moved" }, moved),
  ];
}

/** `file:line` and the construct's path. @param {readonly Provenance[]} places */
function placesElement(places) {
  /** @type {Map<string, Provenance>} */
  const all = new Map(places.map((place) => [`${place.source}\n${place.path}`, place]));
  return el(
    "ul",
    { class: "places" },
    ...[...all.values()].map(({ source, path }) =>
      el(
        "li",
        {},
        source !== undefined && el("span", { class: "source" }, source),
        el("span", { class: "path" }, breakable(path)),
      ),
    ),
  );
}

/** What a node is, to whom it was chosen by itself. @type {Record<number, string>} */
const ABOUT = {
  0: "Pods that run as this ServiceAccount log in to Vault with its token.",
  1: "Vault's role of the Kubernetes auth method: it takes the ServiceAccount's token for one of Vault's.",
  2: "A token with this policy may ask for a login.",
  3: "Vault's role of the database secrets engine: it says how logins are made and for how long.",
  4: "The functions that issue, renew and end the logins of this database.",
  5: "The PostgreSQL role without login that holds the privileges.",
  6: "",
};

/** Who runs as the row's identity may do all that it may. @param {Row} row @returns {Child[]} */
function runnerWords({ runners }) {
  if (runners.length === 0) return [" No workload of this program runs as it."];
  return [
    ` ${counted(runners.length, "workload")} of this program ${runners.length === 1 ? "runs" : "run"} as it, and may do all that it may: `,
    ...runners.flatMap(({ name, source }, index) => [
      index === 0 ? "" : ", ",
      code(name),
      source === undefined ? "" : " ",
      source !== undefined && el("span", { class: "source" }, source),
    ]),
    ".",
  ];
}
