import { printableJson } from "../../render/escape";
import type { KnownRights } from "../../access/model/known-rights";
import type { Queryable } from "../../audit/effective/model";
import type { PreflightOptions } from "../../audit/preflight/preflight";
import { Call, Command, DONE, FORMAT_OPTIONS, FOUND, print, REPORT_OPTION, UsageError } from "../command/command";
import { serverErrorsToUsage } from "../command/usage-errors";

/** `leasehold preflight --database shop=service=shop`. */
export const preflight: Command = {
  name: "preflight",
  summary: "says what a database that exists lacks before the first apply, as SQL for a superuser",
  args: [],
  details:
    "Reads catalogs only. Connections are named as for `leasehold doctor`. Connect as the login that Terraform will use; or connect as another\n" +
    "one, and name Terraform's login with --admin. With --rights it prints what the program takes as `knownRights`. Exit codes: 0 nothing is missing, 1 it could not be done, 2 something is missing. See docs/existing-database.md.",
  options: {
    ...REPORT_OPTION,
    database: {
      type: "string",
      multiple: true,
      value: "<database>[=<connection>]",
      help: "a database to look at: shop, shop=service=<name> or shop='host=… user=…'; never a password",
    },
    rights: {
      type: "boolean",
      help: "instead: print what PUBLIC and the owners may do in one database, as JSON for `knownRights` of the program",
    },
    admin: { type: "string", value: "<role>", help: "the login that Terraform uses; default: the one that connects" },
    ...FORMAT_OPTIONS,
  },
  run: async (call) => {
    const named = call.list("database");
    if (named.length === 0) throw new UsageError("name a database that exists with --database");
    if (call.flag("rights") && named.length !== 1)
      throw new UsageError("--rights looks at one database: name one with --database");
    if (call.flag("rights")) {
      const [rights] = await serverErrorsToUsage(() => look(call, named, lookUpRights));
      call.io.out(`${printableJson(rights)}\n`);
      return DONE;
    }
    const { preflight: missing, preflightSql } = await import("../../audit/preflight/preflight");
    const results = await serverErrorsToUsage(() => look(call, named, missing));
    const sql = results.map(preflightSql).join("\n");
    print(call, {
      json: () => ({ version: 1, databases: results }),
      markdown: () => `\`\`\`sql\n${sql}\`\`\`\n`,
      text: () => sql,
    });
    return results.some(({ required }) => required.length > 0) ? FOUND : DONE;
  },
};

async function lookUpRights(client: Queryable, { database, admin, edges }: PreflightOptions): Promise<KnownRights> {
  const { lookUpRights: lookUp } = await import("../../audit/preflight/rights");
  const groups = edges.map(({ groupRole }) => groupRole);
  return lookUp(client, { database, admin, groups }, new Date().toISOString().slice(0, 10));
}

/** Looks at each of the databases that were named, over a connection of its own. */
async function look<T>(
  call: Call,
  named: readonly string[],
  at: (client: Queryable, options: PreflightOptions) => Promise<T>,
): Promise<T[]> {
  // Loaded only here: it needs a package that the other commands do without.
  const { connectionFrom, connectReadOnly } = await import("../../audit/doctor/connection");
  const { graph } = call.report();
  return Promise.all(
    named.map(async (text) => {
      const { name, settings } = connectionFrom(text, process.env);
      const own = graph.databases.filter(
        ({ external, instance, database }) => !external && [database, `${instance}/${database}`].includes(name),
      );
      if (own.length !== 1)
        throw new UsageError(
          `${JSON.stringify(name)} names ${own.length} databases of the report: write <database>, or <instance>/<database>`,
        );
      const [{ database, owner, mountPath }] = own;
      const client = await connectReadOnly(settings);
      try {
        const user = (await client.query<{ user: string }>("SELECT current_user AS user")).rows[0].user;
        const edges = graph.edges.filter((edge) => edge.mountPath === mountPath);
        return await at(client, { database, owner, edges, admin: call.option("admin") ?? user });
      } finally {
        await client.end();
      }
    }),
  );
}
