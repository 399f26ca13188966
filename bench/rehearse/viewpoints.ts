/**
 * Pods, Vault and the machine that runs Terraform may see one server under different addresses. Test servers are all on
 * one machine. This function is the only place where addresses of a program are changed, both for the rehearsal and for
 * runs of the real Terraform.
 */
import { Json, isObject } from "./model/values";

export interface EndpointMapping {
  /** `host:port`, or a URL with its scheme, as the program writes it. */
  from: string;
  to: string;
}

/**
 * Rewrites every string of a JSON document that holds a mapped address, and every object whose `host` and `port` together
 * are one. One pass, longest address first: what was rewritten is not rewritten again. Keys stay. The input stays.
 *
 * @throws if an address is empty, or mapped twice to different places
 */
export function mapEndpoints<T extends Json>(json: T, mapping: EndpointMapping[]): T {
  const targets = new Map<string, string>();
  for (const { from, to } of mapping) {
    if (!from || !to) throw new Error("mapEndpoints: an address is empty");
    const known = targets.get(from);
    if (known !== undefined && known !== to)
      throw new Error(`mapEndpoints: ${from} is mapped to ${known} and to ${to}`);
    targets.set(from, to);
  }
  if (targets.size === 0) return json;
  const addresses = [...targets.keys()].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  // whole addresses only: pg:543 must not match inside pg:5432, nor db:5432 inside mydb:5432, nor https://db inside https://db.local
  const pattern = new RegExp(`(?<![\\w.-])(?:${addresses.map(escape).join("|")})(?![\\w-]|\\.\\w)`, "g");
  const rewrite = (text: string) => text.replace(pattern, (found) => targets.get(found) ?? found);
  return walk(json, rewrite, targets) as T;
}

function walk(value: Json, rewrite: (text: string) => string, targets: Map<string, string>): Json {
  if (typeof value === "string") return rewrite(value);
  if (Array.isArray(value)) return value.map((entry) => walk(entry, rewrite, targets));
  if (!isObject(value)) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, walk(entry, rewrite, targets)]));
  const { host, port } = value;
  if (typeof host === "string" && (typeof port === "number" || typeof port === "string")) {
    const to = /^(?:\w+:\/\/)?([^/]+):(\d+)\/?$/.exec(targets.get(`${host}:${port}`) ?? "");
    if (to?.[1] && to[2]) {
      copy.host = to[1];
      copy.port = typeof port === "number" ? Number(to[2]) : to[2];
    }
  }
  return copy;
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
