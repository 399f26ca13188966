import { EphemeralHandler, ResourceHandler } from "../model/handler";
import { HELM } from "./helm";
import { KUBERNETES } from "./kubernetes";
import { POSTGRESQL } from "./postgresql";
import { randomPassword } from "./random";
import { VAULT, kvSecretV2Ephemeral } from "./vault";

const byType = <T extends { type: string }>(handlers: T[]): Readonly<Record<string, T>> =>
  Object.fromEntries(handlers.map((handler) => [handler.type, handler]));

/** Every resource type that the rehearsal knows. */
export const RESOURCES = byType<ResourceHandler>([...HELM, ...KUBERNETES, ...POSTGRESQL, ...VAULT]);

export const EPHEMERALS = byType<EphemeralHandler>([randomPassword, kvSecretV2Ephemeral]);
