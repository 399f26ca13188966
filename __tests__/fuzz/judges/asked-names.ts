import {
  adminEntry,
  authRoleName,
  databaseRoleName,
  estateRoleName,
  groupRoleName,
  IdentityKey,
  mountPath,
  policyName,
  schemaWideRoleName,
  vaultLoginEntry,
  vaultLoginName,
} from "../../../access/model/names";
import { Asked } from "../program";

/** The names that follow from what a case asks for. The functions have a golden test of their own. */
export function namesOf(asked: Asked) {
  const { shape } = asked;
  const database = asked.text("database");
  const key: IdentityKey = {
    cluster: asked.text("cluster"),
    namespace: asked.text("namespace"),
    serviceAccount: asked.text("serviceAccount"),
  };
  const mount = shape.ownMountPath ? asked.text("mountPath") : mountPath(asked.text("instance"), database);
  const databaseRole = databaseRoleName(key);
  const delivered = shape.foreign ? `elsewhere/${asked.text("mountPath")}` : mount;
  return {
    key,
    database,
    mount,
    databaseRole,
    owner: asked.text("owner"),
    authRole: authRoleName(key),
    policy: policyName(key, mount),
    /** Of the database that another program manages. */
    foreignPolicies: shape.foreign ? [policyName(key, delivered)] : [],
    group: shape.ownGroupRole ? asked.text("groupRole") : groupRoleName(key, database),
    wide: schemaWideRoleName(key, database),
    login: vaultLoginName(database),
    estate: estateRoleName(database),
    loginEntry: vaultLoginEntry(asked.text("instance"), database),
    serverEntry: adminEntry("own"),
    grantedPath: `${mount}/creds/${databaseRole}`,
    deliveredPath: `${delivered}/creds/${databaseRole}`,
    delivered,
  };
}

/** The name of a function that may be given with its arguments' types. */
export function functionName(asked: Asked): string {
  return asked.text("function").split("(")[0];
}
