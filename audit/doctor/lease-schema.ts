import type { DatabaseNode, EdgeNode } from "../../access/model/graph";
import { LEASE_PREFIX } from "../../access/model/names";
import {
  LEASE_SCHEMA,
  LeaseFunction,
  renderLeaseFunctions,
  renderRegistration,
} from "../../constructs/database/lease/lease-functions";
import { keyOf } from "../effective/comparison";
import type { EffectiveFinding } from "../effective/finding";
import { formatLive, LiveObject, Queryable, sqlName } from "../effective/model";
import type { OwnRoles } from "./own-roles";

interface FunctionRow {
  readonly oid: string;
  readonly name: string;
  readonly args: string;
  readonly body: string;
  readonly owner: string;
  readonly result: string;
  readonly language: string;
  readonly kind: string;
  readonly definer: boolean;
  readonly volatility: string;
  readonly leakproof: boolean;
  readonly strict: boolean;
  readonly support: string;
  readonly config: readonly string[] | null;
  /** `login=X`, `PUBLIC=X`, with `*` where it may be granted on; the owner's own left out. */
  readonly acl: readonly string[];
}

/**
 * The schema `lease`: its owner, who may use it, its functions to the last attribute, and whatever else somebody put there. The functions hold their groups
 * and limits as constants: another body is another promise.
 */
export async function findInLeaseSchema(
  client: Queryable,
  database: DatabaseNode,
  edges: readonly EdgeNode[],
  own: OwnRoles,
): Promise<EffectiveFinding[]> {
  const differences = [
    ...functionsThatDiffer(await readFunctions(client), edges, own),
    ...(await objectsOfOthers(client)),
    ...(await schemaThatDiffers(client, own)),
  ];
  return differences.map(({ object, effective, fix }) => ({
    code: "lease-functions-differ",
    severity: "error",
    database: keyOf(database),
    who: [],
    object,
    privileges: [],
    declared: "the schema lease as this program and this version of Leasehold make it",
    effective: `${formatLive(object)} ${effective}`,
    why: "it was changed by hand, or the last apply was of another program or of another version",
    fix,
  }));
}

/** What is not as Leasehold makes it, and how to put it right. */
type Difference = Pick<EffectiveFinding, "effective" | "fix"> & { readonly object: LiveObject };

/** By name and types of the arguments. */
async function readFunctions(client: Queryable): Promise<Map<string, FunctionRow>> {
  const { rows } = await client.query<FunctionRow>(
    `SELECT f.oid::text, f.proname::text AS name, oidvectortypes(f.proargtypes) AS args, f.prosrc AS body, pg_get_userbyid(f.proowner)::text AS owner,
            coalesce(pg_get_function_result(f.oid), '') AS result, l.lanname::text AS language, f.prokind::text AS kind, f.prosecdef AS definer,
            CASE f.provolatile WHEN 'v' THEN 'VOLATILE' WHEN 's' THEN 'STABLE' ELSE 'IMMUTABLE' END AS volatility,
            f.proleakproof AS leakproof, f.proisstrict AS strict, f.prosupport::text AS support, f.proconfig AS config,
            ARRAY(SELECT CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(e.grantee)::text END || CASE WHEN e.is_grantable THEN '*' ELSE '' END
                    FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) AS e WHERE e.grantee <> f.proowner ORDER BY 1) AS acl
       FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace JOIN pg_language AS l ON l.oid = f.prolang
      WHERE n.nspname = '${LEASE_SCHEMA}' ORDER BY 2, 3`,
  );
  return new Map(rows.map((row) => [signature(row.name, row.args), row]));
}

function functionsThatDiffer(
  found: ReadonlyMap<string, FunctionRow>,
  edges: readonly EdgeNode[],
  own: OwnRoles,
): Difference[] {
  const functions = renderLeaseFunctions({ login: own.login, estate: own.estate, namePrefix: LEASE_PREFIX });
  const registrations = edges.map(({ groupRole, leaseMaxTtl, connectionLimit, maxLiveLeases, actsAs }) =>
    renderRegistration({ name: groupRole, maxTtlSeconds: leaseMaxTtl, connectionLimit, maxLiveLeases, actsAs }),
  );
  const wanted = new Map(
    [...functions, ...registrations].map((fn) => [signature(fn.name, fn.args.map(({ type }) => type).join(", ")), fn]),
  );
  const objectOf = (name: string): LiveObject => ({ kind: "function", schema: LEASE_SCHEMA, name });
  const changed = [...wanted].flatMap(([name, fn]): Difference[] => {
    const row = found.get(name);
    if (row === undefined) return [{ object: objectOf(name), effective: "is missing", fix: "apply the program again" }];
    const what = attributesThatDiffer(fn, row, own, registrations.includes(fn));
    const fix = `DROP FUNCTION ${LEASE_SCHEMA}.${name}; then apply the program again`;
    return what.length === 0 ? [] : [{ object: objectOf(name), effective: what.join("; "), fix }];
  });
  const unknown = [...found]
    .filter(([name]) => !wanted.has(name))
    .map(([name, { kind }]) => ({
      object: objectOf(name),
      effective: "is not ours",
      fix: `DROP ${kind === "a" ? "AGGREGATE" : "ROUTINE"} ${LEASE_SCHEMA}.${name}`,
    }));
  return [...changed, ...unknown];
}

/** Tables, types and the like: Leasehold makes functions there, and nothing else. */
async function objectsOfOthers(client: Queryable): Promise<Difference[]> {
  const { rows } = await client.query<{ what: string; fix: string }>(
    `SELECT pg_describe_object(d.classid, d.objid, d.objsubid) AS what, format('DROP %s %s', upper(i.type), i.identity) AS fix
       FROM pg_depend AS d CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS i
      WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = '${LEASE_SCHEMA}')
        AND d.classid <> 'pg_proc'::regclass ORDER BY 1`,
  );
  return rows.map(({ what, fix }) => ({ object: { kind: "object", name: what }, effective: "is not ours", fix }));
}

/** The schema's owner, and who was granted something on it. */
async function schemaThatDiffers(client: Queryable, own: OwnRoles): Promise<Difference[]> {
  const { rows } = await client.query<{ owner: string; acl: string[] }>(
    `SELECT pg_get_userbyid(n.nspowner)::text AS owner,
            ARRAY(SELECT CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE pg_get_userbyid(e.grantee)::text END || '=' || e.privilege_type
                    || CASE WHEN e.is_grantable THEN '*' ELSE '' END FROM aclexplode(n.nspacl) AS e WHERE e.grantee <> n.nspowner ORDER BY 1) AS acl
       FROM pg_namespace AS n WHERE n.nspname = '${LEASE_SCHEMA}'`,
  );
  const object: LiveObject = { kind: "schema", schema: LEASE_SCHEMA };
  return rows.flatMap(({ owner, acl }): Difference[] => {
    const ofAdmin = own.admins.length === 0 || own.admins.includes(owner);
    return [
      ...(ofAdmin
        ? []
        : [
            {
              object,
              effective: `belongs to ${owner}`,
              fix: `ALTER SCHEMA ${LEASE_SCHEMA} OWNER TO ${sqlName(own.admins[0])}`,
            },
          ]),
      ...acl
        .filter((entry) => entry !== `${own.login}=USAGE`)
        .map((entry) => ({
          object,
          effective: `has the grant ${entry}`,
          fix: `REVOKE ALL ON SCHEMA ${LEASE_SCHEMA} FROM ${entry.startsWith("PUBLIC=") ? "PUBLIC" : sqlName(entry.replace(/=[A-Z]+\*?$/, ""))}; then apply the program again`,
        })),
    ];
  });
}

/** As PostgreSQL names it: overloads are functions of their own. */
function signature(name: string, args: string): string {
  return `${/^[a-z_][a-z0-9_]*$/.test(name) ? name : sqlName(name)}(${args})`;
}

function attributesThatDiffer(fn: LeaseFunction, row: FunctionRow, own: OwnRoles, registration: boolean): string[] {
  // A registration holds constants, in a schema that is closed to PUBLIC: PostgreSQL's own list is left to it.
  const acl = [registration ? "PUBLIC" : own.login];
  return [
    ...(row.body.trim() === fn.body.trim() ? [] : ["has another body"]),
    ...(own.admins.length === 0 || own.admins.includes(row.owner) ? [] : [`belongs to ${row.owner}`]),
    ...(row.definer === fn.securityDefiner ? [] : [row.definer ? "is SECURITY DEFINER" : "is SECURITY INVOKER"]),
    ...(row.language === fn.language && row.kind === "f" ? [] : [`is written in ${row.language}`]),
    ...(words(row.result) === words(fn.returns) ? [] : [`returns ${row.result}`]),
    ...(row.volatility === fn.volatility ? [] : [`is ${row.volatility}`]),
    ...(row.leakproof ? ["is LEAKPROOF"] : []),
    ...(row.strict ? ["is STRICT"] : []),
    ...(row.support === "-" ? [] : [`has the support function ${row.support}`]),
    ...(row.config === null ? [] : [`sets ${row.config.map((setting) => setting.split("=")[0]).join(", ")}`]),
    ...(JSON.stringify(row.acl) === JSON.stringify(acl)
      ? []
      : [`may be run by ${row.acl.join(", ") || "nobody"}, and not by ${acl.join(", ") || "nobody"} alone`]),
  ];
}

const words = (text: string): string => text.replace(/\s+/g, " ").trim();
