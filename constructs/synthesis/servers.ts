import { Token } from "cdktf";
import { IConstruct } from "constructs";
import type { OwnerRole } from "../../access/findings/roles";
import { Finding } from "../../access/findings/finding";
import { addressFrom, IPostgresInstance } from "../contracts/postgres";
import { isMarked } from "../private/guards";
import { lineIn } from "../private/lines";
import { stackOf } from "../private/stack-order";
import { providersOf } from "./order";

/** A database that the program makes. */
interface MadeDatabase extends IConstruct {
  readonly instance: IPostgresInstance;
  readonly databaseName: string;
  readonly owner: string;
}

/** A database that the program makes, or the access to one. */
interface OnServer extends IConstruct {
  readonly instance?: IPostgresInstance;
  readonly database?: { readonly instance: IPostgresInstance };
}

/**
 * A finding for each database, and each access to one, in a stack whose provider reaches another server: Terraform would make its
 * roles and grants there, and say nothing.
 */
export function serverFindings(all: readonly IConstruct[]): Finding[] {
  const providers = providersOf(all, "postgresql");
  return all.flatMap((child): Finding[] => {
    const instance = serverOf(child);
    const own = providers.filter(({ stack }) => stack === stackOf(child));
    // With several providers each resource names its own, which is not read here.
    if (!instance || own.length !== 1) return [];
    const asked = addressFrom(instance.endpoint, "terraform");
    const { host, port = asked.port } = own[0].arguments;
    // PGHOST and PGPORT of whoever runs Terraform say what a provider leaves out.
    if (host === undefined) return [];
    // A token has no text yet.
    if ([host, port, asked.host, asked.port].some((part) => Token.isUnresolved(part))) return [];
    const [reached, wanted] = [`${String(host)}:${String(port)}`, `${asked.host}:${asked.port}`];
    if (reached === wanted) return [];
    const line = lineIn(own[0].stack, child);
    return [
      {
        code: "instance",
        severity: "error",
        message: `${child.node.path} is on the server ${instance.instanceName} at ${wanted}, and the provider of its stack ${own[0].stack.node.id} reaches ${reached}: Terraform would make its roles and grants there`,
        fix: `put it into a stack of that server: a DatabasesStack with this \`instance\`, an AccessStack with this \`database\``,
        path: child.node.path,
        sources: line === undefined ? [] : [line],
      },
    ];
  });
}

function serverOf(child: IConstruct): IPostgresInstance | undefined {
  if (!isMarked(child, "PostgresDatabase") && !isMarked(child, "DatabaseAccess")) return undefined;
  const { instance, database } = child as OnServer;
  return instance ?? database?.instance;
}

/** The owner roles that the program makes. */
export function ownersOf(all: readonly IConstruct[]): OwnerRole[] {
  return all.flatMap((child) => {
    if (!isMarked(child, "PostgresDatabase")) return [];
    const { instance, databaseName, owner } = child as MadeDatabase;
    const stack = stackOf(child);
    return [
      {
        path: child.node.path,
        source: stack && lineIn(stack, child),
        instance: instance.instanceName,
        database: databaseName,
        owner,
      },
    ];
  });
}
