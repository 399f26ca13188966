import { Credential, databaseRoleName, IDatabaseAccess, PostgresEndpoint, SslMode } from "../../constructs";
import type { IGrantee, InjectedSecret } from "../../constructs";

export interface Place {
  readonly databaseName?: string;
  readonly endpoint?: PostgresEndpoint;
  readonly sslMode?: SslMode;
  readonly caFile?: string;
  readonly actsAs?: string;
}

/** A credential as the injector would get it, and what is wrong with it, without a program around it. */
export function delivered(
  place: Place,
  credential: (database: IDatabaseAccess) => Credential,
): { readonly secret: InjectedSecret; readonly problems: Credential["problems"] } {
  const database = {
    mountPath: "database/main/shop",
    databaseName: place.databaseName ?? "shop",
    endpoint: place.endpoint ?? { host: "pg.example.com" },
    sslMode: place.sslMode ?? "verify-full",
    credentialsPath: (who: IGrantee) => `database/main/shop/creds/${databaseRoleName(who.grantee.key)}`,
    actsAs: () => place.actsAs,
  } as unknown as IDatabaseAccess;
  const key = { cluster: "eu", namespace: "shop", serviceAccount: "web" };
  const made = credential(database);
  return {
    secret: made._secretFor({ grantee: { key } } as unknown as IGrantee, place.caFile),
    problems: made.problems,
  };
}

/** libpq's keyword/value string (PostgreSQL manual, 34.1.1.1). */
export function parseKeywords(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const rest = text.replace(
    /\s*([a-z_]+)\s*=\s*('(?:[^'\\]|\\[\s\S])*'|(?:[^\s'\\]|\\[\s\S])*)/gy,
    (_, key: string, raw: string) => {
      found[key] = (raw.startsWith("'") ? raw.slice(1, -1) : raw).replace(/\\([\s\S])/g, "$1");
      return "";
    },
  );
  if (rest.trim() !== "") throw new Error(`not a connection string from ${JSON.stringify(rest.slice(0, 30))}`);
  return found;
}

/** libpq's service file, one service (PostgreSQL manual, 34.17): the value is the rest of the line as it is. */
export function parseServiceFile(text: string): Record<string, string> {
  const [head, ...lines] = text.split("\n").filter((line) => line !== "");
  if (head !== "[leasehold]") throw new Error(`service ${JSON.stringify(head)}`);
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf("=");
      if (at < 1) throw new Error(`no setting: ${JSON.stringify(line)}`);
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}
