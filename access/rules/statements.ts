import { Resource, texts } from "./program";

/** Words of the SQL that Vault runs to make a login, where the program writes it itself. They are looked for, and no more is read of it. */
export function wordsOf({ type, body }: Resource, words: readonly string[]): string[] {
  if (!/^vault_database_secret_backend_(static_)?role$/.test(type)) return [];
  const sql = Object.entries(body)
    .flatMap(([key, value]) => (key.endsWith("_statements") ? texts(value) : []))
    .join("\n");
  return words.filter((word) => new RegExp(`\\b${word}\\b`, "i").test(sql));
}
