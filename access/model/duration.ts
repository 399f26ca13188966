import { knownAcrossCopies } from "./copies";

/**
 * A length of time, at least one whole second.
 *
 * Vault and Kubernetes take seconds, the injector takes Go durations: one value renders as both.
 */
export class Duration {
  static {
    knownAcrossCopies(this, "Duration");
  }

  /** So many seconds. @throws for an amount that is not a positive whole number of seconds, or above ten years */
  static seconds(amount: number): Duration {
    return new Duration(secondsOf(amount, "seconds", 1));
  }
  /** So many minutes. @throws for an amount that is not a positive whole number of seconds, or above ten years */
  static minutes(amount: number): Duration {
    return new Duration(secondsOf(amount, "minutes", 60));
  }
  /** So many hours. @throws for an amount that is not a positive whole number of seconds, or above ten years */
  static hours(amount: number): Duration {
    return new Duration(secondsOf(amount, "hours", 3600));
  }
  /** So many days of 24 hours. @throws for an amount that is not a positive whole number of seconds, or above ten years */
  static days(amount: number): Duration {
    return new Duration(secondsOf(amount, "days", 86400));
  }

  private constructor(private readonly amount: number) {}

  /** The length in seconds. */
  toSeconds(): number {
    return this.amount;
  }

  /** As the injector's annotations and people write it: `90s`, `15m`, `24h`. */
  toString(): string {
    return formatSeconds(this.amount);
  }
}

/** Plain JavaScript may give anything. @throws Error for what is no length of time */
function secondsOf(amount: unknown, method: string, unit: number): number {
  if (typeof amount === "number") {
    const problem = secondsProblem(amount * unit);
    if (problem === undefined) return amount * unit;
    throw new Error(`Duration.${method}(${amount}) ${problem}`);
  }
  const given =
    typeof amount === "string" ? JSON.stringify(amount) : `of the type ${amount === null ? "null" : typeof amount}`;
  throw new Error(`the amount of Duration.${method} is ${given}, not a number: write Duration.${method}(15)`);
}

/** Ten years: what lives longer is a slip of the keyboard. PostgreSQL, Vault and Kubernetes end at different numbers above it. */
export const LONGEST_SECONDS = 10 * 366 * 86_400;

/** What is wrong with a length of time. It may come from another copy of this package, or from something that only looks like one. */
export function secondsProblem(seconds: unknown): string | undefined {
  if (!Number.isSafeInteger(seconds) || (seconds as number) < 1)
    return "is not a positive whole number of seconds: give a larger or a whole amount";
  return (seconds as number) > LONGEST_SECONDS ? "is longer than ten years: give a smaller amount" : undefined;
}

/** Seconds as people write them: in the largest unit that divides them without a remainder, hours at most. */
export function formatSeconds(seconds: number): string {
  if (seconds === 0) return "0s";
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds % 60 === 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}
