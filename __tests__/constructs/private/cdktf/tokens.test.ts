import { Lazy, Token } from "cdktf";
import {
  holdsOtherToken,
  holdsToken,
  mayBeToken,
  STRING_TOKEN,
  TOKEN_MARKER,
} from "../../../../access/model/cdktf-tokens";

/** Each fails when cdktf writes its tokens in another way. */
const later = { resolve: () => "later", creationStack: [] };
const text = Lazy.stringValue({ produce: () => "later" });
const list = Lazy.listValue({ produce: () => ["later"] });
const map = Token.asStringMap(later);
const number = Token.asNumber(later);

test("a token of a string is found in a text, and nothing else is", () => {
  expect(`a ${text}b`.split(STRING_TOKEN)).toEqual(["a ", text, "b"]);
  expect(holdsToken(`a ${text}b`)).toBe(true);
  expect(holdsOtherToken(text)).toBe(false);
  for (const plain of ["a", "${var.a}", "1e5", "sha-4e7", "-|e-", "TfToken"]) expect(holdsToken(plain)).toBe(false);
});

test("a token of a list, of a map and of a number is found, too", () => {
  const [ofList] = list;
  const [ofMap] = Object.keys(map);
  expect([ofList, ofMap].map(holdsOtherToken)).toEqual([true, true]);
  expect([ofList, ofMap, `${number}`, `port ${number}`].map(holdsToken)).toEqual([true, true, true, true]);
  expect([ofList, ofMap, text].every((token) => token.includes(TOKEN_MARKER))).toBe(true);
  expect([number, Token.NUMBER_MAP_TOKEN_VALUE].map(mayBeToken)).toEqual([true, true]);
  expect([0, -5, 5432, 1e300].map(mayBeToken)).toEqual([false, false, false, false]);
  expect([text, number, list, map].every((token) => Token.isUnresolved(token))).toBe(true);
});

test("what stands for a value of a map is one of two texts", () => {
  expect([Token.STRING_MAP_TOKEN_VALUE, Token.ANY_MAP_TOKEN_VALUE].map(holdsOtherToken)).toEqual([true, true]);
});
