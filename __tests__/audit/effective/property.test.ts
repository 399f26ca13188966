import * as fc from "fast-check";
import type { Privilege } from "../../../access/model/privileges";
import { GRANTABLE } from "../../../access/model/privileges";
import { lines, proveWorld } from "./world";

jest.setTimeout(10 * 60_000);

/** Names that SQL, Terraform and template engines each would read otherwise if one of them forgot to quote. */
const NAMES = [
  "wizard",
  "Order",
  "naïve",
  "select",
  "a b",
  'x"y',
  "back\\slash",
  "semi;colon",
  "${x}",
  "per%s",
  "public",
  "ключ",
];

const name = fc.constantFrom(...NAMES);
const some = (privileges: readonly Privilege[]): fc.Arbitrary<Privilege[]> =>
  fc.subarray([...privileges], { minLength: 1 });

interface Said {
  readonly who: string;
  readonly schema: string;
  readonly on: "table" | "column" | "all tables" | "sequence" | "all sequences" | "function";
  readonly name: string;
  readonly privileges: readonly Privilege[];
}

const who = fc.constantFrom("web", "api", "reporting");
const said = (on: Said["on"], kind: keyof typeof GRANTABLE): fc.Arbitrary<Said> =>
  fc.record({ who, schema: name, on: fc.constant(on), name, privileges: some(GRANTABLE[kind]) });

const world = fc.record({
  schemas: fc.uniqueArray(
    name.filter((candidate) => candidate !== "public"),
    { minLength: 1, maxLength: 2 },
  ),
  tables: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
  columns: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }),
  said: fc.array(
    fc.oneof(
      said("table", "table"),
      said("column", "column"),
      said("all tables", "table"),
      said("sequence", "sequence"),
      said("all sequences", "sequence"),
      said("function", "function"),
    ),
    { minLength: 4, maxLength: 12 },
  ),
});

const quoted = (text: string): string => `"${text.replace(/"/g, '""')}"`;
const literal = (text: string): string => `E'${text.replace(/['\\]/g, "\\$&")}'`;

test("what a random program says is what a login can do, by PostgreSQL's own word", async () => {
  let asked = 0;
  await fc.assert(
    fc.asyncProperty(world, async ({ schemas, tables, columns, said: drawn }) => {
      // What was drawn names places of the world in turn, so that every statement is about something that exists.
      const pick = (list: readonly string[], text: string): string => list[NAMES.indexOf(text) % list.length];
      const statements = drawn.map((one) => ({
        ...one,
        schema: pick(schemas, one.schema),
        name: pick(tables, one.name),
        column: pick(columns, one.name),
      }));
      const table = (one: (typeof statements)[number], t: string): boolean =>
        one.on === "all tables" || (one.on === "table" && one.name === t);
      const { findings } = await proveWorld({
        schema: schemas
          .map(
            (schema) => `CREATE SCHEMA ${quoted(schema)};
              ${tables.map((t) => `CREATE TABLE ${quoted(schema)}.${quoted(t)} (${columns.map((c) => `${quoted(c)} integer`).join(", ")});`).join("\n")}
              ${tables.map((t) => `CREATE SEQUENCE ${quoted(schema)}.${quoted(`${t} seq`)};`).join("\n")}
              ${tables.map((t) => `CREATE FUNCTION ${quoted(schema)}.${quoted(t)}(integer) RETURNS integer LANGUAGE sql RETURN 1;`).join("\n")}`,
          )
          .join("\n"),
        program: ({ db, identity }) => {
          for (const id of ["web", "api", "reporting"]) db.access(identity(id));
          for (const { who: id, schema, on, name: t, column, privileges } of statements) {
            const place = db.schema(schema);
            if (on === "table") place.table(t).grants.custom([...privileges], identity(id));
            if (on === "column")
              place
                .table(t)
                .columns(column)
                .grants.custom([...privileges], identity(id));
            if (on === "all tables") place.allTables().grants.custom([...privileges], identity(id));
            if (on === "sequence") place.sequence(`${t} seq`).grants.custom([...privileges], identity(id));
            if (on === "all sequences") place.allSequences().grants.custom([...privileges], identity(id));
            if (on === "function") place.function(t).grants.execute(identity(id));
          }
        },
        // The oracle: one question at a time, and an answer by hand, without the reader or the comparison.
        tamper: async (server, database, logins) => {
          const questions: { readonly sql: string; readonly expected: boolean }[] = [];
          for (const [id, login] of logins) {
            const mine = statements.filter((one) => `eu/shop/${one.who}` === id);
            for (const schema of schemas) {
              const here = mine.filter((one) => one.schema === schema);
              const ask = (what: string, object: string, privilege: string, expected: boolean): void => {
                questions.push({
                  sql: `has_${what}_privilege(${literal(login)}, ${object}, '${privilege}')`,
                  expected,
                });
              };
              for (const privilege of ["USAGE", "CREATE"])
                ask("schema", literal(schema), privilege, privilege === "USAGE" && here.length > 0);
              for (const t of tables) {
                const relation = literal(`${quoted(schema)}.${quoted(t)}`);
                for (const privilege of GRANTABLE.table)
                  ask(
                    "table",
                    relation,
                    privilege,
                    here.some((one) => table(one, t) && one.privileges.includes(privilege)),
                  );
                for (const c of columns)
                  for (const privilege of GRANTABLE.column)
                    ask(
                      "column",
                      `${relation}, ${literal(c)}`,
                      privilege,
                      here.some(
                        (one) =>
                          (table(one, t) || (one.on === "column" && one.name === t && one.column === c)) &&
                          one.privileges.includes(privilege),
                      ),
                    );
                for (const privilege of GRANTABLE.sequence)
                  ask(
                    "sequence",
                    literal(`${quoted(schema)}.${quoted(`${t} seq`)}`),
                    privilege,
                    here.some(
                      (one) =>
                        (one.on === "all sequences" || (one.on === "sequence" && one.name === t)) &&
                        one.privileges.includes(privilege),
                    ),
                  );
                ask(
                  "function",
                  literal(`${quoted(schema)}.${quoted(t)}(integer)`),
                  "EXECUTE",
                  here.some((one) => one.on === "function" && one.name === t),
                );
              }
            }
          }
          const { rows } = await server.asSuperuser(
            database,
            `SELECT ARRAY[${questions.map(({ sql }) => sql).join(",\n")}] AS answers`,
          );
          const answers = (rows[0] as { answers: boolean[] }).answers;
          const wrong = questions.filter(({ expected }, index) => answers[index] !== expected);
          expect(wrong).toEqual([]);
          asked += questions.length;
        },
      });
      expect(lines(findings)).toEqual([]);
    }),
    // Each run starts a server: a failure is shown as it was drawn, not shrunk for minutes.
    { numRuns: 4, endOnFailure: true },
  );
  expect(asked).toBeGreaterThan(200);
});
