import { dirname, isAbsolute, resolve } from "node:path";
import { parseTemplate, type Expression } from "../../../access/terraform/expression";
import { GUARD_CHART } from "../../../access/model/injection-guard";
import { piecesOf, textOf, type Piece } from "../../../access/terraform/tokens";
import { contentOf, isIn, mayBeOurs, projectFolder, WholeProject } from "./content";
import { record } from "./json";

/** Functions of Terraform that read files, and what else may stand before the parenthesis in such a name. */
const READS = /\b(file|templatefile|fileset)\w*\s*\(/;
const READER = /^(file|templatefile)/;

/** Where Terraform is run, and what the stack says about its locals and variables. */
export interface Place {
  readonly folder?: string;
  readonly locals: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, unknown>>;
  /** What a path may lead to of which nothing is known. */
  readonly project: WholeProject;
}

/**
 * SHA-256 of the files that an expression reads. A path is put together as far as the stack says its parts. Where the rest is known only
 * when Terraform runs, the whole folder before it counts; where nothing is known, every file of the project does, unless there are too many.
 */
export function filesReadBy(text: string, place: Place, within = 0): string[] {
  if (!READS.test(text)) return [];
  const { folder = "." } = place;
  const paths: (Found & { readonly template?: boolean })[] = [];
  try {
    readersIn(parseTemplate(text, { error: (problem) => new Error(problem) }), (argument, name) =>
      paths.push({ ...pathOf(argument, place, 0), template: name === "templatefile" }),
    );
  } catch {
    // What is not understood here may read anything, and surely what stands in it as text.
    paths.push(
      NOTHING,
      ...stringsOf(piecesOf(text)).map((pieces) => ({ path: plainText(pieces, folder), whole: true })),
    );
  }
  return paths.flatMap(({ path, whole, template = false }) => {
    if (!whole && path === "") return [place.project.digestFor(place)];
    const there = resolve(folder, whole ? path : path.endsWith("/") ? path : dirname(path));
    const inTurn = (content: string): string[] => filesReadBy(content, place, within + 1);
    const read = contentOf(there, { ...(template && within < 5 && { readBy: inTurn }), root: folder });
    return read === undefined ? [] : [read];
  });
}

/** What is known of a path: its beginning, and whether that is all of it. */
interface Found {
  readonly path: string;
  readonly whole: boolean;
}
const NOTHING: Found = { path: "", whole: false };

/** The quoted strings in the code of a template, also those within others. */
function stringsOf(pieces: readonly Piece[]): (readonly Piece[])[] {
  return pieces.flatMap((piece) =>
    piece.kind === "text"
      ? []
      : piece.tokens.flatMap((token) => (token.kind === "string" ? [token.pieces, ...stringsOf(token.pieces)] : [])),
  );
}

function plainText(pieces: readonly Piece[], folder: string): string {
  const parts = pieces.map((piece) => {
    if (piece.kind === "text") return piece.text.replace(/\\(.)/g, "$1");
    const code = textOf(piece.tokens.filter(({ kind }) => kind !== "space"));
    return /^path\.(module|root|cwd)$/.test(code) ? folder : `\${${code}}`;
  });
  return parts.join("");
}

function readersIn(expression: Expression, found: (argument: Expression, name: string) => void): void {
  switch (expression.kind) {
    case "literal":
    case "reference":
      return;
    case "template":
      return expression.parts.forEach((part) => readersIn(part, found));
    case "list":
      return expression.items.forEach((item) => readersIn(item, found));
    case "object":
      return expression.entries.forEach(({ key, value }) => [key, value].forEach((part) => readersIn(part, found)));
    case "index":
      return readersIn(expression.of, found);
    case "call":
      if (READER.test(expression.name) && expression.args.length > 0) found(expression.args[0], expression.name);
      expression.args.forEach((argument) => readersIn(argument, found));
  }
}

function pathOf(expression: Expression, place: Place, depth: number): Found {
  if (depth > 12) return NOTHING;
  const inner = (one: Expression): Found => pathOf(one, place, depth + 1);
  switch (expression.kind) {
    case "literal":
      return typeof expression.value === "string" ? { path: expression.value, whole: true } : NOTHING;
    case "template": {
      let path = "";
      for (const part of expression.parts) {
        const next = inner(part);
        path += next.path;
        if (!next.whole) return { path, whole: false };
      }
      return { path, whole: true };
    }
    case "reference":
      return referred(expression.path, place, depth);
    case "call":
      return ["abspath", "pathexpand", "trimspace", "tostring", "nonsensitive"].includes(expression.name)
        ? inner(expression.args[0] ?? { kind: "list", items: [] })
        : NOTHING;
    default:
      return NOTHING;
  }
}

function referred([of, name, ...rest]: readonly (string | number)[], place: Place, depth: number): Found {
  const { folder = ".", locals, variables } = place;
  if (of === "path") return { path: folder, whole: true };
  const said = of === "local" ? locals[name] : of === "var" ? record(variables[name]).default : undefined;
  if (typeof said !== "string" || rest.length > 0) return NOTHING;
  try {
    return pathOf(parseTemplate(said, { error: (problem) => new Error(problem) }), place, depth + 1);
  } catch {
    return NOTHING;
  }
}

/** Arguments that name a folder, wherever on this machine it is. */
const FOLDERS = /^(source|source_dir|source_folder|chart|context|directory)$/;
/** Arguments whose text is a path, also where it is one word. */
const PATHS = /file|script|source|dir|context|chart|program|command/;
/** What Terraform and cdktf write into the folder of a stack. */
const WRITTEN = /(^|\/)(cdk\.tf(\.json)?|\.terraform[^/]*|plan|terraform\.[^/]*tfstate[^/]*)(\/|$)/;

/**
 * SHA-256 of files and folders that a block names without a function: a script that a provisioner runs, what is uploaded or
 * packed. Each word of a text that is a path, and at which something is there, counts.
 *
 * @param said what the block says
 */
export function filesNamedIn(said: unknown, folder: string | undefined): [path: string, content: string][] {
  if (folder === undefined) return [];
  const found = new Map<string, string>();
  const project = projectFolder();
  const from = [folder, ...workingFolders(said).map((dir) => resolve(folder, dir))];
  const visit = (value: unknown, key: string): void => {
    if (typeof value === "string") {
      for (const word of wordsOf(value, PATHS.test(key)))
        for (const base of isAbsolute(word) ? [folder] : from) {
          const path = resolve(base, word);
          if (word === GUARD_CHART || WRITTEN.test(word) || !mayBeOurs(path, project, folder)) continue;
          const folders = FOLDERS.test(key) || isIn(path, project) || isIn(path, folder);
          const read = contentOf(path, { folders, root: folder });
          if (read !== undefined) found.set(word, read);
        }
    } else if (typeof value === "object" && value !== null)
      for (const [inner, entry] of Object.entries(value)) visit(entry, Array.isArray(value) ? key : inner);
  };
  visit(said, "");
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Longer texts are no list of paths: each word would be looked for on the disk. */
const LONGEST = 20_000;

/** The text itself, and its words: a command names its script among others. An address names no file. @param bare whether a word without a dot or slash counts */
function wordsOf(text: string, bare: boolean): string[] {
  if (text.length > LONGEST) return [];
  const plain = text.replace(/\$\{path\.(module|root|cwd)\}/g, ".");
  const words = new Set([plain, ...plain.split(/[\s"'`=,;|&<>()]+/)]);
  return [...words].filter(
    (word) =>
      (bare || /[./]/.test(word)) &&
      word !== "" &&
      word.length < 1000 &&
      !/^[./]*$/.test(word) &&
      !/:\/\/|\$\{|\0/.test(word),
  );
}

function workingFolders(said: unknown): string[] {
  if (typeof said !== "object" || said === null) return [];
  return Object.entries(said).flatMap(([key, value]) =>
    key === "working_dir" && typeof value === "string" ? [value] : workingFolders(value),
  );
}
