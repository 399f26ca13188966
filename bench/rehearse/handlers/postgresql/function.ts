/** Provider 1.26.0: resource_postgresql_function.go, model_pg_function.go. */
import { ArgumentTable, flag, text } from "../../model/arguments";
import { JsonObject, isObject } from "../../model/values";
import { Context, ReadBack, tableHandler } from "../../model/handler";
import type { Known } from "../../model/state";
import { connected, inTransaction } from "./connection";
import { identifier } from "./sql";

const table: ArgumentTable = {
  name: { kind: "string", required: true, replaces: true, use: "name" },
  schema: { kind: "string", default: "public", replaces: true, use: "schema" },
  database: { kind: "string", replaces: true, use: "where to connect; the provider's by default" },
  arg: {
    kind: "blocks",
    replaces: true,
    use: "arguments",
    of: {
      type: { kind: "string", required: true, use: "must be as PostgreSQL prints it, or every plan replaces" },
      name: { kind: "string", use: "name" },
      mode: { kind: "string", default: "IN", oneOf: ["IN", "OUT", "INOUT", "VARIADIC"], use: "mode" },
      default: { kind: "string", use: "DEFAULT" },
    },
  },
  language: { kind: "string", default: "plpgsql", replaces: true, use: "LANGUAGE" },
  returns: { kind: "string", replaces: true, use: "RETURNS; the last OUT argument's type, or void" },
  body: { kind: "string", required: true, use: "AS" },
  drop_cascade: { kind: "bool", default: false, use: "DROP FUNCTION CASCADE" },
  parallel: { kind: "string", default: "UNSAFE", oneOf: ["UNSAFE", "RESTRICTED", "SAFE"], use: "PARALLEL" },
  security_definer: { kind: "bool", default: false, use: "SECURITY DEFINER" },
  strict: { kind: "bool", default: false, use: "STRICT" },
  volatility: { kind: "string", default: "VOLATILE", oneOf: ["VOLATILE", "STABLE", "IMMUTABLE"], use: "volatility" },
};

const args = (config: JsonObject): JsonObject[] => (Array.isArray(config.arg) ? config.arg.filter(isObject) : []);

/**
 * normalizeFunctionBody: what stands between the outermost dollar quotes, if there are any. With the anchor a body without them is read
 * once; without it JavaScript reads it from each of its letters on, a quarter of a second for each lease function.
 */
export function normalizeBody(body: string): string {
  return /^.*\$[a-zA-Z]*\$\s(?<body>.*)\s\$[a-zA-Z]*\$/is.exec(body)?.groups?.body ?? body;
}

const returns = (config: JsonObject): string =>
  text(config, "returns") ||
  args(config)
    .filter((arg) => text(arg, "mode") === "OUT")
    .map((arg) => text(arg, "type"))
    .at(-1) ||
  "void";

export function createFunctionSql(config: JsonObject, replace: boolean): string {
  const list = args(config).map((arg) => {
    const fallback = text(arg, "default") ? `DEFAULT ${text(arg, "default")}` : "";
    return [text(arg, "mode"), text(arg, "name"), text(arg, "type"), fallback].filter(Boolean).join(" ");
  });
  const name = `${identifier(text(config, "schema"))}.${identifier(text(config, "name"))}`;
  return [
    `CREATE ${replace ? "OR REPLACE " : ""}FUNCTION ${name} (${list.join(", ")})`,
    `RETURNS ${returns(config)}`,
    `LANGUAGE ${text(config, "language")}`,
    ...(text(config, "volatility") === "VOLATILE" ? [] : [text(config, "volatility")]),
    ...(flag(config, "security_definer") ? ["SECURITY DEFINER"] : []),
    ...(text(config, "parallel") === "UNSAFE" ? [] : [`PARALLEL ${text(config, "parallel")}`]),
    ...(flag(config, "strict") ? ["STRICT"] : []),
    `AS $function$${normalizeBody(text(config, "body"))}$function$;`,
  ].join("\n");
}

const inputTypes = (config: JsonObject): string =>
  args(config)
    .filter((arg) => text(arg, "mode") !== "OUT")
    .map((arg) => text(arg, "type"))
    .join(",");

const databaseOf = (config: JsonObject, context: Context): string =>
  text(config, "database") || text(context.provider, "database");

/** The provider takes its own id apart at every dot; with one too many it cannot read what it just made. */
function checkedId(config: JsonObject, context: Context): string {
  const parts = [databaseOf(config, context), text(config, "schema"), `${text(config, "name")}(${inputTypes(config)})`];
  const id = parts.join(".");
  if (id.split(".").length !== 3)
    throw context.where.error(
      `a dot in the database, the name or an argument's type: the provider cannot read ${id} back`,
    );
  return id;
}

const signature = (config: JsonObject): string =>
  `${identifier(text(config, "schema"))}.${identifier(text(config, "name"))}(${inputTypes(config)})`;

const DEFINITION = new RegExp(
  "CREATE\\sOR\\sREPLACE\\sFUNCTION\\s(?<schema>[^.]+)\\.(?<name>[^(]+)\\((?<args>.*)\\).*RETURNS\\s(?<returns>[^\\n]+)" +
    ".*LANGUAGE\\s(?<language>[^\\n\\s]+)\\s*(?<volatility>(STABLE|IMMUTABLE)?)\\s*(?<parallel>(PARALLEL (SAFE|RESTRICTED))?)" +
    "\\s*(?<strict>(STRICT)?)\\s*(?<security>(SECURITY DEFINER)?).*\\$[a-zA-Z]*\\$(?<body>.*)\\$[a-zA-Z]*\\$",
  "is",
);

/** What the provider makes of pg_get_functiondef: it compares this with the program on every later plan. */
export function readBack(definition: string): JsonObject {
  const found = DEFINITION.exec(definition)?.groups ?? {};
  return {
    schema: found.schema ?? "",
    name: found.name ?? "",
    arg: (found.args ? found.args.split(",") : []).map(readArg),
    returns: found.returns ?? "",
    language: found.language ?? "",
    volatility: found.volatility || "VOLATILE",
    parallel: found.parallel ? found.parallel.replace("PARALLEL ", "") : "UNSAFE",
    strict: Boolean(found.strict),
    security_definer: Boolean(found.security),
    body: found.body ?? "",
  };
}

function readArg(definition: string): JsonObject {
  const split = /(?<data>.*)\sDEFAULT\s(?<value>.*)/is.exec(definition)?.groups;
  const data = split?.data ?? definition;
  const found = /((?<mode>IN|OUT|INOUT|VARIADIC)\s)?(?<name>[^\s]+)\s(?<type>.*)/is.exec(data)?.groups ?? {};
  return { type: found.type ?? "", name: found.name ?? "", mode: found.mode || "IN", default: split?.value ?? "" };
}

function expected(config: JsonObject): JsonObject {
  const plain = ["schema", "name", "language", "volatility", "parallel"].map(
    (key) => [key, text(config, key)] as const,
  );
  return {
    ...Object.fromEntries(plain),
    arg: args(config).map((arg) => ({
      type: text(arg, "type"),
      name: text(arg, "name"),
      mode: text(arg, "mode"),
      default: text(arg, "default"),
    })),
    returns: returns(config),
    strict: flag(config, "strict"),
    security_definer: flag(config, "security_definer"),
    body: normalizeBody(text(config, "body")),
  };
}

async function write(config: JsonObject, replace: boolean, context: Context) {
  const id = checkedId(config, context);
  const definition = await inTransaction(context, databaseOf(config, context), async (session) => {
    await session.run(createFunctionSql(config, replace));
    const [row] = await session.run("SELECT pg_get_functiondef(to_regprocedure($1)) AS definition", [
      signature(config),
    ]);
    return String(row?.definition ?? "");
  });
  context.made(id);
  const [wanted, read] = [expected(config), readBack(definition)];
  for (const key of Object.keys(wanted)) {
    if (JSON.stringify(wanted[key]) !== JSON.stringify(read[key]))
      throw context.where
        .at(key)
        .error("the provider reads this back otherwise than it is written, so no later plan would be empty");
  }
  return { id, database: databaseOf(config, context), returns: returns(config) };
}

/** What is otherwise than it was written: somebody changed the function behind Terraform's back. */
async function refresh(known: Known, context: Context): Promise<ReadBack | undefined> {
  const config = known.arguments;
  const [row] = await connected(context, databaseOf(config, context), (session) =>
    session.run("SELECT pg_get_functiondef(oid) AS definition FROM pg_proc WHERE oid = to_regprocedure($1)", [
      signature(config),
    ]),
  );
  if (!row) return undefined;
  const [wanted, found] = [expected(config), readBack(String(row.definition))];
  const changed = Object.keys(wanted).filter(
    (key) => key in config && JSON.stringify(wanted[key]) !== JSON.stringify(found[key]),
  );
  return { arguments: Object.fromEntries(changed.map((key) => [key, found[key] ?? null])) };
}

export const functionResource = tableHandler({
  type: "postgresql_function",
  shares: () => true,
  table,
  create: (config, context) => write(config, false, context),
  update: (config, _known, context) => write(config, true, context),
  refresh,
  async destroy(known, context) {
    const mode = flag(known.arguments, "drop_cascade") ? "CASCADE" : "RESTRICT";
    const database = databaseOf(known.arguments, context);
    await inTransaction(context, database, async (session) => {
      await session.run(`DROP FUNCTION IF EXISTS ${signature(known.arguments)} ${mode}`);
    });
  },
});
