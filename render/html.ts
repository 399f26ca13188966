import { createHash } from "node:crypto";
import type { AccessReport } from "../access/report/report";
import { htmlText } from "./escape";
import { clientFile } from "./explorer/client-files";
import { explorerOf } from "./explorer/explorer";
import { Packer } from "./explorer/pack";

/** The page's parts, in the order in which they are put together. */
const SCRIPTS = [
  "dom.js",
  "data.js",
  "state.js",
  "list.js",
  "matrix.js",
  "layout.js",
  "picture.js",
  "words.js",
  "panel.js",
  "page.js",
];
const STYLES = ["page.css", "parts.css", "panel.css"];

interface Assets {
  readonly script: string;
  readonly style: string;
  readonly body: string;
}

let assets: Assets | undefined;

/**
 * `access.html`: one file without network. The same reports give the same bytes.
 *
 * The policy in it lets nothing run but our script, and nothing be fetched at all: a name that found its way into the markup
 * would still do nothing.
 *
 * @param base the report to colour the differences against
 * @param about what the report is of, for the title: program, environment, commit and date
 */
export function renderHtml(report: AccessReport, base?: AccessReport, about?: string): string {
  assets ??= loadAssets();
  const { script, style, body } = assets;
  const packer = new Packer();
  const data = packer.write(explorerOf(report, base, about, (rows) => packer.parts(rows)));
  const policy = [
    "default-src 'none'",
    `style-src '${hash(style)}'`,
    `script-src '${hash(script)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${base ? "What changes: who can touch what" : "Who can touch what"}${about === undefined ? "" : htmlText(`: ${about}`)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${embedded(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** JSON that can stand in a script element: nothing in it ends the element, opens a comment or ends a line of a script. */
function embedded(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function loadAssets(): Assets {
  const read = (name: string): string => clientFile(name).replace(/\r\n/g, "\n");
  const together = (names: readonly string[]): string => names.map((name) => withoutComments(read(name))).join("");
  return {
    script: `(() => {\n"use strict";\n${together(SCRIPTS)}})();\n`,
    style: together(STYLES),
    body: read("body.html").trim(),
  };
}

/** Comments on lines of their own, and indentation: the page is written at every synthesis, and nobody reads them there. */
function withoutComments(code: string): string {
  return code
    .replace(/^\s*\/\*(?:(?!\*\/)[^])*\*\/\n/gm, "")
    .replace(/^\s*\/\/.*\n/gm, "")
    .replace(/^\s+/gm, "");
}
