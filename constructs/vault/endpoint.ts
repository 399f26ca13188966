import { IVault } from "../contracts/vault";
import { checkedAddress } from "../private/addresses";
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
    this.addressFromPods = checkedAddress("addressFromPods", addressFromPods);
    this.addressFromTerraform = checkedAddress("addressFromTerraform", addressFromTerraform);
    this.tlsSecret = tlsSecret;
  }
}
