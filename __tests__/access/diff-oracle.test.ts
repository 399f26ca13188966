import * as fc from "fast-check";
import { AccessChange, AccessDiff, diffReports, Verdict } from "../../access/diff/diff";
import { AccessReport } from "../../access/report/report";
import { bounds } from "../../access/model/lifetime";
import { allowed, Allowed, OF_SCOPES, Point, POINTS, reaches } from "../support/access-oracle";
import { reportPair, smallReport } from "../support/small-worlds";

/** `npm run nightly` sets 100,000. */
const RUNS = Number(process.env.LEASEHOLD_CASES ?? 2000);

const KEYS = new Map(POINTS.map((point) => [point, JSON.stringify(point)]));
const pointKey = (point: Point): string => KEYS.get(point) as string;

interface Seen {
  readonly point: Point;
  readonly before?: Allowed;
  readonly after?: Allowed;
}

function look([before, after]: readonly [AccessReport, AccessReport]): Seen[] {
  return POINTS.map((point) => ({ point, before: allowed(before.graph, point), after: allowed(after.graph, point) }));
}

/** Verdict, point and clocks, as lines: what the oracle expects. */
function expected(seen: readonly Seen[]): string[] {
  return seen.flatMap(({ point, before, after }) => {
    const key = pointKey(point);
    if (!before || !after) {
      const side = before ?? after;
      return side ? [`${before ? "narrowed" : "broadened"} ${key} ${JSON.stringify(sorted(side.clocks))}`] : [];
    }
    const moved = Object.keys(before.clocks).filter(
      (clock) => after.clocks[clock] !== undefined && after.clocks[clock] !== before.clocks[clock],
    );
    const clocks = (longer: boolean): string[] =>
      moved.filter((clock) => after.clocks[clock] > before.clocks[clock] === longer).sort();
    const other = (less: Allowed, more: Allowed): boolean =>
      !less.scopes.includes("any") && more.scopes.some((scope) => scope !== "any" && !less.scopes.includes(scope));
    // Who comes in by another door is told so, and not a second time as another way.
    const told = (other(before, after) || other(after, before)) && onlyScopes(before.parts(), after.parts());
    return [
      ...(other(before, after) ? [`broadened ${key} ${JSON.stringify(sorted(after.clocks))}`] : []),
      ...(other(after, before) ? [`narrowed ${key} ${JSON.stringify(sorted(before.clocks))}`] : []),
      ...(clocks(true).length ? [`longer ${key} ${clocks(true).join()}`] : []),
      ...(clocks(false).length ? [`shorter ${key} ${clocks(false).join()}`] : []),
      ...(before.ways === after.ways || told ? [] : [`rewired ${key}`]),
    ];
  });
}

type Parts = Readonly<Record<string, string>>;

/** Whether the parts that differ, one at least, are those that a scope is made of. */
function onlyScopes(before: Parts, after: Parts): boolean {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const differ = names.filter((name) => (before[name] ?? "") !== (after[name] ?? ""));
  return differ.length > 0 && differ.every((name) => OF_SCOPES.includes(name));
}

/** Verdicts about mounts: each that stayed against itself, and of each database the longest of those that came against the longest that went. */
function ofMounts([before, after]: readonly [AccessReport, AccessReport]): Verdict[] {
  const caps = ({ graph }: AccessReport, other: AccessReport): Map<string, number> => {
    const found = new Map<string, number>();
    for (const { database, mountPath, leaseCap, external } of graph.databases) {
      if (external) continue;
      const stays = other.graph.databases.some((node) => !node.external && node.mountPath === mountPath);
      const key = `${database} ${stays ? mountPath : ""}`;
      found.set(key, Math.max(found.get(key) ?? 0, leaseCap));
    }
    return found;
  };
  const was = caps(before, after);
  return [...caps(after, before)].flatMap(([key, cap]): Verdict[] => {
    const old = was.get(key) ?? cap;
    return old === cap ? [] : [old < cap ? "longer" : "shorter"];
  });
}

/** The same lines, from what the diff says. */
function said(diff: AccessDiff, seen: readonly Seen[]): string[] {
  return diff.changes.flatMap((change) =>
    seen
      .filter((one) => covers(change, one))
      .map(({ point }) => {
        const side = change.verdict === "broadened" ? change.after : change.before;
        const more =
          change.verdict === "rewired"
            ? ""
            : change.clocks.length > 0
              ? ` ${change.clocks
                  .map(({ clock }) => clock)
                  .sort()
                  .join()}`
              : ` ${JSON.stringify(sorted(Object.fromEntries(bounds(side?.lifetime ?? {}))))}`;
        return `${change.verdict} ${pointKey(point)}${more}`;
      }),
  );
}

function covers(change: AccessChange, { point, before, after }: Seen): boolean {
  if (change.who !== point.who || (change.database?.database ?? "") !== point.database) return false;
  if (change.privileges.length === 0) return before !== undefined && after !== undefined;
  return (
    (change.privileges as string[]).includes(point.privilege) &&
    change.on.some(({ object, except }) => reaches(object, point) && !except.some((left) => reaches(left, point)))
  );
}

function sorted(record: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The diff the other way round. */
function mirror(diff: AccessDiff): AccessDiff {
  const other: Partial<Record<Verdict, Verdict>> = {
    broadened: "narrowed",
    narrowed: "broadened",
    longer: "shorter",
    shorter: "longer",
  };
  const turn = <T extends { before?: unknown; after?: unknown }>(item: T): T => {
    const { before, after, ...rest } = item;
    return {
      ...rest,
      ...(after !== undefined && { before: after }),
      ...(before !== undefined && { after: before }),
    } as T;
  };
  return {
    version: 1,
    verdicts: diff.verdicts.map((verdict) => other[verdict] ?? verdict),
    changes: diff.changes.map((change) => ({
      ...turn(change),
      verdict: (other[change.verdict] ?? change.verdict) as AccessChange["verdict"],
      clocks: change.clocks.map(turn),
      links: change.links.map(turn),
    })),
    unclassified: diff.unclassified.map((change) => ({
      ...turn(change),
      change: change.change === "added" ? "removed" : change.change === "removed" ? "added" : "changed",
    })),
  };
}

/** Without order: of keys, and of changes. */
function shape(diff: AccessDiff): unknown {
  const lines = (items: readonly object[]): string[] => items.map((item) => canonical(item)).sort();
  return [[...diff.verdicts].sort(), lines(diff.changes), lines(diff.unclassified)];
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item !== null && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

describe("the verdicts", () => {
  it("say of every point of a small world what a look at each point says, and nothing else", () => {
    fc.assert(
      fc.property(reportPair, (pair) => {
        const seen = look(pair);
        const diff = diffReports(...pair);
        const lines = expected(seen).sort();
        // Text first: to compare lists costs more than all the rest.
        if (said(diff, seen).sort().join("\n") !== lines.join("\n")) expect(said(diff, seen).sort()).toEqual(lines);
        const verdicts = new Set<string>([...lines.map((line) => line.split(" ")[0]), ...ofMounts(pair)]);
        expect(diff.verdicts.filter((verdict) => verdict !== "unclassified").sort()).toEqual([...verdicts].sort());
      }),
      { numRuns: RUNS },
    );
  }, 900_000);

  it("are mirrored when the sides change places", () => {
    fc.assert(
      fc.property(reportPair, ([before, after]) => {
        expect(shape(diffReports(after, before))).toEqual(shape(mirror(diffReports(before, after))));
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  }, 900_000);

  it("are none when statements are put in another order, repeated, renamed or moved to other lines", () => {
    fc.assert(
      fc.property(smallReport, fc.infiniteStream(fc.nat()), (report, dice) => {
        const shuffle = <T>(items: readonly T[]): T[] =>
          items
            .map((item) => ({ item, at: dice.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item);
        const { graph } = report;
        const renamed: AccessReport = {
          ...report,
          graph: {
            identities: shuffle(graph.identities).map((node) => ({ ...node, path: "elsewhere", source: "other.ts:9" })),
            databases: shuffle(graph.databases).map((node) => ({ ...node, path: "elsewhere" })),
            edges: shuffle(graph.edges).map((node) => ({
              ...node,
              path: "elsewhere",
              grants: shuffle([...node.grants, ...node.grants]).map((grant) => ({
                ...grant,
                grantedBy: [{ path: "elsewhere", source: "other.ts:10" }],
              })),
            })),
            deliveries: shuffle(graph.deliveries),
          },
          unclassified: shuffle(report.unclassified).map((node, index) => ({ ...node, name: `renamed${index}` })),
        };
        expect(diffReports(report, renamed)).toEqual({ version: 1, verdicts: [], changes: [], unclassified: [] });
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  }, 900_000);
});
