import { Token } from "cdktf";
import { IConstruct } from "constructs";
import { shownAddress, urlProblem, vaultAddressProblem } from "../../access/model/addresses";
import { described } from "./described";
import { report } from "./findings";

const EXAMPLE = "https://vault.example.com:8200";

/**
 * Refuses what is no address of a server that answers over HTTP.
 *
 * @param what The words of the message's beginning: whose address it is
 * @param example How such an address looks; without it, the address is Vault's
 */
export function checkAddress(scope: IConstruct, what: string, address: string | undefined, example = EXAMPLE): void {
  const problem = addressProblem(address, example);
  if (problem) report(scope, { code: "argument", message: `${what} ${problem.message}`, fix: problem.fix });
}

/** As `checkAddress`, for what is made without a construct. @throws Error for what is no such address */
export function checkedAddress(what: string, address: string, example = EXAMPLE): string {
  const problem = addressProblem(address, example);
  if (problem) throw new Error(`${what} ${problem.message}: ${problem.fix}`);
  return address;
}

/** As `checkAddress`, for an API server of Kubernetes: a host, or a host and a port, stand for themselves. */
export function checkApiServer(scope: IConstruct, what: string, address: string | undefined): void {
  checkAddress(scope, what, withScheme(address), "https://api.example.com:6443");
}

/** As `checkedAddress`, for an API server. @throws Error for what is no such address */
export function checkedApiServer(what: string, address: string): string {
  checkedAddress(what, withScheme(address), "https://api.example.com:6443");
  return address;
}

function withScheme<T extends string | undefined>(address: T): T | string {
  return typeof address === "string" && !Token.isUnresolved(address) && !/^[a-z]+:\/\//i.test(address)
    ? `https://${address}`
    : address;
}

/** A token may be anything until Terraform runs. */
function addressProblem(
  address: unknown,
  example: string,
): { readonly message: string; readonly fix: string } | undefined {
  const ofVault = example === EXAMPLE;
  const problem =
    address === undefined || Token.isUnresolved(address)
      ? undefined
      : (ofVault ? vaultAddressProblem : urlProblem)(address);
  return problem === undefined
    ? undefined
    : {
        message: `${typeof address === "string" ? shownAddress(address) : `${described(address)},`} ${problem}`,
        fix: `write it as ${example}, without a login${ofVault ? ", a query and /v1" : " and a query"}`,
      };
}
