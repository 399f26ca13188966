import type { AskedPrivilege } from "../access/questions/pattern";
import type { Absence, Leniency } from "./blind-spots";
import type { ExpectedBounds } from "./bounds";
import type { ExpectedAccess } from "./expected";
import { judgeBounds, judgeNone, judgeSet, Verdict } from "./judge";
import { Facts, factsOf, Subject } from "./subject";
import { knownAcrossCopies } from "../access/model/copies";

/** Thrown by an assertion that does not hold. */
export class AccessAssertionError extends Error {
  static {
    knownAcrossCopies(this, "AccessAssertionError");
  }

  override readonly name = "AccessAssertionError";
}

/** How an assertion that there is no access is made. */
export interface NoAccessOptions extends Absence {
  /** @default "ANY", every privilege that reaches data; CONNECT, TEMPORARY and USAGE of a schema must be asked for by name */
  readonly privilege?: AskedPrivilege;
}

/**
 * Begins an assertion about who may do what, that throws when it does not hold. Needs no test framework.
 *
 * ```ts
 * expectAccess(app).of("shop/web").toBe({ "shop.sales.wizard": ["SELECT"] });
 * expectAccess(app).toHaveNone("*", "payments.*");
 * ```
 *
 * @throws TypeError when the subject is not a construct, report or graph
 */
export function expectAccess(subject: Subject): AccessExpectation {
  return new AccessExpectation(factsOf(subject));
}

/**
 * That no workload of the pattern has access to the object or to anything in it: access to a single column is a counterexample, and the
 * message shows its whole path.
 *
 * Fails, too, when the graph cannot tell: see `Leniency`.
 *
 * @throws AccessAssertionError when it does not hold
 * @throws QuestionError when the workload or the object is malformed
 */
export function expectNoAccess(subject: Subject, who: string, object: string, options: NoAccessOptions = {}): void {
  hold(judgeNone(factsOf(subject), who, options.privilege ?? "ANY", object, options), expectNoAccess);
}

/** What can be asserted of a program. */
export class AccessExpectation {
  /** @internal */
  constructor(private readonly facts: Facts) {}

  /** Of these workloads: `namespace/ServiceAccount`, `cluster/namespace/ServiceAccount`, or `*`. Each part may be `*` or `prefix*`. */
  of(who: string): WorkloadExpectation {
    return new WorkloadExpectation(this.facts, who);
  }

  /** As `expectNoAccess`. */
  toHaveNone(who: string, object: string, options: NoAccessOptions = {}): void {
    hold(judgeNone(this.facts, who, options.privilege ?? "ANY", object, options), this.toHaveNone);
  }
}

/** What can be asserted of workloads. Each method throws AccessAssertionError when it does not hold of one of them. */
export class WorkloadExpectation {
  /** @internal */
  constructor(
    private readonly facts: Facts,
    private readonly who: string,
  ) {}

  /** Exactly this access: what is missing and what is too much is listed. Fails, too, when the graph cannot tell. */
  toBe(expected: ExpectedAccess, leniency: Leniency = {}): void {
    hold(judgeSet(this.facts, this.who, expected, true, leniency), this.toBe);
  }

  /** At least this access. */
  toInclude(expected: ExpectedAccess): void {
    hold(judgeSet(this.facts, this.who, expected, false, {}), this.toInclude);
  }

  /** No access at all, not even a login. Fails, too, when the graph cannot tell. */
  toBeNothing(leniency: Leniency = {}): void {
    hold(judgeSet(this.facts, this.who, {}, true, leniency), this.toBeNothing);
  }

  /** Tokens, leases and sessions that last no longer. Fails, too, of a clock that is not known, and when the graph cannot tell. */
  toLastAtMost(bounds: ExpectedBounds, leniency: Leniency = {}): void {
    hold(judgeBounds(this.facts, this.who, bounds, leniency), this.toLastAtMost);
  }
}

/** The stack of the error begins at the caller's line, which test frameworks then show. */
function hold(verdict: Verdict, assertion: (...given: never[]) => unknown): void {
  if (verdict.pass) return;
  const error = new AccessAssertionError(verdict.message);
  Error.captureStackTrace(error, assertion);
  throw error;
}
