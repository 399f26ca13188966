/** Longer lists are cut: the list of the page has the rest. */
const LONGEST = 60;

const panel = byId("panel");

/** Explains what is picked; without anything picked, says what the page covers and what not. */
function explain() {
  const node = state.pick.startsWith("node:") ? state.pick.slice(5) : undefined;
  const item = pickedItems()[0];
  const parts = node !== undefined && item ? nodeParts(node) : item ? rowParts(item) : overviewParts();
  panel.replaceChildren(...parts);
  panel.scrollTop = 0;
}

/** @param {string} title @param {string} kind */
function headElement(title, kind) {
  return el(
    "header",
    { class: "panel-head" },
    el("p", { class: "kind" }, kind),
    el("h2", {}, breakable(title)),
    button({ class: "quiet close", "aria-label": "Close the explanation", title: "Close (Esc)" }, () => pick(""), "×"),
  );
}

/** @param {Item} item @returns {Node[]} */
function rowParts({ row }) {
  const { deliveries } = row;
  const changes = [...new Set(row.verbs.flatMap((verb) => verb.changes))].map((at) => DATA.changes[at]);
  const head = headElement(row.who, row.gone ? "No longer allowed" : "Why it is allowed");
  head.append(
    el(
      "p",
      { class: "sentence" },
      row.gone ? "could " : "may ",
      verbsElement(row),
      " on ",
      code(row.object),
      row.columns.length > 0 && columnsElement(row.columns),
    ),
  );
  const unusual = [...new Set(row.verbs.map(({ verb }) => String(verb)))].filter((verb) => meaningOf(verb) !== "");
  if (row.kind !== "elsewhere")
    for (const verb of unusual) head.append(el("p", { class: "meaning" }, el("b", {}, verb), `: ${meaningOf(verb)}.`));
  return [
    head,
    ...(changes.length > 0 ? [section("What changes", changesElement(changes, false))] : []),
    ...(row.clocks.length > 0 ? [section("For how long", clocksElement(row))] : []),
    section("Link by link", stepsElement(row)),
    ...(deliveries.length > 0 ? [section("Delivered to", deliveriesElement(deliveries))] : []),
    ...(row.edge && deliveries.length === 0 && !row.gone && row.kind !== "owner"
      ? [section("Delivered to", el("p", {}, "No workload of this program gets the credential."))]
      : []),
  ];
}

/** @param {string} title @param {...Child} children */
function section(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

/** @param {Row} row */
function clocksElement({ clocks }) {
  /** @type {Record<string, { name: string, words: string }>} */
  const about = {
    token: { name: "Vault token", words: "if its agent dies / at most" },
    lease: { name: "Login", words: "if it is not renewed / at most" },
    session: { name: "Open session", words: "ended with its login" },
    "deleted pod": { name: "Token of a deleted pod", words: "logs in to Vault for so long" },
  };
  return el(
    "dl",
    { class: "clocks" },
    ...clocks.map(({ clock, ttl, max }) =>
      el(
        "div",
        {},
        el("dt", {}, about[clock].name),
        el("dd", { class: "time" }, ttl === undefined ? max : `${ttl} / ${max}`),
        el("dd", { class: "faint" }, about[clock].words),
      ),
    ),
    clocks.some(({ clock }) => clock === "token")
      ? undefined
      : el(
          "div",
          {},
          el("dt", {}, "Vault token"),
          el("dd", { class: "time" }, "?"),
          el("dd", { class: "faint" }, "set elsewhere"),
        ),
  );
}

/** @param {Row} row */
function stepsElement(row) {
  return el(
    "ol",
    { class: "steps" },
    ...stepsOf(row).map(({ title, name, text, at, key }) =>
      el(
        "li",
        { class: `step ${toneOf(key)}` },
        el("p", { class: "kind" }, title),
        el("p", { class: "name" }, breakable(name)),
        el("p", {}, ...text),
        at.length > 0 && placesElement(at),
      ),
    ),
  );
}

/** @param {string} key */
function toneOf(key) {
  return COLUMNS[Number(key[0])]?.side ?? "";
}

/** @param {Row["deliveries"]} deliveries */
function deliveriesElement(deliveries) {
  return el(
    "ul",
    { class: "plain" },
    ...deliveries.map((delivery) =>
      el("li", {}, code(delivery.workload), " as ", code(`/vault/secrets/${delivery.file}`), placesElement([delivery])),
    ),
  );
}

/** @param {readonly Change[]} changes @param {boolean} named */
function changesElement(changes, named) {
  return el(
    "ul",
    { class: "changes" },
    ...changes
      .slice(0, LONGEST)
      .map((one) =>
        el(
          "li",
          { class: one.verdict },
          signElement(one.verdict),
          el(
            "div",
            {},
            el("p", {}, named && el("strong", {}, one.who), named && " ", ...changeWords(one)),
            placesElement([...one.after, ...one.before].slice(0, 3)),
          ),
        ),
      ),
    changes.length > LONGEST && el("li", { class: "faint" }, `and ${grouped(changes.length - LONGEST)} more`),
  );
}

/** A node: what it is, and who does what through it. @param {string} key @returns {Node[]} */
function nodeParts(key) {
  const items = THROUGH.get(key) ?? [];
  const { row } = items[0];
  const station = /** @type {Station} */ (stationsOf(row).find((one) => one.key === key));
  const { column } = station;
  const isObject = column === OBJECT;
  const isNetwork = station.tone === "network";
  const rows = isObject ? matching({ ...NOTHING, view: "", on: row.object }) : items.filter((item) => !item.row.quiet);
  const step = stepsOf(row).find((one) => one.key === key);
  return [
    headElement(
      isObject ? row.object : station.title,
      isNetwork ? "Between pods and server" : isObject ? "Who may touch it" : COLUMNS[column].title,
    ),
    ...(isObject
      ? []
      : [
          section(
            "What it is",
            el("p", {}, isNetwork && step ? undefined : ABOUT[column]),
            ...(step && (column === 0 || column === 1 || isNetwork || column === 3) ? [el("p", {}, ...step.text)] : []),
            ...(step ? [placesElement(step.at)] : []),
          ),
        ]),
    ...(isObject
      ? byVerb(rows)
      : [
          section(
            counted(rows.length, "permission"),
            rowsElement(rows, (one) => [
              ...(column === 0 ? [] : [whoElement(one.who), " "]),
              verbsElement(one),
              " ",
              one.object,
              one.columns.length > 0 && columnsElement(one.columns),
            ]),
          ),
        ]),
    el(
      "p",
      { class: "actions" },
      button({}, () => change({ ...NOTHING, ...filterOf(station, row) }), "Show only this"),
    ),
  ];
}

/** @param {Station} station @param {Row} row @returns {Partial<State>} */
function filterOf({ column, tone }, row) {
  if (column === OBJECT) return { on: row.object };
  if (column === 4 || tone === "network") return { db: row.db };
  return column < 2 ? { who: row.who } : { who: row.who, db: row.db };
}

/** Who has which verb, those who reach the object by a wider grant or as its owner included. @param {Item[]} items */
function byVerb(items) {
  const verbs = [...new Set(items.flatMap(({ row }) => row.verbs.map(({ verb }) => String(verb))))];
  const sorted = [...VERBS.filter((verb) => verbs.includes(verb)), ...verbs.filter((verb) => !VERBS.includes(verb))];
  return sorted.map((verb) => {
    const some = items.filter(({ row }) => row.verbs.some((one) => one.verb === verb));
    return section(
      verb,
      rowsElement(some, (row) => {
        const one = row.verbs.find((each) => each.verb === verb);
        const [place] = one?.by ?? [];
        return [
          el("span", { class: "source" }, (place?.source ?? "").replace(/^.*\//, "")),
          ...(one ? verdictsOf(one).map(signElement) : []),
          el("span", { class: one?.gone ? "gone" : undefined }, whoElement(row.who)),
          row.columns.length > 0 && columnsElement(row.columns),
          row.wide && el("span", { class: "tag" }, "by the whole schema"),
          row.kind === "owner" && el("span", { class: "tag" }, "everything, as owner"),
        ];
      }),
    );
  });
}

/** @param {Item[]} items @param {(row: Row) => Child[]} words */
function rowsElement(items, words) {
  return el(
    "ul",
    { class: "rows-of" },
    ...items.slice(0, LONGEST).map((item) =>
      el(
        "li",
        {},
        button({ class: "entry" }, () => pick(`row:${item.key}`), ...words(item.row)),
      ),
    ),
    items.length > LONGEST &&
      el("li", { class: "faint" }, `and ${grouped(items.length - LONGEST)} more: show only this, below`),
  );
}

/** @returns {Node[]} */
function overviewParts() {
  return [
    el("h2", { class: "unseen" }, "About this page"),
    ...(DATA.compared
      ? [section("What changes", ...changesOverview())]
      : [section("How to read this", legendElement())]),
    ...coverParts(),
    ...lookedUpParts(),
    ...connectionParts(),
    section("Keys", keysElement()),
  ];
}

function changesOverview() {
  if (DATA.changes.length === 0 && !DATA.verdicts.includes("unclassified"))
    return [el("p", {}, "Nobody's access differs from the base.")];
  return [changesElement(DATA.changes, true)];
}

/** @returns {Node[]} */
function lookedUpParts() {
  const lines = DATA.lookedUp.slice(0, LONGEST).map((line) => el("li", {}, line));
  const more = DATA.lookedUp.length - lines.length;
  if (lines.length === 0) return [];
  if (more > 0) lines.push(el("li", {}, `${grouped(more)} more: see access.md`));
  return [section("Looked up in databases that Leasehold did not make", el("ul", {}, ...lines))];
}

/** @returns {Node[]} */
function connectionParts() {
  if (DATA.connections.length === 0) return [];
  const servers = DATA.connections.map(({ server, sum, parts }) =>
    el("li", {}, `${server}: ${sum}`, el("ul", {}, ...parts.map((part) => el("li", {}, part)))),
  );
  return [section("Connections, at most", el("ul", {}, ...servers))];
}

/** What the picture does not cover: never left out, and first where somebody's hand made it. */
function coverParts() {
  const reasons = [
    { reason: "raw", title: "Made by hand, not explained" },
    { reason: "overridden", title: "Overridden, so it may differ from what is drawn" },
    { reason: "rights", title: "What PUBLIC and the owners may do is not known" },
    { reason: "unknown", title: "Written by a newer Leasehold, and not understood" },
    {
      reason: "unread",
      title: "Stacks that may read any file of the repository, of which there are too many to look at",
    },
    { reason: "setting", title: "Settings that are not part of the graph" },
  ];
  const parts = reasons.flatMap(({ reason, title }) => {
    const blocks = DATA.unclassified.filter((block) => block.reason === reason);
    if (blocks.length === 0) return [];
    const isOpen = reason !== "setting" || blocks.some((block) => block.change !== undefined);
    return [
      section(
        title,
        el(
          "details",
          { open: isOpen },
          el("summary", {}, counted(blocks.length, reason === "rights" ? "database" : "block")),
          blocksElement(blocks),
        ),
      ),
    ];
  });
  const others = DATA.notJudged.map(({ provider, count }) => `${provider} ${grouped(count)}`).join(", ");
  return [
    ...parts,
    ...(others === "" ? [] : [section("Not judged", el("p", {}, `Resources of types that let nobody in: ${others}.`))]),
  ];
}

/** @param {readonly Block[]} blocks */
function blocksElement(blocks) {
  return el(
    "ul",
    { class: "changes" },
    ...blocks
      .slice(0, LONGEST)
      .map((block) =>
        el(
          "li",
          { class: "unclassified" },
          signElement("unclassified"),
          el(
            "div",
            {},
            el(
              "p",
              {},
              code(
                [block.block === "resource" ? "" : block.block, block.type, block.name]
                  .filter((part) => part !== "")
                  .join(" "),
              ),
              ` in ${block.stack}`,
              block.change !== undefined && el("span", { class: "tag" }, block.change),
            ),
            placesElement([block]),
          ),
        ),
      ),
    blocks.length > LONGEST &&
      el("li", { class: "faint" }, `and ${grouped(blocks.length - LONGEST)} more: access.json names them all`),
  );
}

function legendElement() {
  return el(
    "div",
    {},
    el(
      "p",
      {},
      "A pod reaches a table from left to right: its ServiceAccount logs in to Vault by an auth role, a policy lets it ask for a login of a database role, the lease functions make that login a member of a group role, and the group role holds the grants.",
    ),
    el(
      "p",
      {},
      "Choose a cell, a row, a box or a link to see why it is there, for how long, and which line of the program says so. CONNECT and the USAGE of schemas, which reach no data by themselves, are shown when you ask for them.",
    ),
  );
}

function keysElement() {
  /** @type {[string, string][]} */
  const keys = [
    ["/", "filter"],
    ["Esc", "close, then clear"],
    ["↑ ↓ ← →", "move in matrix, list and picture"],
    ["Enter", "explain"],
  ];
  return el(
    "dl",
    { class: "keys" },
    ...keys.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)]),
  );
}
