import { ForgeError } from "../../forge/http";
import { UsageError } from "./command";

/** What a file, a server or a missing package says is for the user. A fault of our own is not hidden. @throws UsageError */
export async function serverErrorsToUsage<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError || error instanceof RangeError) throw error;
    throw new UsageError(error.message);
  }
}

/** What a forge refuses is for the user. @throws UsageError */
export async function forgeErrorsToUsage<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ForgeError) throw new UsageError(error.message);
    throw error;
  }
}
