/** More boxes than this are not drawn in one column: nobody could follow their links. */
const MOST = 40;
/** The box around the drawing has this much room at both sides. */
const MARGIN = 24;
/** Width of a sheet of A4 on its side, without its margins, in CSS pixels. */
const PAPER = 990;

const drawing = byId("drawing");
const pictureBox = byId("picture");
/** @type {ReturnType<typeof layOut> | undefined} */
let drawn;
/** Which part is drawn of what is too much for one picture. */
let part = 0;
/** @type {Grouping} */
let grouping = { who: false, on: false };
/** The node that the Tab key comes to. */
let nodeAt = "";
/** What was picked when it was last drawn. */
let pickDrawn = "";

/**
 * Draws rows: all of them if they are few, else their namespaces and schemas, and if even those are many, a part.
 * @param {Item[]} items
 * @param {number} room
 */
function draw(items, room = pictureBox.clientWidth - MARGIN) {
  const width = Math.max(room, 900);
  grouping = groupingOf(items);
  const parts = partsOf(waysOf(items));
  const chosen = new Set(pickedItems());
  // What is picked is always in the picture.
  const at = parts.findIndex((some) => some.some((item) => chosen.has(item)));
  if (at >= 0 && state.pick !== pickDrawn) part = at;
  if (part >= parts.length) part = 0;
  pickDrawn = state.pick;
  drawn = layOut(parts[part] ?? [], grouping, width, pictureView());
  const height = Math.max(drawn.height, 40);
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.setAttribute("width", String(width));
  drawing.setAttribute("height", String(height));
  drawing.replaceChildren(
    svg("g", { class: "links" }, ...drawn.links.map(linkElement)),
    svg("g", { class: "nodes" }, ...drawn.nodes.map(nodeElement)),
  );
  drawing.classList.toggle("many", grouping.who);
  drawHeads(width);
  drawNote(items.length, parts);
  if (!drawn.nodes.some(({ key }) => key === nodeAt)) nodeAt = drawn.nodes[0]?.key ?? "";
  light();
  reveal();
}

/** How high the picture will be at most, whatever it is now. */
function pictureView() {
  return Math.max(240, (byId("left").clientHeight || innerHeight) * 0.6 - 90);
}

/**
 * Parts that can be drawn: no column has more than so many boxes, no object more than so many links.
 * @param {Item[][]} ways
 * @returns {Item[][]}
 */
function partsOf(ways) {
  /** @type {Item[][]} */
  const parts = [];
  /** @type {Set<string>[]} */
  let boxes = [];
  let count = 0;
  for (const way of ways) {
    const stations = groupStationsOf(way[0].row, grouping);
    const isFull =
      (count >= MOST && !grouping.who && !grouping.on) ||
      stations.some(({ column, key }) => boxes[column] && boxes[column].size >= MOST && !boxes[column].has(key));
    if (isFull || parts.length === 0) {
      parts.push([]);
      boxes = COLUMNS.map(() => new Set());
      count = 0;
    }
    for (const { column, key } of stations) boxes[column].add(key);
    parts[parts.length - 1].push(...way);
    count += 1;
  }
  return parts;
}

/** @param {Item[]} items @returns {Grouping} */
function groupingOf(items) {
  if (items.length <= MOST) return { who: false, on: false };
  const spaces = new Set(items.map(({ row }) => namespaceOf(row.who)));
  const schemas = new Set(items.map(({ row }) => `${row.db}.${row.schema}`));
  return { who: spaces.size > 1, on: schemas.size > 1 };
}

/** Rows that are drawn as one way. @param {Item[]} items @returns {Item[][]} */
function waysOf(items) {
  if (!grouping.who && !grouping.on) return items.map((item) => [item]);
  /** @type {Map<string, Item[]>} */
  const ways = new Map();
  for (const item of items) {
    const key = groupStationsOf(item.row, grouping)
      .map((station) => station.key)
      .join(" > ");
    const way = ways.get(key);
    if (way) way.push(item);
    else ways.set(key, [item]);
  }
  return [...ways.values()];
}

/** @param {number} width */
function drawHeads(width) {
  const heads = COLUMNS.map((column, index) => {
    const head = el("div", { class: `head ${column.side}` }, column.title);
    head.style.left = `${columnLeft(index, width)}px`;
    head.style.width = `${columnWidth(index, width)}px`;
    return head;
  });
  byId("heads").style.width = `${width}px`;
  byId("heads").replaceChildren(...heads);
}

/**
 * Says what is not drawn, and lets it be drawn.
 * @param {number} count
 * @param {Item[][]} parts
 */
function drawNote(count, parts) {
  const note = byId("picture-note");
  const isGrouped = grouping.who || grouping.on;
  note.hidden = !isGrouped && parts.length < 2;
  const by = [grouping.who && "namespace", grouping.on && "schema"].filter((word) => word !== false).join(" and ");
  const shift = (/** @type {number} */ to) => () => {
    part = to;
    draw(pictured());
    pictureBox.scrollTop = 0;
    tell();
  };
  const rest = parts.slice(part + 1).reduce((sum, some) => sum + some.length, 0);
  note.replaceChildren(
    el(
      "span",
      {},
      isGrouped ? `${counted(count, "permission")} by ${by}: choose a box to look into it. ` : "",
      parts.length > 1 && `Part ${part + 1} of ${grouped(parts.length)}.`,
    ),
    ...(part > 0 ? [button({ class: "quiet" }, shift(part - 1), "Back")] : []),
    ...(rest > 0 ? [button({ class: "quiet" }, shift(part + 1), `${grouped(rest)} more`)] : []),
  );
}

/** @param {PictureLink} link */
function linkElement(link) {
  const { from: a, to: b, port } = link;
  const [x1, y1, x2, y2] = [a.x + a.w, middle(a), b.x, port ? port.y : middle(b)];
  const bend = Math.max(12, (x2 - x1) / 2);
  const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  // What other filters hide goes over the link as well.
  const all = port ? link.items : (THROUGH.get(`${a.key} > ${b.key}`) ?? link.items);
  const classes = ["link", ...statesOf(all)].join(" ");
  const element = svg(
    "g",
    { class: classes, "data-key": link.key },
    svg("path", { d, class: "hit" }),
    svg("path", { d, class: "line" }),
  );
  element.addEventListener("click", () => (a.many || b.many ? choose(a.many ? a : b) : pick(pickOf(link))));
  return element;
}

/** A link is explained with its row, or, where many go over it, with the node that has fewer. @param {PictureLink} link */
function pickOf({ items, from: a, to: b }) {
  if (items.length === 1) return `row:${items[0].key}`;
  return `node:${a.items.length <= b.items.length ? a.key : b.key}`;
}

/** What is so for everything that goes through a link or node. @param {Item[]} items @returns {string[]} */
function statesOf(items) {
  if (items.every(({ row }) => row.gone)) return ["gone", "narrowed"];
  const live = items.filter(({ row }) => !row.gone);
  const isNew = live.every(({ row }) => row.verbs.every((verb) => verb.gone || verdictsOf(verb).includes("broadened")));
  return isNew && DATA.compared ? ["broadened"] : [];
}

/** The verdicts that a node's sign tells: about the node itself, not about all that goes through it. @param {PictureNode} node */
function nodeVerdicts(node) {
  const through = node.many ? node.items : (THROUGH.get(node.key) ?? node.items);
  /** @type {Set<string>} */
  const found = new Set(statesOf(through).filter((verdict) => verdict !== "gone"));
  const links = LINKS_OF_COLUMN[node.column];
  const clocks = CLOCKS_OF_COLUMN[node.column];
  for (const { row } of through) {
    for (const { changes } of row.verbs) {
      for (const at of changes) {
        const change = DATA.changes[at];
        if (change.links.some((link) => links.includes(link))) found.add("rewired");
        if (change.clocks.some((clock) => clocks.includes(clock))) found.add(change.verdict);
      }
    }
  }
  return VERDICTS.map(({ verdict }) => verdict).filter((verdict) => found.has(verdict));
}

/** Which links of a rewired path are told at which column. @type {string[][]} */
const LINKS_OF_COLUMN = [
  ["delivered to"],
  ["auth method", "auth role", "audience", "auth role is made"],
  ["policy"],
  ["database role", "mount", "connection", "connections of a login"],
  ["live leases", "lease cap", "owner", "Vault's login", "estate role"],
  ["group role", "schema-wide role", "acts as"],
  [],
];
/** @type {string[][]} */
const CLOCKS_OF_COLUMN = [["deleted pod"], ["token"], [], ["lease"], ["session"], [], []];

/** @param {PictureNode} node */
function nodeElement(node) {
  const { x, y, w, h, lines, under, ports } = node;
  const verdicts = nodeVerdicts(node);
  const states = statesOf(node.many ? node.items : (THROUGH.get(node.key) ?? node.items));
  let at = y + 18;
  /** @type {(lines: string[], step: number, name: string) => SVGTextElement[]} */
  const text = (all, step, name) =>
    all.map((line, index) => {
      if (index > 0) at += step;
      return svg("text", { x: x + 11, y: at, class: name }, line);
    });
  const title = text(lines, LINE, "title");
  if (under.length > 0) at += SMALL + 1;
  const sub = text(under, SMALL, "sub");
  const element = svg(
    "g",
    {
      class: ["node", node.tone, ...states].join(" "),
      "data-key": node.key,
      role: "button",
      tabindex: node.key === nodeAt ? 0 : -1,
    },
    svg("rect", { x, y, width: w, height: h, rx: 7, class: "box" }),
    svg("path", { d: `M${x + 1.5} ${y + 8}v${h - 16}`, class: "side" }),
    ...title,
    ...sub,
    ...(ports.length > 0 ? [svg("path", { d: `M${x + 12} ${ports[0].y - 10}h${w - 24}`, class: "rule" })] : []),
    ...ports.map((port) => portElement(port, node)),
    ...verdicts.map((verdict, index) => badge(x + w - 4 - index * 17, y + 1, verdict)),
  );
  // Its name for those who hear it, and a hint for those whose pointer rests on it: the whole name, which may be cut in the box.
  element.prepend(svg("title", {}, nodeLabel(node, verdicts)));
  element.addEventListener("click", () => choose(node));
  return element;
}

/**
 * @param {Port} port
 * @param {PictureNode} node
 */
function portElement(port, node) {
  const lines = port.labels.map((label, index) => {
    const words = label.flatMap(({ text, verdicts, gone, faint }, place) => [
      ...(place > 0 ? [" "] : []),
      svg(
        "tspan",
        { class: [...verdicts.slice(0, 1), gone ? "gone" : "", faint ? "faint" : ""].join(" ").trim() || undefined },
        text,
      ),
    ]);
    return svg("text", { x: node.x + 14, y: port.y + 4 + index * 14, class: "allows" }, ...words);
  });
  return svg("g", { "data-port": port.key, class: "port" }, svg("circle", { cx: node.x, cy: port.y, r: 3 }), ...lines);
}

/**
 * A sign on the upper edge of a box.
 * @param {number} x
 * @param {number} y
 * @param {string} verdict
 */
function badge(x, y, verdict) {
  return svg(
    "g",
    { class: `badge ${verdict}` },
    svg("circle", { cx: x - 6, cy: y, r: 8 }),
    svg("text", { x: x - 6, y: y + 4, "text-anchor": "middle" }, signOf(verdict)),
  );
}

/**
 * @param {PictureNode} node
 * @param {string[]} verdicts
 */
function nodeLabel(node, verdicts) {
  const kind = node.tone === "network" ? "" : `${COLUMNS[node.column].one} `;
  const name = node.lines.join("") === node.title ? node.title : node.title || node.lines.join(" ");
  const told = verdicts.map(titleOf).join(", ");
  return `${kind}${name}, ${counted(node.items.length, "permission")}${told === "" ? "" : `, ${told}`}`;
}

/** Explains a node, or looks into one that stands for many. @param {PictureNode} node */
function choose(node) {
  nodeAt = node.key;
  if (!node.many) {
    pick(`node:${node.key}`);
    return;
  }
  const [{ row }] = node.items;
  if (node.column > 1 && node.column < OBJECT && node.tone !== "own") change({ db: row.db });
  else if (node.column === OBJECT) change({ on: `${row.db}.${row.schema}.` });
  else change({ who: namespaceOf(row.who) });
}

/** Lights the ways of what is picked, and dims the others. */
function light() {
  const chosen = new Set(pickedItems());
  const any =
    drawn !== undefined && chosen.size > 0 && drawn.nodes.some(({ items }) => items.some((item) => chosen.has(item)));
  drawing.classList.toggle("picked", any);
  const isOn = (/** @type {Item[]} */ items) => items.some((item) => chosen.has(item));
  const links = new Map((drawn?.links ?? []).map((link) => [link.key, link]));
  for (const element of drawing.querySelectorAll(".link, .port")) {
    const link = links.get(element.getAttribute("data-key") ?? element.getAttribute("data-port") ?? "");
    element.classList.toggle("on", any && link !== undefined && isOn(link.items));
  }
  const nodes = new Map((drawn?.nodes ?? []).map((node) => [node.key, node]));
  for (const element of drawing.querySelectorAll(".node")) {
    const key = element.getAttribute("data-key") ?? "";
    element.classList.toggle("on", any && isOn(nodes.get(key)?.items ?? []));
    element.classList.toggle("chosen", state.pick === `node:${key}`);
    element.setAttribute("aria-pressed", String(state.pick === `node:${key}`));
    element.setAttribute("tabindex", key === nodeAt ? "0" : "-1");
  }
}

/** Scrolls to what is lit, if it cannot be seen. */
function reveal() {
  const lit = (drawn?.nodes ?? []).filter(({ key }) =>
    drawing.querySelector(`.node.on[data-key="${CSS.escape(key)}"]`),
  );
  if (lit.length === 0) return;
  const top = Math.min(...lit.map(({ y }) => y));
  const end = Math.max(...lit.map(({ y, h }) => y + h)) + 50;
  const view = pictureBox.clientHeight;
  if (top >= pictureBox.scrollTop && end <= pictureBox.scrollTop + view) return;
  pictureBox.scrollTop = end - top > view ? top - 6 : (top + end - view) / 2;
}

/**
 * Arrow keys go along links to the sides, and up and down in a column.
 * @param {KeyboardEvent} event
 */
function pictureKey(event) {
  if (!drawn || event.ctrlKey || event.metaKey || event.altKey) return;
  const node = drawn.nodes.find(({ key }) => key === nodeAt);
  if (!node) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    choose(node);
    if (state.pick === `node:${node.key}` && event.key === "Enter") byId("panel").focus();
    return;
  }
  const next = neighbour(drawn, node, event.key);
  if (!next) return;
  event.preventDefault();
  nodeAt = next.key;
  for (const element of drawing.querySelectorAll(".node")) {
    const isIt = element.getAttribute("data-key") === nodeAt;
    element.setAttribute("tabindex", isIt ? "0" : "-1");
    if (!isIt) continue;
    /** @type {SVGElement} */ (element).focus();
    element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

/**
 * @param {ReturnType<typeof layOut>} picture
 * @param {PictureNode} node
 * @param {string} key
 * @returns {PictureNode | undefined}
 */
function neighbour(picture, node, key) {
  const column = [...picture.columns[node.column]].sort((a, b) => a.y - b.y);
  const place = column.indexOf(node);
  if (key === "ArrowDown") return column[place + 1];
  if (key === "ArrowUp") return column[place - 1];
  const near = picture.links.flatMap(({ from: a, to: b }) => {
    if (key === "ArrowRight" && a === node) return [b];
    return key === "ArrowLeft" && b === node ? [a] : [];
  });
  return near.sort((a, b) => Math.abs(middle(a) - middle(node)) - Math.abs(middle(b) - middle(node)))[0];
}
