/**
 * One place on the way of a row: a node of the picture.
 * @typedef {object} Station
 * @property {string} key
 * @property {number} column
 * @property {string} title
 * @property {string} sub
 * @property {string} tone
 * @property {boolean} [many] it stands for several, which can be looked into
 */

/**
 * What stands for many: namespaces for their workloads, schemas for their objects.
 * @typedef {{ who: boolean, on: boolean }} Grouping
 */

/**
 * @typedef {Station & { items: Item[], lines: string[], under: string[], ports: Port[], x: number, y: number, w: number, h: number, wish: number }} PictureNode
 */

/**
 * Where a link ends in the box of an object: what it allows stands beside it.
 * @typedef {object} Port
 * @property {string} key
 * @property {PictureNode} from
 * @property {Item[]} items
 * @property {Label[]} labels
 * @property {number} y
 */

/** @typedef {{ text: string, verdicts: string[], gone: boolean, faint?: boolean }} Word */
/** @typedef {Word[]} Label a line of words */

/**
 * @typedef {object} PictureLink
 * @property {string} key
 * @property {PictureNode} from
 * @property {PictureNode} to
 * @property {Item[]} items
 * @property {Port | undefined} port
 */

/** The chain, with the share of the width that each part needs for its names. */
const COLUMNS = [
  { title: "ServiceAccount", one: "ServiceAccount", share: 0.116, side: "kubernetes" },
  { title: "Auth role", one: "auth role", share: 0.112, side: "vault" },
  { title: "Policy", one: "policy", share: 0.166, side: "vault" },
  { title: "Database role", one: "database role", share: 0.156, side: "vault" },
  { title: "Lease functions", one: "lease functions", share: 0.112, side: "postgres" },
  { title: "Group role", one: "group role", share: 0.146, side: "postgres" },
  { title: "Tables and other objects", one: "object", share: 0.192, side: "postgres" },
];
const GAP = 26;
const BETWEEN = 8;
const LINE = 14;
const SMALL = 13;
const PADDING = 19;
const PORT = 17;
const OBJECT = COLUMNS.length - 1;

/**
 * The way of a row through the seven columns; rows that are no grant have a shorter one.
 * @param {Row} row
 * @returns {Station[]}
 */
function stationsOf(row) {
  const { who, edge, identity, database } = row;
  /** @type {(column: number, id: string, title: string, sub: string, tone?: string) => Station} */
  const at = (column, id, title, sub, tone = COLUMNS[column].side) => ({
    key: `${column}:${id}`,
    column,
    title,
    sub,
    tone,
  });
  const lease = at(4, `${database?.mountPath}`, row.db, database ? `on ${database.instance}` : "");
  if (row.kind === "wire")
    return [at(3, `network ${row.db}`, "the network", `sslmode ${database?.sslMode}`, "network"), lease];
  const space = namespaceOf(who);
  const stations = [at(0, who, who.slice(space.length), space.slice(0, -1).split("/").reverse().join(" · "))];
  const elsewhere = identity?.external ?? true;
  const role = identity ? identity.authRole : "declared elsewhere";
  stations.push(at(1, who, role, elsewhere ? "declared elsewhere" : (identity?.authPath ?? "")));
  if (row.kind === "vault") return stations;
  if (row.kind === "policy")
    return [...stations, at(2, `own ${row.object}`, row.object.replace(/^policy /, ""), "your own", "own")];
  if (!edge) return [...stations, lease];
  return [
    ...stations,
    at(2, edge.policy, edge.policy, ""),
    at(3, `${edge.mountPath} ${edge.databaseRole}`, edge.databaseRole, edge.mountPath),
    lease,
    at(5, `${row.db} ${edge.groupRole}`, edge.groupRole, edge.actsAs === undefined ? "" : `acts as ${edge.actsAs}`),
    at(OBJECT, row.object, row.on, row.db === "" || row.kind === "database" ? "" : `in ${row.db}`),
  ];
}

/**
 * The same where a namespace stands for its workloads, or a schema for its objects.
 * @param {Row} row
 * @param {Grouping} grouping
 * @returns {Station[]}
 */
function groupStationsOf(row, grouping) {
  const space = row.who.includes("/") ? namespaceOf(row.who) : row.who;
  return stationsOf(row).map((station) => {
    const { column } = station;
    if (column === 4 || station.tone === "network") return station;
    if (column === OBJECT) {
      if (!grouping.on || row.schema === undefined) return station;
      return { ...station, key: `6:${row.db}.${row.schema}.`, title: `schema ${row.schema}`, many: true };
    }
    if (!grouping.who) return station;
    const [cluster, namespace] = space.split("/");
    // In the middle a database has one box of each kind: with one for each namespace, nobody could follow the links.
    const part = station.tone === "own" ? `own of ${space}` : column < 2 ? space : `all of ${row.db}`;
    const title = column === 0 ? (ONE_CLUSTER ? namespace : `${cluster}/${namespace}`) : "";
    return { ...station, key: `${column}:${part}`, title, sub: "", many: true };
  });
}

const ONE_CLUSTER = new Set(WORKLOADS.map((who) => who.split("/")[0])).size === 1;

/** Every row that goes through a node or over a link, by its key. @type {Map<string, Item[]>} */
const THROUGH = new Map();
for (const item of ITEMS) {
  let before = "";
  for (const { key } of stationsOf(item.row)) {
    for (const place of before === "" ? [key] : [key, `${before} > ${key}`]) {
      const some = THROUGH.get(place);
      if (some) some.push(item);
      else THROUGH.set(place, [item]);
    }
    before = key;
  }
}

const pen = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
const FONT = '-apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, system-ui, sans-serif';
/** @type {Map<string, number>} */
const widths = new Map();

/**
 * @param {string} text
 * @param {number} size
 */
function widthOf(text, size) {
  const key = `${size} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    pen.font = `${size > 11.5 ? 600 : 500} ${size}px ${FONT}`;
    width = pen.measureText(text).width;
    if (widths.size > 20000) widths.clear();
    widths.set(key, width);
  }
  return width;
}

/**
 * A name in lines of some width, broken after a separator where there is one; what does not fit ends in an ellipsis.
 * @param {string} text
 * @param {number} width
 * @param {number} size
 * @param {number} most
 * @returns {string[]}
 */
function wrap(text, width, size, most) {
  /** @type {string[]} */
  const lines = [];
  let rest = [...text];
  while (rest.length > 0 && lines.length < most) {
    let fits = rest.length;
    if (widthOf(rest.join(""), size) > width) {
      let low = 1;
      let high = rest.length;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (widthOf(rest.slice(0, middle).join(""), size) <= width) low = middle;
        else high = middle - 1;
      }
      fits = low;
    }
    if (fits < rest.length && lines.length === most - 1) {
      lines.push(`${rest.slice(0, Math.max(1, fits - 1)).join("")}…`);
      break;
    }
    if (fits < rest.length) {
      const seam = rest.slice(0, fits).findLastIndex((/** @type {string} */ character) => /[\s._/:,-]/.test(character));
      if (seam > 1) fits = seam + 1;
    }
    lines.push(rest.slice(0, fits).join("").trim());
    rest = rest.slice(fits);
  }
  return lines;
}

/**
 * Nodes and links of some rows, placed.
 * @param {Item[]} items
 * @param {Grouping} grouping
 * @param {number} width
 * @param {number} view height that can be seen at once
 */
function layOut(items, grouping, width, view) {
  const many = grouping.who || grouping.on;
  /** @type {Map<string, PictureNode>} */
  const nodes = new Map();
  /** @type {Map<string, PictureLink>} */
  const links = new Map();
  for (const item of items) {
    /** @type {PictureNode | undefined} */
    let from;
    const stations = groupStationsOf(item.row, grouping);
    for (const station of stations) {
      const node = nodes.get(station.key) ?? {
        ...station,
        items: [],
        lines: [],
        under: [],
        ports: [],
        x: 0,
        y: 0,
        w: 0,
        h: 0,
        wish: 0,
      };
      nodes.set(station.key, node);
      node.items.push(item);
      if (from) joinNodes(links, from, node, item, many);
      from = node;
    }
  }
  const left = COLUMNS.map((_, column) => columnLeft(column, width));
  for (const node of nodes.values()) measure(node, left[node.column], columnWidth(node.column, width), many);
  const columns = COLUMNS.map((_, column) => [...nodes.values()].filter((node) => node.column === column));
  if (!many) order(columns, [...links.values()]);
  const height = place(columns, [...links.values()], many ? view : undefined);
  return { nodes: [...nodes.values()], links: [...links.values()], height, columns };
}

/** @param {number} column @param {number} width */
function columnWidth(column, width) {
  return Math.floor((width - GAP * (COLUMNS.length - 1) - 2) * COLUMNS[column].share);
}

/** @param {number} column @param {number} width */
function columnLeft(column, width) {
  let left = 1;
  for (let before = 0; before < column; before++) left += columnWidth(before, width) + GAP;
  return left;
}

/**
 * @param {Map<string, PictureLink>} links
 * @param {PictureNode} from
 * @param {PictureNode} to
 * @param {Item} item
 * @param {boolean} many
 */
function joinNodes(links, from, to, item, many) {
  // In the box of an object every row has a place of its own.
  const key = to.column === OBJECT && !many ? `${from.key} > ${to.key} # ${item.index}` : `${from.key} > ${to.key}`;
  const link = links.get(key);
  if (link) {
    link.items.push(item);
    return;
  }
  const port = to.column === OBJECT ? { key, from, items: [item], labels: [], y: 0 } : undefined;
  const items = [item];
  if (port) {
    port.items = items;
    to.ports.push(port);
  }
  links.set(key, { key, from, to, items, port });
}

/**
 * @param {PictureNode} node
 * @param {number} x
 * @param {number} w
 * @param {boolean} many whether a port is that of several rows
 */
function measure(node, x, w, many) {
  const inner = w - PADDING;
  const names = new Set(node.items.map(({ row }) => nameAt(row, node.column)));
  const noun = node.tone === "own" ? "policy" : COLUMNS[node.column].one;
  const count = counted(names.size, node.column === 0 ? "account" : noun).replace(/ys$/, "ies");
  const title = node.many && node.title === "" ? (node.tone === "own" ? "policies of your own" : count) : node.title;
  const sub = node.many && node.title !== "" ? `${node.sub === "" ? "" : `${node.sub} · `}${count}` : node.sub;
  node.lines = wrap(title, inner, 12, 3);
  node.under = sub === "" ? [] : wrap(sub, inner, 11, node.column === OBJECT || node.column === 5 ? 2 : 1);
  for (const port of node.ports) port.labels = wrapWords(portWords(port, many), inner - 4);
  const ports = node.ports.reduce((sum, port) => sum + portHeight(port), 0);
  node.x = x;
  node.w = w;
  node.h = 13 + node.lines.length * LINE + node.under.length * SMALL + (ports > 0 ? ports + 4 : 0);
}

/** What is counted where one box stands for several. @param {Row} row @param {number} column */
function nameAt(row, column) {
  if (column === OBJECT) return row.object;
  return column < 2 ? row.who : `${row.who} ${row.edge?.mountPath}`;
}

/** @param {Port} port */
function portHeight(port) {
  return Math.max(1, port.labels.length) * 14 + PORT - 14;
}

/**
 * What stands at the end of a link: the verbs, and the columns if it is only some.
 * @param {Port} port
 * @param {boolean} many
 * @returns {Word[]}
 */
function portWords(port, many) {
  const rows = port.items.map(({ row }) => row);
  if (many) return groupWords(rows);
  const [row] = rows;
  const verbs = row.verbs.map((verb) => ({ text: String(verb.verb), verdicts: verdictsOf(verb), gone: verb.gone }));
  const columns = row.columns.map((text, index) => ({
    text: `${index === 0 ? "(" : ""}${text}${index === row.columns.length - 1 ? ")" : ","}`,
    verdicts: [],
    gone: row.gone,
    faint: true,
  }));
  return [...verbs, ...columns];
}

/**
 * The verbs of several rows, each with the verdicts that it has in any of them.
 * @param {Row[]} rows
 * @returns {Word[]}
 */
function groupWords(rows) {
  /** @type {Map<string, { verdicts: Set<string>, gone: boolean }>} */
  const verbs = new Map();
  for (const verb of rows.flatMap((row) => row.verbs)) {
    const known = verbs.get(verb.verb) ?? { verdicts: new Set(), gone: true };
    for (const verdict of verdictsOf(verb)) known.verdicts.add(verdict);
    verbs.set(verb.verb, { ...known, gone: known.gone && verb.gone });
  }
  return VERBS.flatMap((text) => {
    const known = verbs.get(text);
    if (!known) return [];
    const verdicts = VERDICTS.map(({ verdict }) => verdict).filter((verdict) => known.verdicts.has(verdict));
    return [{ text, verdicts, gone: known.gone }];
  });
}

/**
 * @param {Word[]} words
 * @param {number} width
 * @returns {Label[]}
 */
function wrapWords(words, width) {
  /** @type {Label[]} */
  const lines = [[]];
  let used = 0;
  for (const word of words) {
    const [text] = wrap(word.verdicts.map(signOf).join("") + word.text, width, 11, 1);
    const length = widthOf(text, 11) + 7;
    if (used > 0 && used + length > width) {
      if (lines.length === 4) {
        lines[3].push({ text: "…", verdicts: [], gone: false, faint: true });
        break;
      }
      lines.push([]);
      used = 0;
    }
    lines[lines.length - 1].push({ ...word, text });
    used += length;
  }
  return lines;
}

/**
 * Orders each column by what its nodes are linked to, so that few links cross.
 * @param {PictureNode[][]} columns
 * @param {PictureLink[]} links
 */
function order(columns, links) {
  // Databases stay apart: what leads to one is together, whatever it would cross less.
  const mounts = [
    ...new Set(columns.flat().flatMap(({ items }) => items.flatMap(({ row }) => row.database?.mountPath ?? []))),
  ].sort();
  /** @type {Map<string, number>} */
  const homes = new Map();
  for (const { items } of columns.flat())
    for (const { row } of items)
      if (row.database && row.identity) {
        const place = mounts.indexOf(row.database.mountPath);
        homes.set(row.who, Math.min(place, homes.get(row.who) ?? place));
      }
  const home = (/** @type {PictureNode} */ { items: [{ row }], column }) => {
    if (column < 2) return 0;
    return row.database ? mounts.indexOf(row.database.mountPath) : (homes.get(row.who) ?? mounts.length);
  };
  const rank = (/** @type {PictureNode[]} */ column) => column.forEach((node, index) => (node.wish = index));
  for (const column of columns) rank(column.sort((a, b) => home(a) - home(b)));
  const mean = (/** @type {PictureNode} */ node, /** @type {boolean} */ forward) => {
    const near = links.flatMap((link) =>
      forward ? (link.to === node ? [link.from.wish] : []) : link.from === node ? [link.to.wish] : [],
    );
    return near.length === 0 ? node.wish : near.reduce((sum, at) => sum + at, 0) / near.length;
  };
  for (const forward of [false, true, false, true]) {
    for (const column of forward ? columns : [...columns].reverse()) {
      const means = new Map(column.map((node) => [node, mean(node, forward)]));
      column.sort(
        (a, b) => home(a) - home(b) || /** @type {number} */ (means.get(a)) - /** @type {number} */ (means.get(b)),
      );
      rank(column);
    }
  }
}

/**
 * Gives every node its height, as near as can be to those that it is linked to, and returns that of the whole.
 * @param {PictureNode[][]} columns
 * @param {PictureLink[]} links
 * @param {number} [view] with many boxes: shorter columns stand in the middle of what is seen first, not of the whole
 */
function place(columns, links, view) {
  for (const column of columns) {
    const height = column.reduce((sum, { h }) => sum + h + BETWEEN, 0);
    const above = view === undefined ? 0 : Math.max(0, (view - height) / 2);
    stack(column, (_, at) => at + above);
  }
  for (const forward of view === undefined ? [true, false, true] : []) {
    for (const column of forward ? columns : [...columns].reverse()) {
      stack(column, (node, at) => {
        const near = links.flatMap((link) =>
          forward
            ? link.to === node
              ? [middle(link.from)]
              : []
            : link.from === node
              ? [link.port ? link.to.y + link.to.h / 2 : middle(link.to)]
              : [],
        );
        return near.length === 0 ? at : near.reduce((sum, y) => sum + y, 0) / near.length - node.h / 2;
      });
    }
  }
  const all = columns.flat();
  const top = Math.min(...all.map(({ y }) => y), Infinity);
  for (const node of all) {
    node.y = Math.round(node.y - top) + 1;
    // The links of an object are in the order of where they come from.
    node.ports.sort((a, b) => a.from.y - b.from.y || a.items[0].index - b.items[0].index);
    let y = node.y + 11 + node.lines.length * LINE + node.under.length * SMALL;
    for (const port of node.ports) {
      port.y = y + 9;
      y += portHeight(port);
    }
  }
  return all.length === 0 ? 0 : Math.max(...all.map(({ y, h }) => y + h)) + 2;
}

/** @param {PictureNode} node */
function middle(node) {
  return node.y + node.h / 2;
}

/**
 * Places the nodes of a column in their order without overlap, with the least sum of squared distances from where they
 * wish to be: nodes that would overlap form a block, which goes to the mean of its wishes.
 * @param {PictureNode[]} column
 * @param {(node: PictureNode, at: number) => number} wish
 */
function stack(column, wish) {
  /** @type {{ nodes: PictureNode[], sum: number, height: number }[]} */
  const blocks = [];
  let at = 0;
  for (const node of column) {
    let block = { nodes: [node], sum: wish(node, at), height: node.h + BETWEEN };
    at += node.h + BETWEEN;
    for (let above = blocks[blocks.length - 1]; above; above = blocks[blocks.length - 1]) {
      if (above.sum / above.nodes.length + above.height <= block.sum / block.nodes.length) break;
      blocks.pop();
      // The wishes of the lower block, as wishes for the top of both.
      const sum = above.sum + block.sum - above.height * block.nodes.length;
      block = { nodes: [...above.nodes, ...block.nodes], sum, height: above.height + block.height };
    }
    blocks.push(block);
  }
  for (const { nodes, sum } of blocks) {
    let y = sum / nodes.length;
    for (const node of nodes) {
      node.y = y;
      y += node.h + BETWEEN;
    }
  }
}
