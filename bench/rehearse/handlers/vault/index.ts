import { authBackend, kubernetesConfig, kubernetesRole } from "./auth";
import { databaseRole, databaseSecretsMount } from "./database";
import { jwtBackend, jwtRole } from "./jwt";
import { kvSecretV2 } from "./kv";
import { mount } from "./mounts";
import { audit, genericEndpoint, policy } from "./system";

export { kvSecretV2Ephemeral } from "./kv";

export const VAULT = [
  audit,
  authBackend,
  databaseRole,
  databaseSecretsMount,
  genericEndpoint,
  jwtBackend,
  jwtRole,
  kubernetesConfig,
  kubernetesRole,
  kvSecretV2,
  mount,
  policy,
];
