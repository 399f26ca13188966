// The page's script is plain script files that are put together into one function: what one declares, the others see.
// Types are in comments and checked; names come in as text only, never as markup.

/** @typedef {import("../model").Explorer} Explorer */
/** @typedef {import("../model").Row} Row */
/** @typedef {import("../model").Verb} RowVerb */
/** @typedef {import("../model").Change} Change */
/** @typedef {import("../model").Block} Block */
/** @typedef {import("../../../access/diff/diff").Verdict} Verdict */
/** @typedef {import("../../../access/model/graph").Provenance} Provenance */

/**
 * An element that the page has.
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** @typedef {Record<string, string | number | boolean | undefined>} Attributes */
/** @typedef {Node | string | false | undefined} Child */

/**
 * An element with attributes and children, strings as text.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} attributes
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  dress(element, attributes, children);
  return element;
}

/** The namespace is taken from the page's own drawing, so that no address stands anywhere in the file. */
const SVG = /** @type {string} */ (byId("drawing").namespaceURI);

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Attributes} attributes
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[K]}
 */
function svg(tag, attributes, ...children) {
  const element = /** @type {SVGElementTagNameMap[K]} */ (document.createElementNS(SVG, tag));
  dress(element, attributes, children);
  return element;
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 * @param {Child[]} children
 */
function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== false && child !== undefined) element.append(child);
}

/**
 * A button that does something.
 * @param {Attributes} attributes
 * @param {() => void} action
 * @param {...Child} children
 */
function button(attributes, action, ...children) {
  const made = el("button", { type: "button", ...attributes }, ...children);
  made.addEventListener("click", action);
  return made;
}

/** A long name, with places where its line may break. @param {string} text */
function breakable(text) {
  const whole = el("span", {});
  for (const part of text.split(/(?<=[._/-])/)) whole.append(part, document.createElement("wbr"));
  return whole;
}

/** A name, set apart from our own words. @param {string} text */
function code(text) {
  return el("code", {}, text);
}

/**
 * `1 workload`, `2 workloads`, `1,000 workloads`.
 * @param {number} count
 * @param {string} noun
 */
function counted(count, noun) {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A number with its thousands apart, the same in every locale. @param {number} count */
function grouped(count) {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** What each verdict is called, in the order in which people should read them, and its sign for those who see no colours. */
const VERDICTS = /** @type {const} */ ([
  { verdict: "broadened", sign: "+", title: "Broadened", words: "something is allowed that was not" },
  { verdict: "longer", sign: "↑", title: "Longer", words: "the same is allowed for a longer time" },
  {
    verdict: "unclassified",
    sign: "?",
    title: "Unclassified",
    words: "something changed that the graph does not explain",
  },
  {
    verdict: "rewired",
    sign: "↷",
    title: "Rewired",
    words: "the same is allowed by another path, or under other limits",
  },
  { verdict: "shorter", sign: "↓", title: "Shorter", words: "the same is allowed for a shorter time" },
  { verdict: "narrowed", sign: "−", title: "Narrowed", words: "something is no longer allowed" },
]);

/** @param {string} verdict */
function signOf(verdict) {
  return VERDICTS.find((one) => one.verdict === verdict)?.sign ?? "";
}

/** @param {string} verdict */
function titleOf(verdict) {
  return VERDICTS.find((one) => one.verdict === verdict)?.title ?? "";
}

/** A verdict's sign in its colour, with its name for those who hear it. @param {string} verdict */
function signElement(verdict) {
  return el(
    "span",
    { class: `sign ${verdict}`, title: titleOf(verdict) },
    el("span", { "aria-hidden": "true" }, signOf(verdict)),
    el("span", { class: "unseen" }, `${titleOf(verdict)} `),
  );
}
