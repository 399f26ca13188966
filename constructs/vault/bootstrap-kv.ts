import { TerraformStack } from "cdktf";
import { Mount } from "@cdktf/provider-vault/lib/mount";
import { Construct } from "constructs";
import { mountPathProblem } from "../../access/model/rules";
import { ensureAccessCheck } from "../synthesis/check";
import { DEFAULT_KV_MOUNT } from "../contracts/postgres";
import { setting } from "../private/origin";
import { report } from "../private/findings";
import { literal } from "../private/terraform";
import { mark } from "../private/guards";
import { checkedOptions, madeIn } from "../private/options";

/** Options of the mount for bootstrap passwords. */
export interface BootstrapKvProps {
  /** Path of the mount. @default "leasehold" */
  readonly path?: string;
}

/** The KV v2 mount of bootstrap passwords: only the policy of those who deploy should reach it. */
export class BootstrapKv extends Construct {
  /** Path of the mount. */
  readonly path: string;
  /** The L1. */
  readonly resource: Mount;

  constructor(scope: Construct, id: string, given: BootstrapKvProps = {}) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "BootstrapKvProps", given);
    mark(this, "BootstrapKv");
    ensureAccessCheck(this);
    this.path = props.path ?? DEFAULT_KV_MOUNT;
    const problem = mountPathProblem(this.path);
    if (problem)
      report(this, {
        code: "mount-path",
        message: `mount path ${JSON.stringify(this.path)} ${problem}`,
        fix: "give `path` such a path",
      });
    this.resource = setting(
      new Mount(this, "Resource", {
        path: literal(this.path),
        type: "kv-v2",
        description: literal(`Leasehold: bootstrap passwords, stack ${TerraformStack.of(this).node.id}`),
        // An import reads the type `kv` with the option `version = 2`. Without this, the apply that adopts the mount
        // would make it anew, without its passwords.
        lifecycle: { ignoreChanges: ["type", "options"] },
      }),
    );
  }
}
