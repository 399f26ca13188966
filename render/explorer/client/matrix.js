/** More columns or lines than these are put together: nobody compares them cell by cell. */
const MOST_COLUMNS = 9;
const MOST_LINES = 40;

const matrixBox = byId("matrix");

/**
 * One cell: the permissions of a workload, or of a namespace, on an object, or on a schema.
 * @typedef {{ who: string, on: string, items: Item[] }} Cell
 */

/**
 * Draws who may do what on which object: a column for each workload, a line for each object. What is too much for that is put
 * together by namespace and by schema.
 * @param {Item[]} items
 */
function drawMatrix(items) {
  const by = {
    who: new Set(items.map(({ row }) => row.who)).size > MOST_COLUMNS,
    on: new Set(items.map(({ row }) => row.object)).size > MOST_LINES,
  };
  /** @type {Map<string, { title: string, db: string, cells: Map<string, Cell> }>} */
  const lines = new Map();
  for (const item of items) {
    const { row } = item;
    const who = by.who && row.who.includes("/") ? namespaceOf(row.who) : row.who;
    const isSchema = by.on && row.schema !== undefined;
    const on = isSchema ? `${row.db}.${row.schema}.` : row.object;
    const line = lines.get(on) ?? { title: isSchema ? `${row.schema}.*` : row.on, db: row.db, cells: new Map() };
    const cell = line.cells.get(who) ?? { who, on, items: [] };
    cell.items.push(item);
    line.cells.set(who, cell);
    lines.set(on, line);
  }
  const columns = [...new Set([...lines.values()].flatMap(({ cells }) => [...cells.keys()]))].sort();
  const shownColumns = columns.slice(0, by.who ? 3 * MOST_COLUMNS : MOST_COLUMNS);
  // What is in no database, such as a policy of Vault, comes last.
  const key = (/** @type {string} */ on, /** @type {string} */ db) => `${db === "" ? 1 : 0}${db}\n${on}`;
  const sorted = [...lines].sort(([a, one], [b, two]) => (key(a, one.db) < key(b, two.db) ? -1 : 1));
  const shownLines = sorted.slice(0, MOST_LINES);
  /** @type {HTMLElement[]} */
  const rows = [];
  let db = "";
  for (const [place, [, line]] of shownLines.entries()) {
    if (line.db !== db && DATABASES.length > 1)
      rows.push(
        el(
          "tr",
          { class: "matrix-db" },
          el(
            "th",
            { scope: "rowgroup", colspan: shownColumns.length + 1 },
            line.db === "" ? "Vault and network" : line.db,
          ),
        ),
      );
    db = line.db;
    rows.push(
      el(
        "tr",
        {},
        el("th", { scope: "row", title: line.title }, breakable(line.title)),
        ...shownColumns.map((who, column) => {
          const cell = line.cells.get(who);
          return el("td", {}, cell && cellElement(cell, line.title, place, column));
        }),
      ),
    );
  }
  matrixBox.replaceChildren(
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("td", {}),
          ...shownColumns.map((who) => el("th", { scope: "col", title: who }, ...columnWords(who))),
        ),
      ),
      el("tbody", {}, ...rows),
    ),
  );
  const note = [
    ...(by.who ? ["Workloads are put together by namespace."] : []),
    ...(by.on ? ["Objects are put together by schema."] : []),
    ...(shownColumns.length < columns.length || shownLines.length < sorted.length
      ? [
          `${grouped(shownLines.length)} of ${counted(sorted.length, "line")} and ${grouped(shownColumns.length)} of ${counted(columns.length, "column")} are shown: filter for the others.`,
        ]
      : []),
  ];
  byId("matrix-note").textContent = note.join(" ");
  byId("matrix-note").hidden = note.length === 0;
  matrixBox.querySelector("button")?.setAttribute("tabindex", "0");
}

/** The namespace stands fainter above the name. @param {string} who @returns {Child[]} */
function columnWords(who) {
  if (!who.includes("/") || who.endsWith("/")) return [breakable(who.replace(/\/$/, ""))];
  const space = namespaceOf(who);
  return [
    el("span", { class: "faint" }, breakable(space)),
    el("span", { class: "name" }, breakable(who.slice(space.length))),
  ];
}

/**
 * @param {Cell} cell
 * @param {string} title
 * @param {number} line
 * @param {number} column
 */
function cellElement({ who, on, items }, title, line, column) {
  const isOne = items.every(({ row }) => row.who === who && row.object === on);
  const attributes = { tabindex: "-1", "data-line": line, "data-column": column };
  if (isOne)
    return el(
      "div",
      { class: "cell-verbs" },
      ...items.map((item) =>
        button(
          { ...attributes, class: item.row.gone ? "matrix-pick gone" : "matrix-pick" },
          () => pick(`row:${item.key}`),
          el("span", { class: "unseen" }, `${who} on ${item.row.object}: `),
          verbsElement(item.row),
          item.row.columns.length > 0 && columnsElement(item.row.columns),
        ),
      ),
    );
  const verbs = VERBS.filter((verb) => items.some(({ row }) => row.verbs.some((one) => one.verb === verb)));
  const verdicts = VERDICTS.filter(({ verdict }) => items.some((item) => item.verdicts.includes(verdict)));
  return button(
    { ...attributes, class: "matrix-pick" },
    () => change({ who, on: TARGETS.has(on) || SCHEMAS.has(on) ? on : "" }),
    el("span", { class: "unseen" }, `${who} on ${title}: `),
    ...verdicts.map(({ verdict }) => signElement(verdict)),
    el("span", { class: "verbs" }, ...verbs.map((verb) => el("span", { class: "verb" }, verb))),
  );
}

/** Arrow keys go to the next cell that says something: Tab comes to the matrix once. @param {KeyboardEvent} event */
function matrixKey(event) {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  const at = /** @type {HTMLElement} */ (event.target).closest("button");
  if (!step || !at || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const [line, column] = [Number(at.dataset.line), Number(at.dataset.column)];
  const far = (/** @type {HTMLButtonElement} */ one) => {
    const [down, right] = [Number(one.dataset.line) - line, Number(one.dataset.column) - column];
    const [along, across] = step[0] === 0 ? [right * step[1], down] : [down * step[0], right];
    return along > 0 ? along + 100 * Math.abs(across) : Infinity;
  };
  const near = [...matrixBox.querySelectorAll("button")].sort((a, b) => far(a) - far(b))[0];
  if (!near || far(near) === Infinity) return;
  for (const one of matrixBox.querySelectorAll("button")) one.setAttribute("tabindex", one === near ? "0" : "-1");
  near.focus();
}
