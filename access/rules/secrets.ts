import { piecesOf } from "../terraform/tokens";
import { isComputed, Json, JsonObject, object } from "../terraform/json";

/** Names under which a secret usually stands; a variable that only says where the secret is to be found is not one. */
const NAME = /(^|[_.-])(pass(word|wd|phrase)?|pwd|secret|token|api[_-]?key|private[_-]?key|credentials?)$/i;
/** The same as charts write them. `existingSecret` is the name of one. */
const CAMEL =
  /[a-z0-9](Password|Passwd|Passphrase|Pwd|Token|ApiKey|PrivateKey|(access|client|shared)Secret)$|(access|client|shared)Secret$/;
/** A URI with a password in it, whatever the scheme. */
const URI = /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/@{}$]+:[^\s:/@{}$\0]+@/i;

/** A password as a keyword of a connection, an option of a command or a variable of a shell has it. */
const KEYWORD = /(^|[\s?&;,"'-]|PG)(password|passwd)\s*=\s*[^\s;,&'"$<({\\\0/]/i;

/** Whether a text is a secret that stands in the program: by the name it has, or since it is a URI with a password. */
export function isSecret(name: string, value: Json | undefined): boolean {
  if (typeof value !== "string" || value === "") return false;
  return holdsPassword(value) || ((NAME.test(name) || CAMEL.test(name)) && isLiteral(value));
}

/** Whether a text has a password written out, in a URI or behind `password=`; its host may be computed. */
export function holdsPassword(value: string): boolean {
  const text = isComputed(value)
    ? piecesOf(value)
        .map((piece) => (piece.kind === "text" ? piece.text : "\0"))
        .join("")
    : value;
  return URI.test(text) || KEYWORD.test(text);
}

/** Whether it says something that is known here. A switch and a number are no secrets. */
export function isLiteral(value: string): boolean {
  return value !== "" && !isComputed(value) && !/^(true|false|\d+)$/.test(value);
}

/** Paths at which a secret stands below a body, in texts of JSON as well. What `leave` names is not looked into. */
export function secretsIn(body: JsonObject, leave: RegExp = /^$/): string[] {
  const found: string[] = [];
  const look = (key: string, value: Json | undefined, at: string): void => {
    if (typeof value === "string") {
      const inner = /_json$/.test(key) ? jsonOf(value) : undefined;
      if (inner !== undefined) look("", inner, at);
      else if (isSecret(key, value)) found.push(at);
    } else if (Array.isArray(value)) for (const one of value as Json[]) look(key, one, at);
    else
      for (const [name, one] of Object.entries(object(value)))
        if (name !== "//" && !leave.test(name)) look(name, one, at === "" ? name : `${at}.${name}`);
  };
  look("", body, "");
  return [...new Set(found)];
}

function jsonOf(text: string): JsonObject | undefined {
  try {
    return object(JSON.parse(text) as Json);
  } catch {
    return undefined;
  }
}
