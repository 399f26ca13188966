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

  /** So many seconds. @throws when the amount is not a positive whole number of seconds. */
  static seconds(amount: number): Duration {
    return new Duration(numberOf(amount, "seconds"));
  }
  /** So many minutes. @throws when the amount is not a positive whole number of seconds. */
  static minutes(amount: number): Duration {
    return new Duration(numberOf(amount, "minutes") * 60);
  }
  /** So many hours. @throws when the amount is not a positive whole number of seconds. */
  static hours(amount: number): Duration {
    return new Duration(numberOf(amount, "hours") * 3600);
  }
  /** So many days of 24 hours. @throws when the amount is not a positive whole number of seconds. */
  static days(amount: number): Duration {
    return new Duration(numberOf(amount, "days") * 86400);
  }

  private constructor(private readonly amount: number) {
    if (!Number.isSafeInteger(amount) || amount < 1) {
      throw new Error(
        `duration of ${amount} seconds is not a positive whole number of seconds: give a larger or a whole amount`,
      );
    }
  }

  /** The length in seconds. */
  toSeconds(): number {
    return this.amount;
  }

  /** As the injector's annotations and people write it: `90s`, `15m`, `24h`. */
  toString(): string {
    return formatSeconds(this.amount);
  }
}

/** Plain JavaScript may give anything. @throws Error for what is not a number */
function numberOf(amount: unknown, method: string): number {
  if (typeof amount === "number") return amount;
  const given =
    typeof amount === "string" ? JSON.stringify(amount) : `of the type ${amount === null ? "null" : typeof amount}`;
  throw new Error(`the amount of Duration.${method} is ${given}, not a number: write Duration.${method}(15)`);
}

/** Seconds as people write them: in the largest unit that divides them without a remainder, hours at most. */
export function formatSeconds(seconds: number): string {
  if (seconds === 0) return "0s";
  if (seconds % 3600 === 0) return `${seconds / 3600}h`;
  if (seconds % 60 === 0) return `${seconds / 60}m`;
  return `${seconds}s`;
}
