/** hashicorp/random 3.7.2, internal/random/string.go. */
import { randomBytes, randomInt } from "crypto";
import { ArgumentTable, flag, number, text } from "../model/arguments";
import { EphemeralHandler } from "../model/handler";

const SETS = {
  numeric: "0123456789",
  lower: "abcdefghijklmnopqrstuvwxyz",
  upper: "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  special: "!@#$%&*()-_=+[]{}<>:?",
};
const KINDS = ["numeric", "lower", "upper", "special"] as const;

const table: ArgumentTable = {
  length: { kind: "number", required: true, use: "characters in the password" },
  override_special: { kind: "string", use: "the special characters to draw from" },
  special: { kind: "bool", default: true, use: "draw from special characters" },
  upper: { kind: "bool", default: true, use: "draw from upper case" },
  lower: { kind: "bool", default: true, use: "draw from lower case" },
  numeric: { kind: "bool", default: true, use: "draw from digits" },
  min_special: { kind: "number", default: 0, use: "at least so many" },
  min_upper: { kind: "number", default: 0, use: "at least so many" },
  min_lower: { kind: "number", default: 0, use: "at least so many" },
  min_numeric: { kind: "number", default: 0, use: "at least so many" },
};

export const randomPassword: EphemeralHandler = {
  type: "random_password",
  table,
  open(config, { where, secrets }) {
    const sets = { ...SETS, special: text(config, "override_special") || SETS.special };
    const all = KINDS.filter((kind) => flag(config, kind))
      .map((kind) => sets[kind])
      .join("");
    if (all === "") throw where.error("the character set is empty");
    const length = number(config, "length") ?? 0;
    const drawn = KINDS.flatMap((kind) => draw(sets[kind], number(config, `min_${kind}`) ?? 0));
    if (length < 1 || drawn.length > length)
      throw where.at("length").error(`must be at least 1 and the sum of the minima, is ${length}`);
    const result = shuffle([...drawn, ...draw(all, length - drawn.length)]).join("");
    secrets.add(result);
    return Promise.resolve({ ...config, result });
  },
};

function draw(from: string, count: number): string[] {
  const characters = [...from];
  return Array.from({ length: count }, () => characters[randomInt(characters.length)] ?? "");
}

function shuffle(characters: string[]): string[] {
  const order = randomBytes(characters.length * 4);
  return characters
    .map((character, index) => ({ character, key: order.readUInt32LE(index * 4) }))
    .sort((a, b) => a.key - b.key)
    .map(({ character }) => character);
}
