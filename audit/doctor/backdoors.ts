import { SHORT_LOCKS, SHORT_LOCKS_TRIGGERS } from "../../constructs/postgres/init-sql";
import { quoteLiteral } from "../../access/model/sql-quoting";
import type { DatabaseNode, EdgeNode } from "../../access/model/graph";
import type { EffectiveFinding } from "../effective/finding";
import type { Queryable } from "../effective/model";
import { findInLeaseSchema } from "./lease-schema";
import { findMembers } from "./members";
import { findOwnGrants } from "./own-grants";
import type { OwnRoles } from "./own-roles";
import { findPastTheGrants } from "./past-the-grants";
import { findPredefined } from "./predefined-roles";
import { findServerSettings } from "./server-settings";
import { findSettings } from "./settings";
import { findStrangers } from "./strangers";

/**
 * Who else could get in or run as us, beside the privileges that are compared: by membership, ownership, attribute or setting, by the lease functions, or by
 * what lets data out past every grant. All of it is enumerated from the live system; what the graph does not explain is a finding.
 */
export async function findBackdoors(
  client: Queryable,
  database: DatabaseNode,
  edges: readonly EdgeNode[],
  own: OwnRoles,
): Promise<EffectiveFinding[]> {
  return [
    ...(await findStrangers(client, database, own)),
    ...(await findPredefined(client, database)),
    ...(await findMembers(client, database, own)),
    ...(await findOwnGrants(client, database, own)),
    ...(await findSettings(client, database, own)),
    ...(await findServerSettings(client, database)),
    ...(await findInLeaseSchema(client, database, edges, own)),
    ...(await findPastTheGrants(client, database)),
  ];
}

/** What no session of a login without rights can see of a server, in sentences: none of it is clean because nothing was found. */
export async function outOfReach(
  client: Queryable,
  database: DatabaseNode,
  own: readonly DatabaseNode[],
  vault: boolean,
): Promise<string[]> {
  const { rows } = await client.query<{ first: string; others: string[]; extensions: string[]; bound: boolean }>(
    `SELECT pg_get_userbyid(10)::text AS first,
            ARRAY(SELECT x.extname::text FROM pg_extension AS x WHERE x.extname <> 'plpgsql' ORDER BY 1) AS extensions,
            (SELECT count(*) = 2 FROM pg_event_trigger AS t WHERE t.evtname IN (${Object.keys(SHORT_LOCKS_TRIGGERS).map(quoteLiteral).join(", ")}) AND t.evtenabled IN ('O', 'A')) AS bound,
            ARRAY(SELECT b.datname::text FROM pg_database AS b WHERE b.datallowconn AND b.datname <> current_database() ORDER BY 1) AS others`,
  );
  const [{ first, others, extensions, bound }] = rows;
  const here = own.filter(({ instance }) => instance === database.instance).map((node) => node.database);
  const foreign = others.filter((name) => !here.includes(name));
  const of = `server of ${database.database}`;
  return [
    `${of}: who can log in as ${first}, its first superuser, and which passwords its roles have; what a superuser wrote into the catalogs by hand, or changed of PostgreSQL's own functions, views and programs; pg_hba.conf, so whom it lets in without a password; files, extensions that are loaded, and settings that only pg_read_all_settings shows`,
    ...(foreign.length > 0
      ? [`${of}: what is in its databases ${foreign.join(", ")}, which are not of the report`]
      : []),
    `database ${database.database}: what functions, triggers, views and policies of row-level security do, and what large objects hold`,
    ...(extensions.length > 0
      ? [
          `database ${database.database}: what its extensions ${extensions.join(", ")} bring, and whether somebody made something of his own part of one`,
        ]
      : []),
    ...(bound
      ? []
      : [
          `database ${database.database}: how long a login can stop all others: the event triggers ${SHORT_LOCKS} are not there, so CREATE RULE or ALTER INDEX can lock every new login out until its session ends; docs/security.md has the statements`,
        ]),
    ...(database.admin === undefined
      ? [
          `database ${database.database}: the report does not say Terraform's login, so not who should own the schema lease; write the report anew`,
        ]
      : []),
    ...(vault
      ? []
      : [
          `database ${database.database}: whether Vault issued the logins that say they are leases: Vault is not asked`,
        ]),
  ];
}
