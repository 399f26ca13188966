/** On a phone a row has two lines: parts.css has the same widths and heights. */
const phone = matchMedia("(max-width: 640px)");
const rowHeight = () => (phone.matches ? 62 : 36);
/** Rows above and below the visible ones, so that scrolling shows no gap. */
const SPARE = 8;

/** The rows that are listed. @type {Item[]} */
let listed = [];
/** Place of the row that the keyboard is on. */
let active = -1;

const list = byId("list");
const listBody = byId("list-rows");
/** The row of titles stays above the others. */
const HEAD_HEIGHT = 28;

/** @param {Item[]} items */
function showList(items) {
  const before = listed[active];
  listed = items;
  active = before ? items.indexOf(before) : -1;
  list.setAttribute("aria-rowcount", String(items.length + 1));
  listBody.style.height = `${items.length * rowHeight()}px`;
  list.scrollTop = active < 0 ? 0 : list.scrollTop;
  byId("nothing").hidden = items.length > 0;
  list.hidden = items.length === 0;
  drawRows();
}

/** Draws the rows that can be seen, and no others: a page of 10,000 rows has as many elements as one of 40. */
function drawRows(all = false) {
  // On paper nobody scrolls; but nobody reads a thousand pages either.
  const first = all ? 0 : Math.max(0, Math.floor(list.scrollTop / rowHeight()) - SPARE);
  const count = all ? 1000 : Math.ceil((list.clientHeight || 600) / rowHeight()) + 2 * SPARE;
  const rows = listed.slice(first, first + count).map((item, index) => rowElement(item, first + index));
  listBody.replaceChildren(...rows);
  const shown = active >= first && active < first + count;
  if (shown) list.setAttribute("aria-activedescendant", `row-${active}`);
  else list.removeAttribute("aria-activedescendant");
}

/**
 * @param {Item} item
 * @param {number} place
 */
function rowElement(item, place) {
  const { row } = item;
  const lease = row.clocks.find(({ clock }) => clock === "lease");
  const places = [...new Set(row.verbs.flatMap(({ by }) => by.map(({ source, path }) => source ?? path)))];
  /** @type {(name: string, ...children: Child[]) => HTMLElement} */
  const cell = (name, ...children) => el("div", { role: "gridcell", class: `cell ${name}` }, ...children);
  const element = el(
    "div",
    {
      role: "row",
      id: `row-${place}`,
      "aria-rowindex": place + 2,
      "aria-selected": state.pick === `row:${item.key}` ? "true" : "false",
      class: `row${place === active ? " active" : ""}${row.gone ? " gone" : ""}`,
    },
    DATA.compared && cell("change", ...item.verdicts.map(signElement)),
    cell("who", whoElement(row.who)),
    cell("may", verbsElement(row)),
    cell(
      "on",
      el("span", { class: "object", title: row.object }, row.on, row.columns.length > 0 && columnsElement(row.columns)),
      row.wide && el("span", { class: "tag", title: "All of the schema, with those to come" }, "whole schema"),
    ),
    cell("db", row.db),
    cell("time", lease ? `${lease.ttl} / ${lease.max}` : ""),
    cell(
      "from",
      el("span", { title: places.join("\n") }, (places[0] ?? "").replace(/^.*\//, "")),
      places.length > 1 && ` +${places.length - 1}`,
    ),
  );
  element.style.transform = `translateY(${place * rowHeight()}px)`;
  element.addEventListener("click", () => {
    active = place;
    pick(`row:${item.key}`);
  });
  return element;
}

/** The ServiceAccount is what is looked for; what it is in stands before it, fainter. @param {string} who */
function whoElement(who) {
  const space = who.includes("/") ? namespaceOf(who) : "";
  return el(
    "span",
    { title: who },
    space !== "" && el("span", { class: "faint" }, space),
    el("span", { class: "name" }, who.slice(space.length)),
  );
}

/** @param {readonly string[]} columns */
function columnsElement(columns) {
  return el("span", { class: "columns" }, ` (${columns.join(", ")})`);
}

/** @param {Row} row */
function verbsElement(row) {
  const verbs = row.verbs.map((verb) => {
    const verdicts = verdictsOf(verb);
    const title = verdicts.map(titleOf).join(", ");
    const meaning = meaningOf(verb.verb);
    return el(
      "span",
      {
        class: ["verb", ...(verb.gone ? ["gone"] : []), ...verdicts.slice(0, 1)].join(" "),
        title: [title, meaning].filter((part) => part !== "").join(": ") || undefined,
      },
      verdicts.length > 0 && el("span", { class: "verb-sign", "aria-hidden": "true" }, verdicts.map(signOf).join("")),
      verdicts.length > 0 && el("span", { class: "unseen" }, `${title}: `),
      row.kind === "elsewhere" ? "not known here" : verb.verb,
    );
  });
  return el("span", { class: "verbs" }, ...verbs);
}

/** What a verb means, where not every reader knows it; `""` for the usual ones. @param {string} verb */
function meaningOf(verb) {
  return Object.hasOwn(DATA.meanings, verb) ? DATA.meanings[verb] : "";
}

/** The verdicts about one privilege, the gravest first. @param {RowVerb} verb */
function verdictsOf(verb) {
  const found = verb.changes.map((at) => DATA.changes[at].verdict);
  return VERDICTS.map(({ verdict }) => verdict).filter((verdict) => found.includes(/** @type {never} */ (verdict)));
}

/** Height in which rows are seen. */
function viewHeight() {
  return list.clientHeight - HEAD_HEIGHT;
}

/**
 * Moves to a row and explains it.
 * @param {number} place
 */
function goTo(place) {
  if (listed.length === 0) return;
  active = Math.min(Math.max(place, 0), listed.length - 1);
  const top = active * rowHeight();
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + rowHeight() > list.scrollTop + viewHeight()) list.scrollTop = top + rowHeight() - viewHeight();
  pick(`row:${listed[active].key}`);
}

/** @param {KeyboardEvent} event */
function listKey(event) {
  const page = Math.max(1, Math.floor(viewHeight() / rowHeight()) - 1);
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowDown: () => goTo(active + 1),
    ArrowUp: () => goTo(active - 1),
    PageDown: () => goTo(active + page),
    PageUp: () => goTo(active - page),
    Home: () => goTo(0),
    End: () => goTo(listed.length - 1),
    Enter: () => {
      if (active < 0) goTo(0);
      byId("panel").focus();
    },
  };
  if (!Object.hasOwn(keys, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  keys[event.key]();
}
