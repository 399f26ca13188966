import { Acknowledgement, judge, Judged } from "../findings/acknowledgement";
import type { Finding } from "../findings/finding";
import { at } from "../findings/place";
import { byCodeUnit } from "../model/graph";
import { RULES } from "./all";
import type { Program } from "./program";
import type { Rule } from "./rule";

/** What the rules find, in a fixed order: errors first. */
export function violationsOf(program: Program, rules: readonly Rule[] = RULES): Finding[] {
  return rules
    .filter(({ productionOnly }) => program.production || !productionOnly)
    .flatMap((rule) =>
      rule.check(program).map(({ at: place, what }) =>
        at([place], {
          code: rule.id,
          severity: rule.severity,
          message: what,
          fix: rule.fix,
          why: rule.why,
          references: rule.references,
        }),
      ),
    );
}

/** All findings about a program: what synthesis advised, what the rules find, and which of both are acknowledged. */
export function check(
  program: Program,
  said: {
    readonly advised: readonly Finding[];
    readonly acknowledgements: readonly Acknowledgement[];
    readonly today: string;
  },
): Judged {
  const judged = judge([...said.advised, ...violationsOf(program)], said.acknowledgements, said.today);
  const rank = ({ severity, path, code, message }: Finding): string =>
    `${severity === "error" ? 0 : 1} ${path} ${code} ${message}`;
  return { ...judged, findings: [...judged.findings].sort((a, b) => byCodeUnit(rank(a), rank(b))) };
}
