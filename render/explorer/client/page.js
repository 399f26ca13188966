/** The rows that the filters let through. @type {Item[]} */
let matches = [];

const search = /** @type {HTMLInputElement} */ (byId("q"));
const SELECTS = /** @type {const} */ ({ who: "All workloads", on: "All objects", db: "All databases" });

/** The rows that are picked: one, or all that go through a node. @returns {Item[]} */
function pickedItems() {
  if (state.pick.startsWith("row:")) return ITEMS.filter(({ key }) => `row:${key}` === state.pick).slice(0, 1);
  if (state.pick.startsWith("node:")) return THROUGH.get(state.pick.slice(5)) ?? [];
  return [];
}

/** Picks what is explained. @param {string} what */
function pick(what) {
  state = { ...state, pick: what };
  saveState();
  const key = what.startsWith("row:") ? what.slice(4) : undefined;
  if (key !== undefined) active = listed.findIndex((item) => item.key === key);
  const chosen = new Set(pickedItems());
  // Lighting what is drawn already is quicker than drawing it anew.
  const isDrawn =
    state.view === "ways" &&
    (chosen.size === 0 || drawn?.nodes.some(({ items }) => items.some((item) => chosen.has(item))));
  if (isDrawn) {
    light();
    if (key !== undefined) reveal();
  } else drawView();
  drawRows();
  explain();
  // There the explanation stands below the list.
  if (phone.matches && what !== "") panel.scrollIntoView();
}

/** What is drawn as a picture: every way where that is asked for, else the way that is picked. */
function pictured() {
  return state.view === "ways" ? matches : pickedItems();
}

/** Draws the picture or, without anything picked, the matrix. @param {number} [room] */
function drawView(room) {
  const isPicture = pictured().length > 0;
  byId("picture-card").hidden = !isPicture;
  byId("matrix-card").hidden = isPicture || matches.length === 0;
  byId("view").textContent = state.view === "ways" ? "Matrix" : "Draw all ways";
  if (!isPicture) drawMatrix(matches);
  else draw(pictured(), room);
}

/** Changes filters and shows what they let through. @param {Partial<State>} to */
function change(to) {
  state = { ...state, ...to };
  saveState();
  show();
}

/** When the address was changed lately: browsers refuse a page that does it hundreds of times in a minute. @type {number[]} */
let saved = [];
let later = 0;

function saveState() {
  clearTimeout(later);
  saved = saved.filter((time) => Date.now() - time < 30_000);
  if (saved.length >= 80) {
    later = window.setTimeout(saveState, 1000);
    return;
  }
  // The address is replaced, not added to: going back leaves the page.
  const hash = writeState(state);
  if (hash === location.hash) return;
  saved.push(Date.now());
  history.replaceState(null, "", hash === "" ? location.pathname + location.search : hash);
}

function show() {
  matches = matching(state);
  part = 0;
  showControls();
  showList(matches);
  const key = state.pick.startsWith("row:") ? state.pick.slice(4) : undefined;
  if (key !== undefined) active = listed.findIndex((item) => item.key === key);
  pickDrawn = "";
  drawView();
  drawRows();
  explain();
  tell();
}

/** Says in one sentence what is shown, also to those who do not see it. */
function tell() {
  const whos = new Set(matches.map(({ row }) => row.who).filter((who) => who.includes("/")));
  // Only a question about everybody has an answer about everybody.
  const isAnswer =
    state.verb !== "" &&
    state.on !== "" &&
    [state.q, state.who, state.db, state.change].join("").replace("all", "") === "";
  const able = new Set(
    matches
      .filter(({ row }) => row.verbs.some(({ verb, gone }) => !gone && (verb === state.verb || verb === "ACT AS")))
      .map(({ row }) => row.who),
  );
  const count = byId("count");
  const total = ITEMS.filter(({ row }) => !row.quiet).length;
  const subject = counted(whos.size, "workload");
  if (isAnswer)
    count.textContent = `${counted(able.size, "workload")} may ${state.verb} ${state.on.replace(/\.$/, "")}`;
  else if (isChangedOnly(state))
    count.textContent = `${grouped(matches.length)} of ${counted(total, "permission")} change`;
  else if (isFiltered(state) && matches.length < total)
    count.textContent = `${grouped(matches.length)} of ${counted(total, "permission")}, ${subject}`;
  else count.textContent = `${counted(matches.length, "permission")}, ${subject}`;
  byId("clear").hidden = !isFiltered({ ...state, change: state.change.replace("all", "") });
  if (matches.length > 0) return;
  byId("nothing-title").textContent =
    ITEMS.length === 0
      ? "Nobody is granted anything yet"
      : isAnswer
        ? uncovered() > 0
          ? "Nobody that the graph knows may do that"
          : "Nobody may do that"
        : "Nothing matches";
  byId("nothing-text").textContent =
    ITEMS.length === 0
      ? "Once a table is granted to a workload, the way to it is drawn here."
      : unknownNames() ||
        (uncovered() > 0
          ? "No permission that the graph knows matches these filters. What it does not cover is named beside."
          : "No permission matches these filters.");
}

/** An address may ask for what is not there any more. */
function unknownNames() {
  if (
    state.who !== "" &&
    !WORKLOADS.some((who) => who === state.who || (state.who.endsWith("/") && who.startsWith(state.who)))
  )
    return `There is no workload ${state.who} in this report.`;
  if (state.on !== "" && !TARGETS.has(state.on) && !SCHEMAS.has(state.on))
    return `No row of this report names ${state.on}.`;
  if (state.db !== "" && !DATABASES.includes(state.db)) return `There is no database ${state.db} in this report.`;
  return "";
}

function uncovered() {
  return DATA.unclassified.filter(({ reason, change: how }) => reason !== "setting" && how !== "removed").length;
}

function showControls() {
  if (search.value !== state.q) search.value = state.q;
  for (const key of /** @type {(keyof typeof SELECTS)[]} */ (Object.keys(SELECTS))) {
    const select = /** @type {HTMLSelectElement} */ (byId(key));
    const value = state[key];
    // What is chosen is always among the options, also if the others are not there yet.
    if (value !== "" && ![...select.options].some((option) => option.value === value))
      select.append(el("option", { value }, value.replace(/[./]$/, "")));
    select.value = value;
    select.classList.toggle("set", value !== "");
  }
  for (const element of document.querySelectorAll("[data-verb]"))
    element.setAttribute("aria-pressed", String(element.getAttribute("data-verb") === state.verb));
  const chosen = isChangedOnly(state) ? "" : state.change || "all";
  for (const element of document.querySelectorAll("[data-verdict]"))
    element.setAttribute("aria-pressed", String(element.getAttribute("data-verdict") === chosen));
}

/** More options than this come when they are first needed: there may be thousands. */
const FEW = 200;

function prepareSelects() {
  for (const key of /** @type {(keyof typeof SELECTS)[]} */ (Object.keys(SELECTS))) {
    const select = /** @type {HTMLSelectElement} */ (byId(key));
    let filled = false;
    const fill = () => {
      if (filled) return;
      filled = true;
      select.replaceChildren(el("option", { value: "" }, SELECTS[key]), ...optionsOf(key));
      select.value = state[key];
      if (state[key] !== "" && select.value !== state[key]) showControls();
    };
    select.append(el("option", { value: "" }, SELECTS[key]));
    if (Math.max(WORKLOADS.length, TARGETS.size) <= FEW) fill();
    select.addEventListener("focus", fill);
    select.addEventListener("pointerdown", fill);
    select.addEventListener("change", () => change({ [key]: select.value }));
  }
  byId("db-field").hidden = DATABASES.length < 2;
}

/** @param {keyof typeof SELECTS} key */
function optionsOf(key) {
  const option = (/** @type {string} */ value, label = value) => el("option", { value }, label);
  const group = (/** @type {string} */ label, /** @type {HTMLOptionElement[]} */ options) =>
    options.length > 0 ? [el("optgroup", { label }, ...options)] : [];
  if (key === "db") return DATABASES.map((db) => option(db));
  if (key === "who")
    return [
      ...group(
        "Namespaces",
        NAMESPACES.length > 1 ? [...NAMESPACES].sort().map((space) => option(space, space.slice(0, -1))) : [],
      ),
      ...group(
        "Workloads",
        WORKLOADS.map((who) => option(who)),
      ),
    ];
  const shown = ITEMS.filter(({ row }) => !row.quiet);
  return [
    ...group(
      "Schemas",
      [...SCHEMAS.keys()].sort().map((schema) => option(schema, schema.slice(0, -1))),
    ),
    ...group(
      "Objects",
      [...new Set(shown.map(({ row }) => row.object))].sort().map((object) => option(object)),
    ),
  ];
}

function prepareVerbs() {
  const verbs = VERBS.filter((verb) => verb !== "LOGIN");
  byId("verbs").append(
    ...verbs.map((verb) => {
      const toggle = button(
        { class: "chip", "data-verb": verb, "aria-pressed": "false" },
        () => change({ verb: state.verb === verb ? "" : verb }),
        verb,
      );
      return toggle;
    }),
  );
}

/** The verdict above everything: what a reviewer came for. */
function prepareVerdicts() {
  const line = byId("verdict");
  line.hidden = !DATA.compared;
  if (!DATA.compared) return;
  if (DATA.verdicts.length === 0) {
    line.append(el("p", { class: "verdict-none" }, "Nobody's access changes."));
    return;
  }
  const count = (/** @type {string} */ verdict) =>
    verdict === "unclassified"
      ? DATA.unclassified.filter((block) => block.change !== undefined).length
      : DATA.changes.filter((one) => one.verdict === verdict).length;
  line.append(
    el("p", { class: "verdict-title" }, growsText()),
    el(
      "div",
      { class: "chips", role: "group", "aria-label": "Filter by verdict" },
      CHANGED > 0 && button({ class: "chip", "data-verdict": "" }, () => change({ ...NOTHING }), "All changes"),
      ...VERDICTS.filter(({ verdict }) => DATA.verdicts.includes(/** @type {never} */ (verdict))).map(
        ({ verdict, sign, title, words }) =>
          button(
            { class: `chip verdict ${verdict}`, "data-verdict": verdict, "aria-pressed": "false", title: words },
            () =>
              verdict === "unclassified"
                ? showUncovered()
                : change({ change: state.change === verdict ? "all" : verdict }),
            el("span", { class: "sign-mark", "aria-hidden": "true" }, sign),
            ` ${title} ${grouped(count(verdict))}`,
          ),
      ),
      CHANGED > 0 &&
        button({ class: "chip", "data-verdict": "all" }, () => change({ ...NOTHING, change: "all" }), "Everything"),
    ),
  );
}

function growsText() {
  if (DATA.verdicts.includes("broadened")) return "This change broadens access.";
  if (DATA.verdicts.includes("longer")) return "This change lets access last longer.";
  if (DATA.verdicts.includes("unclassified")) return "This change holds something that cannot be judged.";
  return "This change broadens nobody's access.";
}

function showUncovered() {
  pick("");
  panel.focus();
}

function prepareNotice() {
  const count = uncovered();
  byId("notice").hidden = count === 0;
  if (count === 0) return;
  byId("notice").append(
    el(
      "p",
      {},
      el("strong", {}, `The picture does not cover ${counted(count, "thing")}.`),
      count === 1 ? " It" : " They",
      " may allow more than what is drawn.",
    ),
    button({ class: "quiet" }, showUncovered, "Show"),
  );
}

function prepareHead() {
  const { workloads, databases } = DATA.counts;
  const about = DATA.about === undefined ? "" : `${DATA.about}: `;
  byId("summary").textContent = `${about}${counted(workloads, "workload")}, ${counted(databases, "database")}`;
  list.classList.toggle("compared", DATA.compared);
  const toggle = byId("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
  const say = () => {
    toggle.textContent = isDark() ? "Light" : "Dark";
    toggle.setAttribute("aria-label", `Switch to ${isDark() ? "light" : "dark"} colours`);
  };
  toggle.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    say();
  });
  dark.addEventListener("change", say);
  say();
}

/** @param {KeyboardEvent} event */
function pageKey(event) {
  const target = /** @type {Element} */ (event.target);
  const isField = target.matches("input, select");
  if (event.key === "/" && !isField && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
    search.select();
  }
  if (event.key !== "Escape") return;
  if (state.pick !== "") {
    pick("");
    if (panel.contains(target)) list.focus();
  } else if (isFiltered(state)) change({ ...NOTHING });
}

/** Draws at most once a frame, however fast somebody types. @param {() => void} action */
function onFrame(action) {
  let asked = 0;
  return () => {
    if (asked !== 0) return;
    asked = requestAnimationFrame(() => {
      asked = 0;
      action();
    });
  };
}

function start() {
  prepareHead();
  prepareVerdicts();
  prepareNotice();
  prepareVerbs();
  prepareSelects();
  search.addEventListener(
    "input",
    onFrame(() => change({ q: search.value.slice(0, 600) })),
  );
  search.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    if (search.value !== state.q) change({ q: search.value.slice(0, 600) });
    list.focus();
    goTo(Math.max(active, 0));
  });
  byId("clear").addEventListener("click", () => {
    change({ ...NOTHING });
    search.focus();
  });
  byId("nothing-clear").addEventListener("click", () => change({ ...NOTHING }));
  byId("view").addEventListener("click", () => change({ view: state.view === "ways" ? "" : "ways" }));
  matrixBox.addEventListener("keydown", matrixKey);
  list.addEventListener("keydown", listKey);
  drawing.addEventListener("keydown", pictureKey);
  list.addEventListener(
    "scroll",
    onFrame(() => drawRows()),
    { passive: true },
  );
  document.addEventListener("keydown", pageKey);
  addEventListener("hashchange", () => {
    state = readState(location.hash);
    show();
  });
  addEventListener(
    "resize",
    onFrame(() => {
      drawView();
      drawRows();
    }),
  );
  addEventListener("beforeprint", () => {
    drawView(PAPER);
    drawRows(true);
  });
  addEventListener("afterprint", () => {
    drawView();
    drawRows();
  });
  state = readState(location.hash);
  show();
}

start();
