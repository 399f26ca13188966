import type { AskedPrivilege } from "../access/questions/pattern";
import type { Absence, Leniency } from "./blind-spots";
import type { ExpectedBounds } from "./bounds";
import type { ExpectedAccess } from "./expected";
import { judgeBounds, judgeGranted, judgeNone, judgeSet, Verdict } from "./judge";
import { factsOf, Subject } from "./subject";

/** Matchers for `expect(app)`, where `app` is an App or another construct, an access report or an access graph. */
export interface AccessMatchers<R> {
  /**
   * That every workload of the pattern has the privilege on all of the object.
   *
   * With `.not`: that none has it on any part of it, as `expectNoAccess` says it. What is held in part fails both.
   * Without `.not` the options change nothing.
   */
  toGrant(who: string, privilege: AskedPrivilege, object: string, options?: Absence): R;
  /** That each workload of the pattern has exactly this access. Has no `.not`. */
  toGrantExactly(who: string, expected: ExpectedAccess, leniency?: Leniency): R;
  /** That the logins of each workload of the pattern last no longer. Has no `.not`. */
  toLastAtMost(who: string, bounds: ExpectedBounds, leniency?: Leniency): R;
}

/** What a matcher is told by `expect`, of jest or of vitest. */
interface Context {
  readonly isNot?: boolean;
}

interface Result {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For `expect.extend`, of jest or of vitest. */
export const accessMatchers = {
  toGrant(
    this: Context,
    subject: Subject,
    who: string,
    privilege: AskedPrivilege,
    object: string,
    options: Absence = {},
  ): Result {
    const facts = factsOf(subject);
    if (!this.isNot) return resultOf(judgeGranted(facts, who, privilege, object));
    // With `.not` an assertion holds when `pass` is false.
    const { pass, message } = judgeNone(facts, who, privilege, object, options);
    return resultOf({ pass: !pass, message });
  },

  toGrantExactly(
    this: Context,
    subject: Subject,
    who: string,
    expected: ExpectedAccess,
    leniency: Leniency = {},
  ): Result {
    return this.isNot ? NO_NOT : resultOf(judgeSet(factsOf(subject), who, expected, true, leniency));
  },

  toLastAtMost(this: Context, subject: Subject, who: string, bounds: ExpectedBounds, leniency: Leniency = {}): Result {
    return this.isNot ? NO_NOT : resultOf(judgeBounds(factsOf(subject), who, bounds, leniency));
  },
};

/** A misspelt workload does not have exactly this access either. So `.not` would hold for the wrong reason. */
const NO_NOT: Result = {
  pass: true,
  message: () =>
    "this matcher has no .not: say what is expected, or use expect(app).not.toGrant(who, privilege, object)",
};

function resultOf({ pass, message }: Verdict): Result {
  return { pass, message: () => message };
}
