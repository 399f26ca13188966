import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { GUARD_CHART } from "../../../access/model/injection-guard";
import { piecesOf, textOf, type Piece } from "../../../access/terraform/tokens";

/** Functions of Terraform that read files. */
const READS = /\b(file|templatefile|fileset)\w*\s*\(/;
/** What Terraform reads of the folder in which it is run, beside the file that cdktf writes there. */
const CODE = /\.(tf|tofu)(\.json)?$|^terraform\.tfvars(\.json)?$|\.auto\.tfvars(\.json)?$/;
/** What Terraform and others put into a module's folder, and no part of it. */
const SKIPPED = new Set([".git", ".terraform", "node_modules"]);

/**
 * SHA-256 of the files that an expression reads, by the paths that stand in it as text; one that is computed elsewhere cannot be told.
 *
 * @param folder where Terraform is run
 */
export function filesNamedBy(expression: string, folder: string | undefined): string[] {
  if (!READS.test(expression)) return [];
  return stringsOf(piecesOf(expression)).flatMap((pieces) => {
    const path = pieces.map((piece) => {
      if (piece.kind === "text") return piece.text.replace(/\\(.)/g, "$1");
      const code = textOf(piece.tokens.filter(({ kind }) => kind !== "space"));
      return /^path\.(module|root|cwd)$/.test(code) ? (folder ?? ".") : `\${${code}}`;
    });
    return contentOf(resolve(folder ?? ".", path.join(""))) ?? [];
  });
}

/** The quoted strings in the code of a template, also those within others. */
function stringsOf(pieces: readonly Piece[]): (readonly Piece[])[] {
  return pieces.flatMap((piece) =>
    piece.kind === "text"
      ? []
      : piece.tokens.flatMap((token) => (token.kind === "string" ? [token.pieces, ...stringsOf(token.pieces)] : [])),
  );
}

/** SHA-256 of a module of this machine; of one that comes from elsewhere the version is for the plan to show. */
export function folderOf(source: unknown, folder: string | undefined): string | undefined {
  if (typeof source !== "string") return undefined;
  const path = source.replace(/^file:\/\//, "");
  return isAbsolute(path) || /^\.\.?\//.test(path) ? contentOf(resolve(folder ?? ".", path)) : undefined;
}

/** SHA-256 of a chart of this machine. */
export function chartOf(release: Readonly<Record<string, unknown>>, folder: string | undefined): string | undefined {
  const { chart } = release;
  // Leasehold writes this one with the stack: before the first synthesis it is not there, and what it installs is in the values.
  return typeof chart === "string" && chart !== GUARD_CHART ? contentOf(resolve(folder ?? ".", chart)) : undefined;
}

/** Files in a stack's folder that Terraform reads as it reads the stack's own, with what they hold. */
export function codeBeside(own: string, folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder).filter((name) => name !== own && CODE.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, contentOf(join(folder, name)) ?? ""]));
}

function contentOf(path: string, within: readonly string[] = []): string | undefined {
  try {
    const real = realpathSync(path);
    if (within.includes(real)) return undefined;
    if (!statSync(real).isDirectory()) return sha256(readFileSync(real));
    const names = readdirSync(real)
      .filter((name) => !SKIPPED.has(name))
      .sort();
    return sha256(JSON.stringify(names.map((name) => [name, contentOf(join(real, name), [...within, real]) ?? null])));
  } catch {
    // It is not there, or not for us to read: Terraform will say so.
    return undefined;
  }
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
