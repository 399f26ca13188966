/** What the type of a property asks for. */
export type Shape =
  | "string"
  | "number"
  | "boolean"
  | "unknown"
  | { readonly oneOf: readonly (string | number)[] }
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly any: readonly Shape[] }
  /** An options object. */
  | { readonly struct: string }
  /** An object of a class or interface. */
  | { readonly like: string };

/** The properties of an options object. */
export interface Struct {
  /** Others whose properties it has as well. @default - none */
  readonly extends?: readonly string[];
  readonly fields: Readonly<Record<string, Shape>>;
}
