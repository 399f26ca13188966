import { Environment } from "../../../stacks/environment";
import { production } from "./production";
import { sandbox } from "./sandbox";

export { Environment } from "../../../stacks";
export { production, sandbox };

/** The environment named by LEASEHOLD_ENV; `sandbox` when it is unset. @throws when there is none of that name. */
export function chooseEnvironment(name = process.env.LEASEHOLD_ENV ?? sandbox.name): Environment {
  const found = [sandbox, production].find((environment) => environment.name === name);
  if (!found)
    throw new Error(
      `LEASEHOLD_ENV names no environment: ${JSON.stringify(name)}; choose sandbox or production, or add one in examples/shop/environments/`,
    );
  return found;
}
