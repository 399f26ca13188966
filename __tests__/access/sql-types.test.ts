import { signatureOf, typeName } from "../../access/model/sql-types";
import { PostgresServer, startPostgres } from "../../bench/servers/postgres";

/** Every spelling that the grammar has for a type without a length, and arrays of some. */
const SPELLINGS = (
  "int|int2|int4|int8|integer|smallint|bigint|bool|boolean|float|float4|float8|real|double precision|dec|decimal|numeric|" +
  "varchar|char varying|character varying|national char varying|national character varying|nchar varying|" +
  "char|character|nchar|national char|national character|bpchar|" +
  "bit varying|varbit|time|timetz|time with time zone|time without time zone|timestamp|timestamptz|" +
  "timestamp with time zone|timestamp without time zone|text|uuid|jsonb|interval|bytea|" +
  "int[]|varchar[]|FLOAT|Double  Precision|dec[][]"
).split("|");

describe("names of types", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  it("are those that PostgreSQL prints of a function with such an argument", async () => {
    const client = await server.connect({ ...server.superuser, database: "postgres" });
    try {
      for (const [i, type] of SPELLINGS.entries())
        await client.query(`CREATE FUNCTION pg_temp.f${i}(${type}) RETURNS int LANGUAGE sql AS 'SELECT 1'`);
      const { rows } = await client.query<{ name: string }>(
        `SELECT format_type(proargtypes[0], NULL) AS name FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
          ORDER BY substr(proname, 2)::int`,
      );
      expect(SPELLINGS.map(typeName)).toEqual(rows.map(({ name }) => name));
    } finally {
      await client.end();
    }
  });

  it.each([
    ["f", { base: "f" }],
    ["f()", { base: "f", types: [] }],
    ["f(dec, varchar[])", { base: "f", types: ["numeric", "character varying[]"] }],
  ])("%s", (name, parts) => expect(signatureOf(name)).toEqual(parts));
});
