import { checkGraph } from "../../../access/findings/check";
import { AccessGraph, AccessObject } from "../../../access/model/graph";
import { database, edge, graphOf } from "../../support/graph";

/** What is said of the grantees of objects, where so many identities are granted each. */
function said(counts: readonly (readonly [object: AccessObject, from: number, to: number])[]): string[] {
  const most = Math.max(...counts.map(([, , to]) => to));
  const edges = Array.from({ length: most }, (_, number) =>
    edge(
      `w${number}`,
      "shop",
      counts
        .filter(([, from, to]) => number >= from && number < to)
        .flatMap(([object]) => [
          { object, privilege: "SELECT" as const },
          { object, privilege: "INSERT" as const },
        ]),
    ),
  );
  const graph: AccessGraph = graphOf({ databases: [database("shop")], edges });
  const found = checkGraph(graph, { production: false }).filter(({ code }) => code === "grantees");
  for (const finding of found)
    expect(finding).toMatchObject({ code: "grantees", path: "access/shop", fix: expect.stringContaining("view") });
  return found.map(({ severity, message }) => `${severity}: ${message}`);
}

const table: AccessObject = { kind: "table", schema: "sales", name: "orders" };
const column: AccessObject = { ...table, kind: "column", column: "total" };
const all: AccessObject = { kind: "table", schema: "sales" };
const end = "roles; PostgreSQL keeps them in one row of 8 kB, which is full at 1,970 to 2,450 of them";

describe("grantees of one object", () => {
  test.each<[string, Parameters<typeof said>[0], string[]]>([
    ["1,500 are no finding", [[table, 0, 1500]], []],
    [
      "one more is a warning, with the sum written out; two verbs of one identity count once",
      [[table, 0, 1501]],
      [`warning: sales.orders of shop is granted to 1501 identities, 1501 ${end}`],
    ],
    [
      "2,400 are one",
      [[column, 0, 2400]],
      [`warning: sales.orders(total) of shop is granted to 2400 identities, 2400 ${end}`],
    ],
    [
      "2,401 are refused",
      [[table, 0, 2401]],
      [`error: sales.orders of shop is granted to 2401 identities, 2401 ${end}`],
    ],
    [
      "what is granted on all of a schema counts on each table in it, as a role of its own",
      [
        [table, 0, 1000],
        [all, 0, 1501],
      ],
      [
        `warning: sales.* (and those to come) of shop is granted to 1501 identities, 1501 ${end}`,
        `error: sales.orders of shop is granted to 1000 identities by name and 1501 by all of the schema, 2501 ${end}`,
      ],
    ],
    [
      "on another schema's or kind's, and on a column, it does not",
      [
        [table, 0, 1000],
        [{ kind: "table", schema: "staff" }, 0, 1500],
        [{ kind: "sequence", schema: "sales" }, 0, 1500],
        [column, 0, 1000],
      ],
      [],
    ],
    ["a schema has no such limit", [[{ kind: "schema", schema: "sales" }, 0, 3000]], []],
  ])("%s", (_, counts, expected) => {
    expect(said(counts).sort()).toEqual([...expected].sort());
  });
});
