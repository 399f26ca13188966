import * as fc from "fast-check";
import { Duration, formatSeconds } from "../../access/model/duration";

describe("a duration", () => {
  test.each([
    [Duration.seconds(1), 1, "1s"],
    [Duration.seconds(90), 90, "90s"],
    [Duration.minutes(15), 900, "15m"],
    [Duration.minutes(90), 5400, "90m"],
    [Duration.hours(24), 86400, "24h"],
    [Duration.days(3), 259200, "72h"],
    [Duration.minutes(0.5), 30, "30s"],
  ])("of %s is %d seconds and reads %s", (duration, seconds, text) => {
    expect(duration.toSeconds()).toBe(seconds);
    expect(duration.toString()).toBe(text);
  });

  test("reads back to the same seconds in Go's form, whatever it is", () => {
    const unit: Record<string, number> = { s: 1, m: 60, h: 3600 };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (seconds) => {
        const [, amount, letter] = /^(\d+)([smh])$/.exec(formatSeconds(seconds)) ?? [];
        expect(Number(amount) * unit[letter]).toBe(seconds);
      }),
    );
  });

  test.each([0, -1, 0.5, NaN, Infinity, 2 ** 53])("of %p seconds is refused", (seconds) => {
    expect(() => Duration.seconds(seconds)).toThrow(
      `Duration.seconds(${seconds}) is not a positive whole number of seconds: give a larger or a whole amount`,
    );
  });
  test("of more than ten years is refused: a slip of the keyboard, at which each system ends elsewhere", () => {
    expect(Duration.days(3660).toSeconds()).toBe(3660 * 86_400);
    expect(() => Duration.days(3661)).toThrow("Duration.days(3661) is longer than ten years: give a smaller amount");
  });
  test("is refused when minutes do not make whole seconds", () => {
    expect(() => Duration.minutes(1 / 7)).toThrow(/is not a positive whole number of seconds/);
  });
});
