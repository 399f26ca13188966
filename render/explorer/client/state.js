/**
 * What is shown: it stands in the address after the #, so that a view can be shared.
 * @typedef {object} State
 * @property {string} q what was typed
 * @property {string} who a workload, or the beginning of several that ends in "/"
 * @property {string} on an object, or a schema with "." at its end
 * @property {string} db
 * @property {string} verb
 * @property {string} change a verdict, or `all`
 * @property {string} pick what is explained: `row:…` or `node:…`
 * @property {string} view `ways` draws every way; else who may do what is a matrix, and a way is drawn once it is picked
 */

/** No filter and no pick; the view stays. @satisfies {Partial<State>} */
const NOTHING = { q: "", who: "", on: "", db: "", verb: "", change: "", pick: "" };

/** @type {State} */
let state = { ...NOTHING, view: "" };

/**
 * A state from an address. Whoever wrote the address chose every character of it: only known keys are read, and what is
 * shown again is cut and has no character that hides.
 * @param {string} hash
 * @returns {State}
 */
function readState(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  /** @param {string} key */
  const text = (key) => (given.get(key) ?? "").replace(/\p{C}/gu, "\ufffd").slice(0, 600);
  const verb = text("verb").toUpperCase();
  const change = text("change");
  return {
    q: text("q"),
    who: text("who"),
    on: text("on"),
    db: text("db"),
    verb: VERBS.includes(verb) ? verb : "",
    change: DATA.compared && (change === "all" || VERDICTS.some(({ verdict }) => verdict === change)) ? change : "",
    pick: text("pick"),
    view: text("view") === "ways" ? "ways" : "",
  };
}

/** @param {State} of */
function writeState(of) {
  const entries = Object.entries(of).filter(([, value]) => value !== "");
  return entries.length === 0 ? "" : `#${new URLSearchParams(entries)}`;
}

/** Whether a filter differs from those of a fresh page. @param {State} of */
function isFiltered(of) {
  return Object.entries(of).some(([key, value]) => key !== "pick" && key !== "view" && value !== "");
}

/** What changes is what a reviewer came for. Whoever filters asks about everything. @param {State} of */
function isChangedOnly(of) {
  return !isFiltered(of) && CHANGED > 0;
}

/** How many rows have a verdict. */
const CHANGED = ITEMS.filter(({ row, verdicts }) => !row.quiet && verdicts.length > 0).length;

/**
 * The rows that the state lets through. Who asks for a table is also shown who holds the whole schema, and who acts as
 * the owner: they reach the table as well.
 * @param {State} of
 * @returns {Item[]}
 */
function matching(of) {
  const words = (askedFor(of.q.toLowerCase()).match(/"[^"]*"?|\S+/g) ?? [])
    .map((word) => word.replace(/"/g, ""))
    .filter((word) => word !== "")
    .map((word) => ({ word, reach: reachOf(word) }));
  const target = TARGETS.get(of.on);
  const schema = SCHEMAS.get(of.on);
  const only = isChangedOnly(of);
  const verdict = of.change === "all" ? "" : of.change;
  const found = ITEMS.filter((item) => {
    const { row } = item;
    if (row.quiet && !isAskedFor(row, of)) return false;
    if (of.who !== "" && row.who !== of.who && !(of.who.endsWith("/") && row.who.startsWith(of.who))) return false;
    if (of.db !== "" && row.db !== of.db) return false;
    if (of.verb !== "" && !mayDo(row, of.verb)) return false;
    if (only ? item.verdicts.length === 0 : verdict !== "" && !item.verdicts.includes(/** @type {Verdict} */ (verdict)))
      return false;
    if (of.on !== "" && row.object !== of.on && !(target && reaches(row, target)) && !(schema && isIn(row, schema)))
      return false;
    return words.every(({ word, reach }) => item.text.includes(word) || reachesWord(row, word, reach));
  });
  if (!DATA.compared) return found;
  // What changed comes first, the gravest before the others.
  const rank = (/** @type {Item} */ { verdicts }) =>
    verdicts.length === 0 ? VERDICTS.length : VERDICTS.findIndex(({ verdict }) => verdict === verdicts[0]);
  return found.sort((a, b) => rank(a) - rank(b) || a.index - b.index);
}

/**
 * `who can delete orders?` asks for `delete orders`. Only what begins as a question loses words: a workload may be called `can`.
 * @param {string} text
 */
function askedFor(text) {
  const question = /^\s*(who|what|which)\s+(can|may|could|might|is able to|has)\s+/.exec(text);
  if (!question) return text;
  return text
    .slice(question[0].length)
    .replace(/[?.!\s]+$/, "")
    .replace(/(?<=^|\s)(the|a|an|any|all|of|on|in|into|from|to)(?=\s|$)/g, " ")
    .replace(/^\s*read(?=\s|$)/, "select");
}

/**
 * CONNECT and the like are shown to those who ask for them by name.
 * @param {Row} row
 * @param {State} of
 */
function isAskedFor(row, of) {
  const words = askedFor(of.q.toLowerCase()).toUpperCase().split(/\s+/);
  return row.verbs.some(({ verb }) => verb === of.verb || words.includes(verb)) || row.object === of.on;
}

/**
 * @param {Row} row
 * @param {string} verb
 */
function mayDo(row, verb) {
  return row.verbs.some((one) => one.verb === verb) || (row.kind === "owner" && DATA_VERBS.includes(verb));
}

/**
 * Whether the row's object holds another one.
 * @param {Row} row
 * @param {Target} target
 */
function reaches(row, target) {
  if (row.db !== target.db || target.schema === "") return false;
  if (row.kind === "owner") return target.kind !== "schema";
  return row.wide && row.schema === target.schema && row.kind === target.kind;
}

/**
 * @param {Row} row
 * @param {{ db: string, schema: string }} schema
 */
function isIn(row, { db, schema }) {
  return row.db === db && (row.schema === schema || row.kind === "owner");
}

/** The objects whose name holds the word. @param {string} word */
function reachOf(word) {
  return [...TARGETS.values()].filter(({ text, schema }) => schema !== "" && text.includes(word));
}

/**
 * @param {Row} row
 * @param {string} word
 * @param {Target[]} reach
 */
function reachesWord(row, word, reach) {
  if (row.kind !== "owner" && !row.wide) return false;
  // Tables that no row names are in `sales.*` too.
  const schema = `${row.schema}.`.toLowerCase();
  if (row.wide && (word.startsWith(schema) || word.startsWith(`${row.db.toLowerCase()}.${schema}`))) return true;
  return reach.some((target) => reaches(row, target));
}
