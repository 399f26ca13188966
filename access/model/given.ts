/** What plain JavaScript, or a program with `any` in it, gives where the types ask for something else: `5, a number`. */
export function givenAs(value: unknown): string {
  if (typeof value === "string") return `${JSON.stringify(value)}, a string`;
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value === "number" || typeof value === "boolean") return `${value}, a ${typeof value}`;
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "object") return `a ${typeof value}`;
  const kind = value.constructor?.name;
  return kind === undefined || kind === "Object" ? "a plain object" : `an object of the class ${kind}`;
}

/**
 * An argument of a function that programs call, whose types plain JavaScript does not check.
 *
 * @param what Whose the argument is: `the graph of whoCan()`.
 * @param fix What to give.
 * @throws Error with both, for what does not hold
 */
export function checkGiven(holds: boolean, what: string, value: unknown, fix: string): void {
  if (!holds) throw new Error(`${what} is ${givenAs(value)}: ${fix}`);
}
