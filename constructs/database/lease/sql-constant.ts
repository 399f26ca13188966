import { statementRoleProblem } from "../../../access/model/rules";

/**
 * A string as an SQL literal. It means the same whatever the session's settings are, and it can be put as it is into a
 * function's body, a Terraform string or a Vault statement.
 *
 * Everything but plain characters is written as an escape. `$`: Terraform reads `${`, and the postgresql provider 1.26
 * cuts a body at `$tag$`. `%` and the quote. The backslash: its meaning in a plain literal depends on the caller's
 * standard_conforming_strings. Spaces: that provider finds the function's attributes by words in its text.
 */
export function sqlConstant(value: string): string {
  if (/^[A-Za-z0-9_.:/-]*$/.test(value)) return `'${value}'`;
  const escaped = value.replace(
    // eslint-disable-next-line no-control-regex
    /[\u0001-\u007f]/g,
    (c) => (/[A-Za-z0-9_.:/-]/.test(c) ? c : `\\${c.charCodeAt(0).toString(8).padStart(3, "0")}`),
  );
  return `E'${escaped}'`;
}

/**
 * Refuses what cannot be the name of a role in both PostgreSQL and a Vault statement. Anything else is used exactly.
 *
 * @throws naming the role's part and the reason
 */
export function assertRoleName(what: string, name: string): void {
  const problem = statementRoleProblem(name);
  if (problem !== undefined) throw new Error(`lease functions: the ${what} ${JSON.stringify(name)} ${problem}`);
}

/** @throws when the number is not a whole number within the bounds */
export function assertWholeNumber(what: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`lease functions: ${what} must be a whole number from ${min} to ${max}, not ${value}`);
  }
}
