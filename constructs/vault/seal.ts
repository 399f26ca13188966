import { hclString } from "../private/hcl";
import { checkedAddress } from "../private/addresses";
import { checkedCertificateFile } from "../private/certificates";
import { checkedOptions } from "../private/options";

/**
 * How a Vault server opens itself after a start. A seal of a cloud asks for no key here: Vault's ServiceAccount gets the
 * right to use it by the cloud's own workload identity, so that no credential stands in the chart's ConfigMap.
 */
export class Seal {
  /** Key shares that operators hold and type in after every start of every server (Shamir's secret sharing). */
  static shamir(): Seal {
    return new Seal("shamir", {});
  }
  /** AWS KMS. The pod's role (IRSA or Pod Identity) needs kms:Encrypt, kms:Decrypt and kms:DescribeKey. */
  static awsKms(given: AwsKmsSeal): Seal {
    const options = checkedOptions(undefined, "AwsKmsSeal", given, "Seal.awsKms");
    return new Seal("awskms", {
      region: options.region,
      kms_key_id: options.keyId,
      endpoint:
        options.endpoint && checkedAddress("the endpoint of Seal.awsKms", options.endpoint, "https://kms.example.com"),
    });
  }
  /** Google Cloud KMS. The pod's account needs roles/cloudkms.cryptoKeyEncrypterDecrypter and cloudkms.viewer. */
  static gcpCkms(given: GcpCkmsSeal): Seal {
    const options = checkedOptions(undefined, "GcpCkmsSeal", given, "Seal.gcpCkms");
    const { project, location, keyRing, cryptoKey } = options;
    return new Seal("gcpckms", { project, region: location, key_ring: keyRing, crypto_key: cryptoKey });
  }
  /** Azure Key Vault. The pod's workload identity needs the key's get, wrapKey and unwrapKey. */
  static azureKeyVault(given: AzureKeyVaultSeal): Seal {
    const options = checkedOptions(undefined, "AzureKeyVaultSeal", given, "Seal.azureKeyVault");
    return new Seal("azurekeyvault", {
      tenant_id: options.tenantId,
      vault_name: options.vaultName,
      key_name: options.keyName,
    });
  }
  /** Oracle Cloud KMS. Vault authenticates as an instance principal, or by OKE workload identity where it is set up. */
  static ociKms(given: OciKmsSeal): Seal {
    const options = checkedOptions(undefined, "OciKmsSeal", given, "Seal.ociKms");
    return new Seal("ocikms", {
      key_id: options.keyId,
      crypto_endpoint: checkedAddress(
        "the cryptoEndpoint of Seal.ociKms",
        options.cryptoEndpoint,
        "https://kms.example.com",
      ),
      management_endpoint: checkedAddress(
        "the managementEndpoint of Seal.ociKms",
        options.managementEndpoint,
        "https://kms.example.com",
      ),
      auth_type_api_key: "false",
    });
  }
  /**
   * The transit engine of another Vault. Its token comes from the environment variable VAULT_TOKEN of the server's pod:
   * give it by `values.server.extraSecretEnvironmentVars`, never here.
   */
  static transit(given: TransitSeal): Seal {
    const options = checkedOptions(undefined, "TransitSeal", given, "Seal.transit");
    return new Seal("transit", {
      address: checkedAddress("the address of Seal.transit", options.address),
      mount_path: options.mountPath ?? "transit/",
      key_name: options.keyName,
      tls_ca_cert: checkedCertificateFile("the caCertFile of Seal.transit", options.caCertFile),
    });
  }

  private constructor(
    /** The type, as Vault's configuration names it. */
    readonly kind: string,
    private readonly settings: { readonly [name: string]: string | undefined },
  ) {}

  /** The `seal` stanza of Vault's configuration; empty for Shamir's. */
  toHcl(): string {
    if (this.kind === "shamir") return "";
    const lines = Object.entries(this.settings).flatMap(([name, value]) =>
      value === undefined ? [] : [`  ${name} = ${hclString(value)}`],
    );
    return [`seal ${hclString(this.kind)} {`, ...lines, "}"].join("\n");
  }
}

/** A key of AWS KMS. The servers get its use by a role of their ServiceAccount or of their node, never by a key in the configuration. */
export interface AwsKmsSeal {
  /** Region of the key, such as "eu-central-1". */
  readonly region: string;
  /** Id or ARN of the key, or its alias with `alias/` before it. */
  readonly keyId: string;
  /** An address of the KMS of your own, such as a VPC endpoint. @default - the region's public one */
  readonly endpoint?: string;
}

/** A key of Google Cloud KMS. The servers get its use by workload identity. */
export interface GcpCkmsSeal {
  /** The project that the key ring is in. */
  readonly project: string;
  /** Location of the key ring, such as `global` or `europe-west3`. */
  readonly location: string;
  /** Name of the key ring. */
  readonly keyRing: string;
  /** Name of the key. */
  readonly cryptoKey: string;
}

/** A key of Azure Key Vault. The servers get its use by a managed identity. */
export interface AzureKeyVaultSeal {
  /** Tenant that the vault belongs to. */
  readonly tenantId: string;
  /** Name of the Key Vault. */
  readonly vaultName: string;
  /** Name of the key. */
  readonly keyName: string;
}

/** A key of Oracle's KMS. The servers get its use by an instance principal. */
export interface OciKmsSeal {
  /** OCID of the key. */
  readonly keyId: string;
  /** Endpoint that encrypts and decrypts. */
  readonly cryptoEndpoint: string;
  /** Endpoint that manages keys. */
  readonly managementEndpoint: string;
}

/** A key of another Vault's transit engine. Its token comes from a Secret, never from the configuration. */
export interface TransitSeal {
  /** Address of the other Vault, over https. */
  readonly address: string;
  /** Name of the key. */
  readonly keyName: string;
  /** Path of the transit mount in that Vault. @default "transit/" */
  readonly mountPath?: string;
  /** File in the server's pod with the other Vault's CA. @default - the pod's trust store */
  readonly caCertFile?: string;
}
