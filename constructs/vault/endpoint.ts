import { IVault } from "../contracts/vault";
import { checkedOptions } from "../private/options";

/** Where a Vault is that exists already, with its injector. */
export interface VaultAttributes {
  /** The address at which pods reach it: `https://vault.example.com:8200`. */
  readonly addressFromPods: string;
  /** The address at which the machine that runs Terraform reaches it. @default - as pods do */
  readonly addressFromTerraform?: string;
  /** Secret, in each workload's namespace, whose `ca.crt` is Vault's CA. @default - the injector's own CA setting */
  readonly tlsSecret?: string;
}

/** A Vault that exists already, with its injector. Makes nothing. */
export class Vault implements IVault {
  /** A Vault at these addresses. @throws Error for an address that is not a URL of http or https, or has more than a host, a port and a path */
  static fromAddress(given: VaultAttributes): Vault {
    return new Vault(given);
  }

  readonly addressFromPods: string;
  readonly addressFromTerraform: string;
  readonly tlsSecret?: string;

  private constructor(given: VaultAttributes) {
    const attributes = checkedOptions(undefined, "VaultAttributes", given, "Vault.fromAddress");
    const { addressFromPods, addressFromTerraform = addressFromPods, tlsSecret } = attributes;
    this.addressFromPods = checked("addressFromPods", addressFromPods);
    this.addressFromTerraform = checked("addressFromTerraform", addressFromTerraform);
    this.tlsSecret = tlsSecret;
  }
}

function checked(prop: string, address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && ["http:", "https:"].includes(url.protocol) && !url.username && !url.password && !url.search && !url.hash)
    return address;
  throw new Error(
    `${prop} ${JSON.stringify(address)} is not an address of a Vault: write it as https://vault.example.com:8200, without a login and a query`,
  );
}
