import { at, Comparison, waysOf } from "./comparison";
import { EffectiveFinding, explain, stateOf } from "./finding";
import { FuturePrivilege, LiveObject, liveKey, sqlName, sqlObject } from "./model";

/** What it reaches with the rights of somebody else, or past the policies of a table. */
export function borrowed(comparison: Comparison): EffectiveFinding[] {
  return [
    ...definerFunctions(comparison),
    ...ownerRightsViews(comparison),
    ...inheritedRows(comparison),
    ...rowSecurityBypassed(comparison),
  ];
}

function definerFunctions(comparison: Comparison): EffectiveFinding[] {
  const { effective, declared } = comparison;
  const granted = (object: LiveObject): boolean => declared.privileges.has(liveKey(object, "EXECUTE"));
  return (
    effective.definerFunctions
      // Vault's login issues and ends logins through these.
      .filter(({ schema, name }) => !(schema === "lease" && granted({ kind: "function", schema, name })))
      .map(({ schema, name, owner, superuser, trigger, state }) =>
        at(comparison, {
          code: "definer-function",
          severity: superuser ? "error" : "warning",
          object: { kind: "function", schema, name },
          state,
          privileges: ["EXECUTE"],
          declared: granted({ kind: "function", schema, name }) ? "EXECUTE, and nothing of what it reaches" : "nothing",
          effective: `runs as ${owner}${superuser ? ", a superuser" : ""}`,
          why:
            trigger === undefined
              ? `it is SECURITY DEFINER and owned by ${owner}: what ${owner} may do, it does for whoever calls it`
              : `a trigger on ${trigger} runs it, whoever writes there; it is SECURITY DEFINER and owned by ${owner}`,
          fix: "make it SECURITY INVOKER; or see that it does one small thing, pins its search_path and is executable by few, and accept it",
        }),
      )
  );
}

function ownerRightsViews(comparison: Comparison): EffectiveFinding[] {
  return comparison.effective.views.map(({ schema, name, owner, materialized, reads, definition }) =>
    at(comparison, {
      code: "owner-rights-view",
      severity: "warning",
      object: { kind: "table", schema, name },
      state: stateOf(owner, definition, reads),
      declared: `nothing on ${reads.join(", ")}`,
      effective: `reads ${reads.join(", ")} through it`,
      why: materialized
        ? `a materialized view holds a copy of what ${owner} read`
        : `the view reads with the rights of its owner, ${owner}`,
      fix: materialized
        ? "leave out what its readers may not see, and accept it"
        : "WITH (security_invoker = true), from PostgreSQL 15 on; or see that it shows only what its readers may see, and accept it",
    }),
  );
}

function inheritedRows(comparison: Comparison): EffectiveFinding[] {
  return comparison.effective.inherited.map(({ schema, name, tables }) =>
    at(comparison, {
      code: "inherited-rows",
      severity: "warning",
      object: { kind: "table", schema, name },
      state: stateOf(tables),
      declared: `nothing on ${tables.join(", ")}`,
      effective: `reads rows of ${tables.join(", ")} through it`,
      why: "it was made to inherit from the table, or a partition of it: who may read the upper table reads it, too",
      fix: "ALTER TABLE … NO INHERIT, or DETACH PARTITION; or see that its readers may see these rows, and accept it",
    }),
  );
}

/** Tables whose policies do not bind it. An owner role is never bound: the program says itself who acts as one. */
function rowSecurityBypassed(comparison: Comparison): EffectiveFinding[] {
  const { effective, declared } = comparison;
  if (declared.actsAs !== undefined) return [];
  return effective.bypassed.map(({ schema, name, because }) =>
    at(comparison, {
      code: "row-security-bypass",
      severity: "error",
      object: { kind: "table", schema, name },
      declared: "bound by the table's policies",
      effective: "sees every row",
      why:
        because === "owner"
          ? "a table's owner is not bound by its policies"
          : "its role has BYPASSRLS or is a superuser",
      fix:
        because === "owner"
          ? `ALTER ${sqlObject({ kind: "table", schema, name })} FORCE ROW LEVEL SECURITY, and give it to the owner role`
          : "ALTER ROLE … NOBYPASSRLS, of the role that has it",
    }),
  );
}

/** What it would get on objects that are made later, and what it would not. */
export function laterObjects(comparison: Comparison): EffectiveFinding[] {
  return [...undeclaredDefaults(comparison), ...missingDefaults(comparison)];
}

/** One default privilege: a privilege on every object of a kind, in a schema or in all of them. */
interface DefaultPrivilege {
  readonly kind: string;
  readonly schema?: string;
  readonly privilege: string;
}

const keyOf = ({ kind, schema, privilege }: DefaultPrivilege): string =>
  JSON.stringify([kind, schema ?? null, privilege]);

/** Where the finding points to: the schema, or the database where default privileges hold in every schema. */
function placeOf({ database }: Comparison, schema: string | undefined): LiveObject {
  return schema === undefined ? { kind: "database", name: database.database } : { kind: "schema", schema };
}

function undeclaredDefaults(comparison: Comparison): EffectiveFinding[] {
  const { declared, future, database } = comparison;
  const wanted = new Set(declared.future.map(keyOf));
  const undeclared = future
    // What gives such privileges is found as a membership or an attribute: once, and not for every schema.
    .filter(({ via }) => via.some((source) => source.kind !== "power"))
    .filter((item) => !(item.creator === database.owner && wanted.has(keyOf(item))))
    .filter(({ creator, via }) => {
      const { actsAs } = declared;
      if (actsAs === undefined) return true;
      return creator !== actsAs && !via.some((source) => source.kind === "role" && source.role === actsAs);
    });
  const gathered = new Map<string, FuturePrivilege & { readonly privileges: string[] }>();
  for (const item of undeclared) {
    const same = JSON.stringify([item.creator, item.kind, item.schema, item.via]);
    gathered.set(same, { ...item, privileges: [...(gathered.get(same)?.privileges ?? []), item.privilege] });
  }
  const ways = waysOf(comparison);
  return [...gathered.values()].map(({ creator, kind, schema, privileges, via }) => {
    const everybody = via.find((source) => source.kind === "public");
    // A default of PostgreSQL's own is one for the whole database: a schema's list cannot take it away.
    const where = schema === undefined || everybody?.byDefault ? "" : `[IN SCHEMA ${sqlName(schema)}] `;
    return at(comparison, {
      code: "default-privilege",
      severity: "error",
      object: placeOf(comparison, schema),
      privileges,
      declared: `nothing on a ${kind} made later`,
      effective: `${privileges.join(", ")} on every ${kind} that ${creator} makes${schema === undefined ? "" : ` in ${schema}`}`,
      why: explain(via, ways, false),
      fix: `ALTER DEFAULT PRIVILEGES FOR ROLE ${sqlName(creator)} ${where}REVOKE ${privileges.join(", ")} ON ${kind.toUpperCase()}S FROM ${
        everybody ? "PUBLIC" : "the role that has it"
      }`,
    });
  });
}

function missingDefaults(comparison: Comparison): EffectiveFinding[] {
  const { declared, future, database, catalog } = comparison;
  const held = new Set(future.filter(({ creator }) => creator === database.owner).map(keyOf));
  return declared.future
    .filter((wanted) => !held.has(keyOf(wanted)) && catalog.schemas.has(wanted.schema))
    .map(({ kind, schema, privilege }) =>
      at(comparison, {
        code: "default-privilege-missing",
        severity: "error",
        object: placeOf(comparison, schema),
        privileges: [privilege],
        declared: `${privilege} on every ${kind} to come in ${schema}`,
        effective: `nothing on a ${kind} that ${database.owner} makes`,
        why: "the default privileges were changed, or the owner role may make nothing there",
        fix: `apply the program again; let ${database.owner} make what is made in ${schema}`,
      }),
    );
}
