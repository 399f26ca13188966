import { bounds } from "../model/lifetime";
import type { AccessChange, ClockChange, LinkChange } from "./change";
import { ComparedPart, Held, unique, WHOLE } from "./compared";
import { LINKS, Path, PathLink } from "./path";

const texts = new WeakMap<object, string>();

/** The text of a path or of a lifetime, made once: all that an identity is granted in a database has the same. */
function textOf(part: object): string {
  const known = texts.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  texts.set(part, text);
  return text;
}

const textsOf = (parts: readonly object[]): string => parts.map(textOf).join();

/** One change of one part. */
export interface Happened {
  readonly verdict: AccessChange["verdict"];
  readonly before?: Held;
  readonly after?: Held;
  readonly clocks: readonly ClockChange[];
  readonly links: readonly LinkChange[];
}

/** What happened to a part; several things may, such as a longer lease over another mount. */
export function happenedTo({ before, after }: ComparedPart): Happened[] {
  if (!before || !after) return [{ verdict: before ? "narrowed" : "broadened", before, after, clocks: [], links: [] }];
  const samePaths = textsOf(before.paths) === textsOf(after.paths);
  // Nearly nothing changes.
  if (samePaths && textOf(before.lifetime) === textOf(after.lifetime) && before.scopes.join() === after.scopes.join())
    return [];
  const [was, is] = [bounds(before.lifetime), bounds(after.lifetime)];
  const clocks = [...was].flatMap(([clock, old]) => {
    const now = is.get(clock);
    return now === undefined || now === old ? [] : [{ clock, before: old, after: now }];
  });
  const links = samePaths ? [] : linkChanges(before.paths, after.paths);
  const moved = (verdict: "longer" | "shorter", ones: readonly ClockChange[]): Happened[] =>
    ones.length === 0 ? [] : [{ verdict, before, after, clocks: ones, links: [] }];
  const scope = (verdict: "broadened" | "narrowed", less: Held, more: Held): Happened[] => {
    if (less.scopes.includes(WHOLE) || more.scopes.every((one) => one === WHOLE || less.scopes.includes(one)))
      return [];
    return [{ verdict, before, after, clocks: [], links: links.filter(({ link }) => SCOPE_LINKS.includes(link)) }];
  };
  const scopes = [...scope("broadened", before, after), ...scope("narrowed", after, before)];
  // What was told of who comes in is not told again as another way.
  const others = scopes.length === 0 ? links : links.filter((link) => !scopes[0].links.includes(link));
  return [
    ...scopes,
    ...moved(
      "longer",
      clocks.filter((clock) => clock.after > clock.before),
    ),
    ...moved(
      "shorter",
      clocks.filter((clock) => clock.after < clock.before),
    ),
    ...(others.length === 0 ? [] : [{ verdict: "rewired", before, after, clocks: [], links: others } as const]),
  ];
}

/** Links that say who comes in, or what is reached: another one is not only another way. */
const SCOPE_LINKS: readonly PathLink[] = [
  ...(["auth method", "audience", "token keys", "owner"] as const),
  ...(["pods", "demands", "runs"] as const),
];

function linkChanges(before: readonly Path[], after: readonly Path[]): LinkChange[] {
  const names = (paths: readonly Path[], link: PathLink): string[] => unique(paths.flatMap((path) => path[link] ?? []));
  const links = LINKS.map((link) => {
    const [was, is] = [names(before, link), names(after, link)];
    // Of many containers those that are the same say nothing.
    const without = (some: string[], others: string[]): string[] =>
      link === "runs" || link === "demands" ? some.filter((name) => !others.includes(name)) : some;
    return { link, before: without(was, is), after: without(is, was) };
  });
  const differ = links.filter((link) => JSON.stringify(link.before) !== JSON.stringify(link.after));
  // Two ways that swapped a link have the same names in all: then the whole of both is shown.
  return differ.length > 0 ? differ : links;
}
