import { Token } from "cdktf";
import { TOO_SHORT_FIX, tooShortProblem } from "../../access/model/lifetime";
import { databaseNameProblem, mountPathProblem, vaultPathProblem } from "../../access/model/rules";
import type { IDatabaseAccess } from "../contracts/database";
import { report } from "../private/findings";
import { ensureAccessCheck } from "../synthesis/check";
import type { DatabaseAccessProps, EffectiveLimits } from "./database-access-props";

/** The names of a database and of its mount, whoever manages it. */
export function checkNames(access: IDatabaseAccess): void {
  ensureAccessCheck(access);
  const problem = mountPathProblem(access.mountPath);
  if (problem)
    report(access, {
      code: "mount-path",
      message: `mount path ${JSON.stringify(access.mountPath)} ${problem}`,
      fix: "give `mountPath` such a path",
    });
  const name = databaseNameProblem(access.databaseName);
  if (name)
    report(access, {
      code: "database-name",
      message: `database ${JSON.stringify(access.databaseName)} ${name}`,
      fix: "choose a plain name of at most 63 bytes",
    });
}

/** Limits in rising order, and counts of at least 1. */
export function checkLimits(access: IDatabaseAccess, props: DatabaseAccessProps, limits: EffectiveLimits): void {
  const { ttl, maxTtl, cap } = limits;
  if (ttl.toSeconds() > maxTtl.toSeconds() || maxTtl.toSeconds() > cap.toSeconds()) {
    report(access, {
      code: "lease-ttl",
      message: `lease ttl ${ttl}, maxTtl ${maxTtl} and cap ${cap} are not in rising order`,
      fix: "choose ttl <= maxTtl <= cap",
    });
  }
  const short = tooShortProblem(ttl.toSeconds());
  if (short)
    report(access, {
      code: "lease-ttl",
      message: `lease ttl ${ttl} of ${access.mountPath} ${short}`,
      fix: TOO_SHORT_FIX,
    });
  const counts = {
    connectionLimit: props.connectionLimit,
    maxLiveLeases: props.maxLiveLeases,
    passwordVersion: props.passwordVersion,
    maxOpenConnections: props.maxOpenConnections,
  };
  for (const [name, value] of Object.entries(counts)) {
    if (value !== undefined && countProblem(value) !== undefined) {
      report(access, {
        code: "lease-limit",
        message: `${name} ${value} ${countProblem(value)}`,
        fix: "give such a number, or leave it out",
      });
    }
  }
}

/** What the lease functions carry of logins and connections. */
export function countProblem(value: number): string | undefined {
  if (!Number.isSafeInteger(value) || value < 1) return "is not a whole number of at least 1";
  return value > 1_000_000 ? "is more than 1000000" : undefined;
}

/** The mount of the password with which Vault's own login starts. */
export function checkKvMount(access: IDatabaseAccess, kvMount: string): void {
  const problem = vaultPathProblem(kvMount);
  if (problem && !Token.isUnresolved(kvMount))
    report(access, {
      code: "mount-path",
      message: `KV mount ${JSON.stringify(kvMount)} ${problem}`,
      fix: "give `kvMount` as Vault lists it, without a '/' at the end",
    });
}
