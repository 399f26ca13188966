import { IConstruct } from "constructs";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { textProblem } from "../../access/model/rules";
import { report } from "../private/findings";

/** A statement of a migration's file that cannot be in it, with the line that it begins in. */
export interface UnfitStatement {
  readonly line: number;
  readonly message: string;
  readonly fix: string;
}

const CONTAINER =
  "or run it by a tool of your own: Migrations.fromContainer, whose container decides what is a transaction";

/** PostgreSQL refuses each of these in a transaction; read with single spaces and in upper case. */
const OUTSIDE = [
  /^CREATE (UNIQUE )?INDEX CONCURRENTLY\b/,
  /^DROP INDEX CONCURRENTLY\b/,
  /^REINDEX\b.* CONCURRENTLY\b/,
  /^REINDEX (\(.*?\) ?)?(DATABASE|SYSTEM|SCHEMA)\b/,
  /^ALTER TABLE\b.* DETACH PARTITION\b.* CONCURRENTLY\b/,
  /^VACUUM\b/,
  /^(CREATE|DROP) (DATABASE|TABLESPACE)\b/,
  /^ALTER SYSTEM\b/,
  /^ALTER DATABASE\b.* SET TABLESPACE\b/,
  /^CLUSTER( VERBOSE| \([^)]*\))?$/,
  /^DISCARD ALL$/,
];

/** What begins or ends a transaction. `ROLLBACK TO` goes back to a savepoint, and stays in it. */
const TRANSACTION =
  /^(BEGIN|START TRANSACTION|COMMIT|END|ABORT|PREPARE TRANSACTION|ROLLBACK(?!( WORK| TRANSACTION)? TO\b))\b/;

/** Commands of psql that leave the session, the transaction or the file; the others are psql's own affair. */
const LEAVING = /^\\(c|connect|i|include|ir|include_relative|q|quit)\b/;

/** What of a file does not fit into the one transaction in which it runs, or into its session. */
export function unfitStatements(text: string): UnfitStatement[] {
  const unfit: UnfitStatement[] = [];
  let inBody = false;
  for (const { line, words } of statementsOf(text)) {
    const shown = JSON.stringify(words.length > 60 ? `${words.slice(0, 60)}…` : words);
    const upper = words.toUpperCase();
    if (inBody) {
      inBody = !/^END\b/.test(upper);
      continue;
    }
    inBody = /\bBEGIN ATOMIC\b/.test(upper);
    if (LEAVING.test(words))
      unfit.push({
        line,
        message: `${shown} leaves the file, or the session that acts as the owner`,
        fix: "write the statements into the file itself; another database has a migration of its own",
      });
    else if (TRANSACTION.test(upper))
      unfit.push({
        line,
        message: `${shown} begins or ends a transaction: each file runs in one, together with the line that says it ran`,
        fix: "leave it out; write two files for two transactions",
      });
    else if (OUTSIDE.some((pattern) => pattern.test(upper)))
      unfit.push({
        line,
        message: `${shown} cannot run in a transaction, and each file runs in one`,
        fix: `leave CONCURRENTLY out, where that is what it asks for and the table is small, ${CONTAINER}`,
      });
  }
  return unfit;
}

/**
 * A part of SQL: a comment of one line, a string, a quoted name, a body between dollars, the start of a comment between
 * stars, or anything else.
 */
const TOKEN =
  /(--[^\n]*)|(\/\*)|\bE'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$])\$(\w*)\$[^]*?\$\3\$|([^'"$\-/e]+|[^])/giy;

/** The data of COPY, behind its statement. */
const COPIED = /(^[ \t]*COPY\b[^;]{0,4000}?\bFROM\s+STDIN\b[^;]{0,4000};[^\n]*\n)[^]*?^\\\.$/gim;

/** A command of psql ends with its line, a statement with a semicolon. */
const ENDS = /;|\n(?=[ \t]*\\)|\n(?<=^[ \t]*\\[^\n]*\n)/m;

function statementsOf(text: string): { readonly line: number; readonly words: string }[] {
  const plain = withoutTexts(text).replace(COPIED, (all: string, own: string) => own + blank(all.slice(own.length)));
  const statements: { line: number; words: string }[] = [];
  let line = 1;
  for (const part of plain.split(new RegExp(`(${ENDS.source})`, "m"))) {
    const words = part.replace(/\s+/g, " ").trim();
    const before = part.slice(0, part.length - part.trimStart().length);
    if (words !== "" && words !== ";") statements.push({ line: line + lines(before), words });
    line += lines(part);
  }
  return statements;
}

function lines(text: string): number {
  return text.split("\n").length - 1;
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

/** The SQL with spaces in place of its comments, and of what is in quotes or between dollars. */
function withoutTexts(text: string): string {
  let plain = "";
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const [token, lineComment, comment, , code] = TOKEN.exec(text) ?? [text.slice(at)];
    const end = comment === undefined ? at + token.length : endOfComment(text, at);
    const found = text.slice(at, end);
    const apart = lineComment ?? comment;
    // A text in quotes is still one word, such as the name of a table.
    plain += code ?? (apart === undefined ? `_${blank(found).slice(1)}` : blank(found));
    at = end;
  }
  return plain;
}

/** Comments between stars may be nested. */
function endOfComment(text: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark; mark = marks.exec(text)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return text.length;
}

/** The SQL files of a folder, by name. Reports what could not be run, or not be kept in a ConfigMap. */
export function readFiles(scope: IConstruct, folder: string): Record<string, string> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    report(scope, {
      code: "migration",
      message: `folder ${JSON.stringify(folder)} does not exist`,
      fix: "give the folder of the SQL files, from the working directory or absolute",
    });
    return {};
  }
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  if (names.length === 0)
    report(scope, {
      code: "migration",
      message: `folder ${JSON.stringify(folder)} holds no *.sql file`,
      fix: "add one, or leave the migration out",
    });
  for (const name of names.filter((candidate) => !/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(candidate))) {
    report(scope, {
      code: "migration",
      message: `file name ${JSON.stringify(name)} is not made of letters, digits, '.', '_' and '-', at most 253`,
      fix: "rename it",
    });
  }
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  for (const [name, text] of Object.entries(files)) {
    const whole = Buffer.from(text).equals(readFileSync(join(folder, name)));
    const problem = whole ? textProblem(text) : "is not UTF-8";
    if (problem)
      report(scope, {
        code: "migration",
        message: `file ${JSON.stringify(name)} ${problem}`,
        fix: "save it as UTF-8 in normal form C; other characters can be written as SQL has them: U&'\\0301'",
      });
    for (const { line, message, fix } of unfitStatements(text))
      report(scope, { code: "migration", message: `file ${JSON.stringify(name)}, line ${line}: ${message}`, fix });
  }
  const bytes = Buffer.byteLength(JSON.stringify(files));
  if (bytes > 900_000)
    report(scope, {
      code: "migration",
      message: `the files of ${JSON.stringify(folder)} are ${bytes} bytes together: a ConfigMap holds 1 MiB`,
      fix: "build an image and use Migrations.fromContainer",
    });
  return files;
}
