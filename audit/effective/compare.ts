import { LEASE_SCHEMA, REGISTRATION_NAME } from "../../constructs/database/lease/lease-functions";
import { borrowed, laterObjects } from "./borrowed";
import { at, Comparison, waysOf } from "./comparison";
import { formatGrant, Unanswered } from "./declared";
import { EffectiveCode, EffectiveFinding, explain } from "./finding";
import { Catalog, EffectivePrivilege, formatLive, LiveObject, liveKey, sqlName, sqlObject } from "./model";
import { roles } from "./roles";

/** Every difference between what is declared of one role and what is effective. Pure. */
export function compare(comparison: Comparison): EffectiveFinding[] {
  return [
    ...undeclared(comparison),
    ...missing(comparison),
    ...roles(comparison),
    ...borrowed(comparison),
    ...laterObjects(comparison),
  ];
}

/** Whether the graph says so: of a column also where it says it of the table. */
function isDeclared({ declared }: Comparison, { object, privilege, via, owner }: EffectivePrivilege): boolean {
  if (declared.privileges.has(liveKey(object, privilege))) return true;
  const { kind, schema, name } = object;
  if (kind === "column" && declared.privileges.has(liveKey({ kind: "table", schema, name }, privilege))) return true;
  const { actsAs } = declared;
  return (
    actsAs !== undefined && (owner === actsAs || via.some((source) => source.kind === "role" && source.role === actsAs))
  );
}

/** Privileges of one object that come the same way. */
type Gathered = Omit<EffectivePrivilege, "privilege" | "grantable"> & { readonly privileges: readonly string[] };

function gathered(all: readonly EffectivePrivilege[], which: (one: EffectivePrivilege) => boolean): Gathered[] {
  const found = new Map<string, Gathered>();
  for (const { privilege, grantable: _, ...rest } of all.filter(which)) {
    const key = JSON.stringify([liveKey(rest.object), rest.via]);
    found.set(key, { ...rest, privileges: [...(found.get(key)?.privileges ?? []), privilege] });
  }
  return [...found.values()];
}

function undeclared(comparison: Comparison): EffectiveFinding[] {
  const { declared, effective } = comparison;
  const ways = waysOf(comparison);
  const findings: EffectiveFinding[] = [];
  const reachable = new Set(
    effective.privileges
      .filter(({ object, privilege }) => object.kind === "schema" && privilege === "USAGE")
      .map(({ object }) => object.schema),
  );
  // PUBLIC has USAGE on these in every database, and it is not read; see docs/prove.md.
  for (const schema of ["public", "pg_catalog", "information_schema"]) reachable.add(schema);
  for (const item of gathered(effective.privileges, (one) => one.grantable && declared.actsAs === undefined))
    findings.push(
      at(comparison, {
        code: "grant-option",
        severity: "error",
        object: item.object,
        privileges: item.privileges,
        declared: "may use it, and not hand it on",
        effective: "may grant it to others",
        why: explain(item.via, ways, true),
        fix: `REVOKE GRANT OPTION FOR ${item.privileges.join(", ")} ON ${sqlObject(item.object)} FROM the role that has it`,
      }),
    );
  for (const item of gathered(
    effective.privileges,
    (one) => !isDeclared(comparison, one) && !isRegistration(one.object),
  )) {
    const { object, privileges, via, extension } = item;
    const { code, fix } = reason(comparison, item);
    // An extension brings hundreds of functions, which are not the program's own: they become one finding.
    const shown: LiveObject =
      extension !== undefined && code === "public-privilege" && object.kind === "function"
        ? { kind: "function", schema: object.schema, name: `* of extension ${extension}` }
        : object;
    const closed = object.schema !== undefined && object.kind !== "schema" && !reachable.has(object.schema);
    // Roles of our own cannot get there, and no pod logs in as one.
    if (closed && declared.own.length === 0) continue;
    findings.push(
      at(comparison, {
        code,
        severity: closed || shown !== object ? "warning" : "error",
        object: shown,
        privileges,
        declared: "nothing",
        effective: `${privileges.join(", ")}${closed ? `, as soon as it gets USAGE on schema ${object.schema}` : ""}`,
        why: explain(via, ways, object.kind !== "large object"),
        fix:
          shown === object
            ? fix
            : `REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ${sqlName(object.schema as string)} FROM PUBLIC, or accept it`,
      }),
    );
  }
  return findings;
}

/** A function that registers a group: constants, in a schema that is closed to all but Vault's login. doctor compares what it says. */
function isRegistration({ kind, schema, name }: LiveObject): boolean {
  return kind === "function" && schema === LEASE_SCHEMA && REGISTRATION_NAME.test(name?.replace(/\(\)$/, "") ?? "");
}

/** The source to name first, and what to do about it. PUBLIC comes first, since it hides every other source. */
function reason(
  { declared, database, effective }: Comparison,
  { object, privileges, via, owner }: Gathered,
): { code: EffectiveCode; fix: string } {
  const on = sqlObject(object);
  const verb = privileges
    .map((privilege) => (object.kind === "column" ? `${privilege} (${sqlName(object.column as string)})` : privilege))
    .join(", ");
  const everybody = via.find((source) => source.kind === "public");
  if (everybody)
    return {
      code: "public-privilege",
      fix: `REVOKE ${verb} ON ${on} FROM PUBLIC${
        everybody.byDefault ? ", in the migration that makes it" : ""
      }; grant it to who needs it`,
    };
  const owns = via.find((source) => source.kind === "owner");
  if (owns)
    return {
      code: "owner-privilege",
      fix: notOurs(object)
        ? `take the membership of ${owner} away: ${on} stays as it is`
        : database.owner === ""
          ? `give ${on} to the role that should own it`
          : `ALTER ${on} OWNER TO ${sqlName(database.owner)}: ${owner} should own nothing here`,
    };
  const direct = via.find(
    (source) => source.kind === "role" && [effective.role, ...declared.own].includes(source.role),
  );
  if (direct?.kind === "role")
    return {
      code: "direct-privilege",
      fix: `REVOKE ${verb} ON ${on} FROM ${sqlName(direct.role)}, or grant it in the program; a migration, a resource of your own or an override gives it`,
    };
  const other = via.find((source) => source.kind === "role");
  if (other?.kind === "role")
    return {
      code: "inherited-privilege",
      fix: `take the membership of ${other.role} away, or revoke it from that role`,
    };
  return { code: "power-privilege", fix: "take the attribute or the membership that gives it away" };
}

/** Whether PostgreSQL or the server's owner made it: then its owner must not be changed for a program. */
function notOurs({ kind, schema }: LiveObject): boolean {
  return (
    ["language", "tablespace", "parameter", "foreign-data wrapper"].includes(kind) ||
    (schema !== undefined && /^(pg_|information_schema$)/.test(schema))
  );
}

function missing(comparison: Comparison): EffectiveFinding[] {
  const { declared, effective, database, catalog } = comparison;
  const held = new Set(effective.privileges.map(({ object, privilege }) => liveKey(object, privilege)));
  const findings = declared.unanswered.map((problem) => absent(comparison, problem));
  for (const { object, privilege } of declared.privileges.values()) {
    const { kind, schema, name } = object;
    const covered =
      held.has(liveKey(object, privilege)) ||
      (kind === "column" && held.has(liveKey({ kind: "table", schema, name }, privilege))) ||
      // Not read, since everybody has it.
      (kind === "schema" && schema === "public" && privilege === "USAGE");
    if (covered) continue;
    findings.push(
      at(comparison, {
        code: "privilege-missing",
        severity: "error",
        object,
        privileges: [privilege],
        declared: privilege,
        effective: "nothing",
        why: "it was never granted, or was taken away: by a migration, by hand, or because the grant could not be applied",
        fix: "see who takes it away, and apply the program again",
      }),
    );
  }
  const stranger = (object: LiveObject): string | undefined => {
    const owner = ownerOf(object, catalog);
    return owner !== undefined && database.owner !== "" && owner !== database.owner ? owner : undefined;
  };
  for (const object of declared.named) {
    const owner = object.kind === "column" ? undefined : stranger(object);
    if (
      owner === undefined ||
      object.schema === "lease" ||
      notOurs(object) ||
      (object.kind === "schema" && object.schema === "public")
    )
      continue;
    findings.push(
      at(comparison, {
        code: "object-owner",
        severity: "warning",
        object,
        declared: `owned by ${database.owner}`,
        effective: `owned by ${owner}`,
        why: `${owner} made it, or it was given to ${owner}: it can change who may touch it, and what it makes is not among those to come`,
        fix: `ALTER ${sqlObject(object)} OWNER TO ${sqlName(database.owner)}`,
      }),
    );
  }
  return findings;
}

function absent(comparison: Comparison, { grant, object, reason: what, candidates }: Unanswered): EffectiveFinding {
  if (what === "ambiguous")
    return at(comparison, {
      code: "object-ambiguous",
      severity: "error",
      object,
      privileges: [grant.privilege],
      declared: formatGrant(grant),
      effective: "GRANT is refused",
      why: `${candidates.length} functions have this name: ${candidates.join(", ")}`,
      fix: `name one with its argument types: function(${JSON.stringify(candidates[0])})`,
    });
  const noun =
    what === "schema" ? `schema ${object.schema}` : what === "column" ? `column ${object.column}` : formatLive(object);
  return at(comparison, {
    code: "object-missing",
    severity: "error",
    object,
    privileges: [grant.privilege],
    declared: formatGrant(grant),
    effective: `${noun} does not exist`,
    why: "nothing in the database makes it, or its name differs, also in upper and lower case",
    fix: "correct the name in the program, or make the object in a migration",
  });
}

function ownerOf(object: LiveObject, catalog: Catalog): string | undefined {
  if (object.kind === "schema") return catalog.schemas.get(object.schema as string);
  if (object.kind === "function")
    return catalog.functions.find((fn) => fn.schema === object.schema && `${fn.name}(${fn.args})` === object.name)
      ?.owner;
  return catalog.relations.find((relation) => relation.schema === object.schema && relation.name === object.name)
    ?.owner;
}
