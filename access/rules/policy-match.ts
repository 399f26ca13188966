import type { PolicyRule } from "./policy-text";

/** Letters that a name may begin with. Those at the end are rare in policies. */
const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_~!@";

/** A name that no rule means alone: no part of a path of theirs begins like it, so that one which denies such a name, or a few, does not hide the rest. */
export function otherName(rules: readonly PolicyRule[]): string {
  const used = new Set(rules.flatMap(({ path }) => path.split("/").map((part) => part[0])));
  return `${[...LETTERS].find((letter) => !used.has(letter)) ?? "~"}-any-other`;
}

/**
 * The paths that a target stands for. Its `any` stands for a name that no rule has, and for each name that a rule has
 * there. So a rule for one name only, such as `auth/people/users/me`, counts for that name.
 */
export function namesFor(rules: readonly PolicyRule[], target: string): string[] {
  const parts = target.split("/");
  const at = parts.lastIndexOf("any");
  if (at < 0) return [target];
  const other = otherName(rules);
  const names = rules.flatMap(({ path }) => {
    const segments = path.replace(/^\//, "").split("/");
    const name = segments[at]?.replace(/\{\{.*?\}\}|[+*]/g, other);
    return name ? [name] : [];
  });
  return [...new Set([other, ...names])].map((name) => parts.map((part, i) => (i === at ? name : part)).join("/"));
}

/** The rule that Vault takes for a path: the most specific one. A part in `{{…}}` may stand for any name. */
export function ruleFor(rules: readonly PolicyRule[], path: string): PolicyRule | undefined {
  const matching = rules.filter(({ path: pattern }) => matcher(pattern).test(path));
  return matching.reduce<PolicyRule | undefined>(
    (best, rule) => (best && !moreSpecific(rule, best) ? best : rule),
    undefined,
  );
}

function matcher(pattern: string): RegExp {
  const glob = pattern.endsWith("*");
  const parts = (glob ? pattern.slice(0, -1) : pattern)
    .replace(/^\//, "")
    .split("/")
    .map((part) =>
      part === "+"
        ? "[^/]+"
        : part
            .split(/\{\{.*?\}\}/)
            .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
            .join("[^/]+"),
    );
  return new RegExp(`^${parts.join("/")}${glob ? "" : "$"}`);
}

/** As Vault's documentation orders them (Policies, priority matching). */
function moreSpecific({ path: a }: PolicyRule, { path: b }: PolicyRule): boolean {
  const wild = (path: string): number => {
    const at = path.search(/\+|\*$/);
    return at < 0 ? Number.MAX_SAFE_INTEGER : at;
  };
  const plus = (path: string): number => path.split("/").filter((part) => part === "+").length;
  if (wild(a) !== wild(b)) return wild(a) > wild(b);
  if (a.endsWith("*") !== b.endsWith("*")) return b.endsWith("*");
  if (plus(a) !== plus(b)) return plus(a) < plus(b);
  return a.length !== b.length ? a.length > b.length : a > b;
}
