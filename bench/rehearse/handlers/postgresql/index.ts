import { database, schema } from "./database";
import { functionResource } from "./function";
import { defaultPrivileges, grant } from "./grant";
import { grantRole, role } from "./role";

export const POSTGRESQL = [database, defaultPrivileges, functionResource, grant, grantRole, role, schema];
