import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { Construct } from "constructs";
import { sha256 } from "../../access/model/digest";
import { explained } from "../private/origin";
import { literal } from "../private/terraform";
import type { Credential } from "./credential";

/** Folder of the databases' CAs, in every container of a pod. */
export const CA_FOLDER = "/etc/leasehold/ca";
/** Name of the volume that holds it. */
export const CA_VOLUME = "postgres-ca";

/** The CAs of a pod's databases. */
export interface CaFiles {
  /** Absent where no database has one of its own. */
  readonly configMap?: ConfigMapV1;
  /** Its name. */
  readonly name?: string;
  /** Path of the file in each container of the pod. */
  readonly fileOf: (credential: Credential) => string | undefined;
}

/** The CAs of the databases, as files: one ConfigMap per workload. */
export function caFiles(
  scope: Construct,
  name: string,
  namespace: string,
  credentials: readonly Credential[],
): CaFiles {
  const withCa = credentials.filter((credential) => credential.database.ca !== undefined);
  const file = (credential: Credential): string => `${sha256(credential.database.mountPath).slice(0, 12)}.pem`;
  if (withCa.length === 0) return { fileOf: () => undefined };
  const configMapName = `${name}-postgres-ca`;
  const data = Object.fromEntries(
    withCa.map((credential) => [file(credential), literal(credential.database.ca as string)]),
  );
  // The CA of a database of this program is part of the entry of its secrets mount; that of another one is part of the
  // workload's entry.
  const configMap = explained(
    new ConfigMapV1(scope, "Postgres CA", {
      metadata: { name: configMapName, namespace },
      data,
    }),
  );
  return {
    configMap,
    name: configMapName,
    fileOf: (credential) => (credential.database.ca === undefined ? undefined : `${CA_FOLDER}/${file(credential)}`),
  };
}
