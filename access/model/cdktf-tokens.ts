/**
 * How cdktf 0.21 writes a value that it knows later into a string or a number (its `tokens/private/encoding`). It promises nothing of
 * this, and names are checked here without cdktf: `__tests__/constructs/private/cdktf/tokens.test.ts` fails when it changes.
 */

/** Part of every token of a string, a list and a map. */
export const TOKEN_MARKER = "TfToken[";

/** A token of a string, in a group, so that `split` keeps it. */
export const STRING_TOKEN = /(\$\{TfToken\[[a-zA-Z0-9:._-]+\]\})/;

/** A number that stands for a token is far below any that somebody writes. */
export function mayBeToken(number: number): boolean {
  return !(number > -1e6);
}

/** Whether a text holds a token that does not stand for a string: a list or a map, or a value of a map. */
export function holdsOtherToken(text: string): boolean {
  return /[#&]\{TfToken\[/.test(text) || /^(String|Any) Map Token Value$/.test(text);
}

/** Whether a text holds any token, also one of a number: cdktf replaces them wherever they stand. */
export function holdsToken(text: string): boolean {
  if (text.includes(`\${${TOKEN_MARKER}`) || holdsOtherToken(text)) return true;
  return numbersIn(text).some((number) => {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, parseFloat(number));
    return [0xfdff, 0xfbff].includes(bits.getUint16(0));
  });
}

/** What in a text may be a number that stands for a token, as cdktf looks for it. */
function numbersIn(text: string): readonly string[] {
  return text.match(/[-+.\d|]+e[-+.\deE|]+/g) ?? [];
}
