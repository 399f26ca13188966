import { piecesOf, quoted, templateOf, tokensOf, type Token } from "./tokens";

/**
 * The new address in place of one in a Terraform expression, such as `vault_mount.kv`, `data.vault_policy.p` or
 * `var.x`; undefined where it stays.
 */
export type Rename = (address: string) => string | undefined;

/** A string of Terraform JSON with the addresses in its `${…}` and `%{…}` replaced. What stands outside of them is text. */
export function renameInTemplate(text: string, rename: Rename): string {
  return templateOf(piecesOf(text), (tokens) => renamed(tokens, rename));
}

/** The same for a bare expression, as `replace_triggered_by` and `provider` hold it. */
export function renameInExpression(text: string, rename: Rename): string {
  return renamed(tokensOf(text), rename);
}

function renamed(tokens: readonly Token[], rename: Rename): string {
  let out = "";
  for (let at = 0; at < tokens.length;) {
    const found = addressAt(tokens, at, rename);
    out += found?.name ?? plain(tokens[at], rename);
    at += found?.length ?? 1;
  }
  return out;
}

function plain(token: Token, rename: Rename): string {
  if (token.kind !== "string") return token.text;
  return quoted(
    token,
    templateOf(token.pieces, (tokens) => renamed(tokens, rename)),
  );
}

/** What the address that begins here is replaced by, and how many tokens it has. What follows a dot is part of something else. */
function addressAt(
  tokens: readonly Token[],
  at: number,
  rename: Rename,
): { readonly name: string; readonly length: number } | undefined {
  if (tokens[at].kind !== "name" || isDot(tokens[at - 1])) return undefined;
  const long = isDot(tokens[at + 3]) && /^(data|ephemeral)$/.test((tokens[at] as { readonly text: string }).text);
  const parts = tokens.slice(at, at + (long ? 5 : 3));
  const whole = parts.every((token, index) => (index % 2 === 0 ? token.kind === "name" : isDot(token)));
  if (!whole || parts.length < 3) return undefined;
  const name = rename(parts.map((token) => (token as { readonly text: string }).text).join(""));
  return name === undefined ? undefined : { name, length: parts.length };
}

function isDot(token: Token | undefined): boolean {
  return token?.kind === "mark" && token.text === ".";
}
