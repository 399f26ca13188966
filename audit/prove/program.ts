import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_ADMIN } from "../../access/model/names";
import { referenceOf, unescaped } from "../../access/terraform/expression";
import { isComputed } from "../../access/terraform/json";
import { parseStack, Program, programOf, Stack } from "../../bench/rehearse/program";
import { isObject, Json, JsonObject } from "../../bench/rehearse/model/values";
import { applicable, blocks, closure, defaults, Node, nodesOf, PASSWORDS, waitingForTables } from "./resources";

/**
 * The PostgreSQL part of a synthesized program: what Terraform would do to the servers, without the rest.
 *
 * It is read from the JSON that Terraform gets, not made from the graph: so it proves what is deployed. The user's own
 * grants and overrides are applied like any other, and a fault between graph and JSON shows as a difference.
 */
export interface PostgresProgram {
  /** Everything, for the second apply. */
  readonly whole: Program;
  /** What comes before the tables are there: roles, databases, lease functions, grants to log in. */
  readonly beforeSchema: Program;
  /** `host:port` as the program names the servers, and the login that it uses. */
  readonly servers: readonly ServerOfProgram[];
  /** By mount path. */
  readonly databases: ReadonlyMap<string, DatabaseOfProgram>;
  /** Blocks of the provider that read what is not here. */
  readonly notApplied: readonly { readonly stack: string; readonly address: string; readonly because: string }[];
}

export interface ServerOfProgram {
  readonly endpoint: string;
  readonly admin: string;
}

/** Where a database's lease functions are, and what Vault would run there. */
export interface DatabaseOfProgram {
  readonly stack: string;
  readonly endpoint: string;
  readonly database: string;
  /** Made by the program, not there before. */
  readonly made: boolean;
  readonly vaultLogin: string;
  /** Creation statements by database role. */
  readonly creation: ReadonlyMap<string, readonly string[]>;
  /** A Job of the program migrates it. */
  readonly migrated: boolean;
}

/** Password of each login that has none here: of a throw-away server, and in no file. */
export interface Passwords {
  readonly admin: string;
  readonly login: string;
}

/** @throws when the folder holds no synthesized program, or one that cannot be read */
export function readPostgresProgram(outdir: string, passwords: Passwords): PostgresProgram {
  const manifest = readJson(join(outdir, "manifest.json"));
  const whole: Stack[] = [];
  const beforeSchema: Stack[] = [];
  const notApplied: { stack: string; address: string; because: string }[] = [];
  const servers = new Map<string, ServerOfProgram>();
  const stacks = Object.entries(isObject(manifest.stacks) ? manifest.stacks : {}).map(([key, entry]) => {
    if (
      !isObject(entry) ||
      typeof entry.synthesizedStackPath !== "string" ||
      !entry.synthesizedStackPath.endsWith(".json")
    )
      throw new Error(`${outdir}/manifest.json: stack ${key} has no JSON file: only JSON synthesis can be proved`);
    const document = readJson(join(outdir, entry.synthesizedStackPath));
    const dependencies = Array.isArray(entry.dependencies) ? entry.dependencies.map(String) : [];
    return {
      name: String(entry.name ?? key),
      dependencies,
      document,
      nodes: nodesOf(String(entry.name ?? key), document),
    };
  });
  const schemas = new Set(["public", "lease"]);
  for (const { nodes } of stacks)
    for (const { type, body } of nodes.values())
      if (type === "postgresql_schema" && typeof body.name === "string") schemas.add(body.name);
  for (const { name, dependencies, document, nodes } of stacks) {
    const providers = blocks(document.provider, "postgresql").map((body) => provider(name, body, passwords, servers));
    const kept = applicable(nodes, defaults(document), notApplied);
    const late = waitingForTables(nodes, kept, schemas);
    const build = (leaveOut: ReadonlySet<string>): Stack =>
      parseStack(name, documentOf(document, providers, nodes, kept, leaveOut, passwords), dependencies);
    whole.push(build(new Set()));
    beforeSchema.push(build(late));
  }
  return {
    whole: programOf(whole),
    beforeSchema: programOf(beforeSchema),
    servers: [...servers.values()],
    databases: new Map(stacks.flatMap((stack) => databasesOf(stack, stacks))),
    notApplied,
  };
}

function readJson(path: string): JsonObject {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new Error(
      `cannot read ${path}: prove applies the synthesized program, which is expected beside the report; name its folder with --program`,
      { cause },
    );
  }
  const parsed = JSON.parse(text) as Json;
  if (!isObject(parsed)) throw new Error(`${path}: expected an object`);
  return parsed;
}

/** A provider that logs in to the throw-away server as the admin of the same name; its address is mapped when it connects. */
function provider(
  stack: string,
  body: JsonObject,
  passwords: Passwords,
  servers: Map<string, ServerOfProgram>,
): JsonObject {
  const { host, port, username } = body;
  const plain = (value: Json | undefined, name: string): string => {
    if (isComputed(value))
      throw new Error(
        `stack ${stack}: ${name} of its provider postgresql is an expression: prove must know which server it is`,
      );
    return String(value ?? "");
  };
  const endpoint = `${plain(host, "host")}:${plain(port ?? 5432, "port")}`;
  // Where the name itself is in Vault, any name will do here: the role may do the same.
  const admin = isComputed(username) ? DEFAULT_ADMIN : plain(username, "username");
  const before = servers.get(endpoint);
  if (before && before.admin !== admin)
    throw new Error(`${endpoint} is reached as ${before.admin} and as ${admin}: prove knows one admin per server`);
  servers.set(endpoint, { endpoint, admin });
  return { ...body, username: admin, password: passwords.admin, sslmode: "disable", sslrootcert: null as Json };
}

function documentOf(
  document: JsonObject,
  providers: readonly JsonObject[],
  nodes: ReadonlyMap<string, Node>,
  kept: ReadonlySet<string>,
  leaveOut: ReadonlySet<string>,
  passwords: Passwords,
): JsonObject {
  const resource: { [type: string]: JsonObject } = {};
  const stays = (address: string): boolean => kept.has(address) && !leaveOut.has(address);
  for (const address of [...kept].filter(stays)) {
    const { type, body } = nodes.get(address) as Node;
    const waits = [...closure(nodes, address)].filter((name) => name !== address && stays(name)).sort();
    const secrets = Object.fromEntries(
      Object.keys(body)
        .filter((key) => PASSWORDS.has(key))
        .map((key) => [key, passwords.login]),
    );
    const lifecycle: JsonObject = isObject(body.lifecycle) ? { lifecycle: trimmed(body.lifecycle, stays) } : {};
    (resource[type] ??= {})[address.slice(type.length + 1)] = { ...body, ...secrets, ...lifecycle, depends_on: waits };
  }
  const required = blocks(document.terraform as Json, "required_providers")[0];
  const version = required?.postgresql;
  return {
    ...(version !== undefined && { terraform: { required_providers: { postgresql: version } } }),
    ...(providers.length > 0 && {
      provider: {
        postgresql: providers.map((body) =>
          Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)),
        ),
      },
    }),
    variable: Object.fromEntries(
      Object.entries(isObject(document.variable) ? document.variable : {}).filter(
        ([, body]) => isObject(body) && "default" in body,
      ),
    ),
    resource,
  };
}

function trimmed(lifecycle: JsonObject, stays: (address: string) => boolean): JsonObject {
  const triggers = lifecycle.replace_triggered_by;
  if (!Array.isArray(triggers)) return lifecycle;
  return {
    ...lifecycle,
    replace_triggered_by: triggers.filter((trigger) => stays(String(trigger).split(".").slice(0, 2).join("."))),
  };
}

interface RawStack {
  readonly name: string;
  readonly document: JsonObject;
  readonly nodes: ReadonlyMap<string, Node>;
}

function databasesOf(stack: RawStack, all: readonly RawStack[]): [string, DatabaseOfProgram][] {
  const { name, document, nodes } = stack;
  const every = [...nodes.values()];
  const made = new Set(
    all.flatMap(({ nodes: others }) =>
      [...others.values()].filter(({ type }) => type === "postgresql_database").map(({ body }) => String(body.name)),
    ),
  );
  return every
    .filter(({ type }) => type === "vault_database_secrets_mount")
    .flatMap((mount): [string, DatabaseOfProgram][] => {
      const path = unescaped(String(mount.body.path));
      const behind = [...closure(nodes, mount.address)]
        .map((address) => nodes.get(address))
        .filter((node) => node !== undefined);
      const schema = behind.find(({ type, body }) => type === "postgresql_schema" && body.name === "lease");
      const connection = [mount.body.postgresql].flat().find((entry) => isObject(entry));
      if (!schema || !isObject(connection)) return [];
      const alias = typeof schema.body.provider === "string" ? referenceOf(schema.body.provider)?.[1] : undefined;
      const body = blocks(document.provider, "postgresql").find((candidate) => candidate.alias === alias);
      if (!body) return [];
      const roles = every.filter(
        ({ type, body: role }) => type === "vault_database_secret_backend_role" && role.backend === mount.body.path,
      );
      const { database } = schema.body;
      return [
        [
          path,
          {
            stack: name,
            endpoint: `${String(body.host)}:${String(body.port ?? 5432)}`,
            database: unescaped(String(database)),
            made: made.has(String(database)),
            vaultLogin: unescaped(String(connection.username)),
            creation: new Map(
              roles.map(({ body: role }) => [
                String(role.name),
                (role.creation_statements as Json[]).map((text) => unescaped(String(text))),
              ]),
            ),
            migrated: every.some(({ type }) => type === "kubernetes_job_v1"),
          },
        ],
      ];
    });
}
