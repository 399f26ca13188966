import {
  AzurermBackend,
  CloudBackend,
  GcsBackend,
  LocalBackend,
  NamedCloudWorkspace,
  S3Backend,
  TerraformStack,
} from "cdktf";
import { checkedOptions, checkedText } from "../constructs/private/options";

/** A bucket of S3, or of what speaks its protocol. */
export interface S3State {
  /** The bucket. */
  readonly bucket: string;
  /** Region of the bucket. */
  readonly region: string;
  /** Folder in the bucket. @default "leasehold" */
  readonly prefix?: string;
  /** ARN of the KMS key that encrypts the state. @default - the bucket's own encryption */
  readonly kmsKeyId?: string;
}

/** A container of Azure Blob Storage; its leases lock the state. */
export interface AzureState {
  /** Resource group of the storage account. */
  readonly resourceGroupName: string;
  /** The storage account. */
  readonly storageAccountName: string;
  /** Container of the storage account. */
  readonly containerName: string;
  /** Folder in the container. @default "leasehold" */
  readonly prefix?: string;
}

/**
 * Where the state of an environment's stacks is kept. Each stack has a file of its own, which is locked while an apply runs. So
 * two teams that deploy different stacks never wait for each other. The state holds no secret, but names of roles and policies.
 */
export class StateBackend {
  /** A bucket of S3, locked by a file beside the state (Terraform 1.10 and newer): no table is needed. */
  static s3(given: S3State): StateBackend {
    const {
      bucket,
      region,
      prefix = "leasehold",
      kmsKeyId,
    } = checkedOptions(undefined, "S3State", given, "StateBackend.s3");
    checkPlace("StateBackend.s3", { bucket }, prefix);
    return new StateBackend((stack) => {
      const key = `${prefix}/${stack.node.id}.tfstate`;
      const backend = new S3Backend(stack, { bucket, key, region, encrypt: true, kmsKeyId });
      // The class of cdktf 0.21 does not know this argument (hashicorp/terraform-cdk#3933). Without it two applies
      // could run at once.
      backend.addOverride("use_lockfile", true);
    });
  }
  /** A bucket of Google Cloud Storage, which locks by itself. @param prefix Folder in the bucket. @default "leasehold" */
  static gcs(bucket: string, prefix = "leasehold"): StateBackend {
    checkedText("bucket", "StateBackend.gcs", bucket);
    checkPlace("StateBackend.gcs", { bucket }, prefix);
    return new StateBackend((stack) => void new GcsBackend(stack, { bucket, prefix: `${prefix}/${stack.node.id}` }));
  }
  /** Azure Blob Storage. Terraform logs in by Entra ID: no key of the account is read. */
  static azurerm(given: AzureState): StateBackend {
    const { prefix = "leasehold", ...where } = checkedOptions(undefined, "AzureState", given, "StateBackend.azurerm");
    checkPlace("StateBackend.azurerm", { ...where }, prefix);
    return new StateBackend((stack) => {
      const key = `${prefix}/${stack.node.id}.tfstate`;
      const backend = new AzurermBackend(stack, { ...where, key });
      backend.addOverride("use_azuread_auth", true);
    });
  }
  /** HCP Terraform: one workspace a stack, named `<prefix>-<stack>`. @param prefix @default "leasehold" */
  static hcpTerraform(organization: string, prefix = "leasehold"): StateBackend {
    checkedText("organization", "StateBackend.hcpTerraform", organization);
    checkPlace("StateBackend.hcpTerraform", { organization }, prefix);
    return new StateBackend(
      (stack) =>
        void new CloudBackend(stack, {
          organization,
          workspaces: new NamedCloudWorkspace(`${prefix}-${stack.node.id}`),
        }),
    );
  }
  /** Files beside the program: for a sandbox, which one person deploys. */
  static local(): StateBackend {
    return new StateBackend(
      (stack) => void new LocalBackend(stack, { path: `../../../terraform.${stack.node.id}.tfstate` }),
    );
  }

  private constructor(
    /** @internal Gives the stack its backend. */ readonly _applyTo: (stack: TerraformStack) => void,
  ) {}
}

/**
 * Each name is one name, and the prefix the path of a folder; Terraform would say so when it is initialised.
 *
 * @throws Error for one that holds more
 */
function checkPlace(asked: string, names: Readonly<Record<string, string>>, prefix: string): void {
  for (const [what, name] of Object.entries(names))
    if (/[\s/:]/.test(name))
      throw new Error(`the ${what} ${JSON.stringify(name)} of ${asked} holds space, '/' or ':': give its name alone`);
  checkedText("prefix", asked, prefix);
  const isName = asked.endsWith("hcpTerraform");
  if (isName ? !/^[A-Za-z0-9_-]+$/.test(prefix) : !/^[^\s/]+(\/[^\s/]+)*$/.test(prefix))
    throw new Error(
      isName
        ? `the prefix ${JSON.stringify(prefix)} of ${asked} cannot begin the name of a workspace: give letters, digits, '_' and '-'`
        : `the prefix ${JSON.stringify(prefix)} of ${asked} is not the path of a folder: give it without '/' at either end`,
    );
}
