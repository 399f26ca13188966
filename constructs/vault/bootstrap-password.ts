import { KvSecretV2 } from "@cdktf/provider-vault/lib/kv-secret-v2";
import { Construct } from "constructs";
import { hclString } from "../private/hcl";
import { explained, setting } from "../private/origin";
import { address, EphemeralResource, jsonencode, literal } from "../private/terraform";
import { checkedOptions, madeIn } from "../private/options";

/** What a bootstrap password is for, and where it is kept. */
export interface BootstrapPasswordProps {
  /** KV v2 mount. */
  readonly mount: string;
  /** The entry, below the mount. */
  readonly path: string;
  /** The login that it belongs to. */
  readonly username: string;
  /** A new one is made when this rises. */
  readonly version: number;
}

/**
 * A generated password that is in a KV v2 entry of Vault and nowhere else: not in state, not in a plan.
 *
 * The random value goes only to the entry, and every consumer reads it from there. Where it went straight to two
 * consumers, an apply that stops halfway would leave them with two passwords for good. Through the entry, the next
 * apply puts it right.
 */
export class BootstrapPassword extends Construct {
  /** The L1 of the entry. */
  readonly entry: KvSecretV2;
  /** The entry as it is now: `data.username`, `data.password`. */
  readonly value: EphemeralResource;

  constructor(scope: Construct, id: string, given: BootstrapPasswordProps) {
    super(madeIn(scope, id, new.target), id);
    const props = checkedOptions(this, "BootstrapPasswordProps", given);
    // The entry's digest holds both: the entry refers to the random value, and the other block reads the entry.
    const random = explained(new EphemeralResource(this, "Random", "random_password", { length: 40, special: false }));
    const mount = literal(props.mount);
    const name = literal(props.path);
    const entry = new KvSecretV2(this, "Entry", {
      mount,
      name,
      dataJsonWo: jsonencode({ username: hclString(props.username), password: random.expression("result") }),
      dataJsonWoVersion: props.version,
      // A delete in KV v2 is soft and keeps old versions. A bootstrap entry keeps one version, and none when it is
      // removed.
      deleteAllVersions: true,
      customMetadata: { maxVersions: 1 },
    });
    this.entry = setting(entry);
    const value = new EphemeralResource(
      this,
      "Value",
      "vault_kv_secret_v2",
      {
        mount,
        name,
        // Not known before the entry exists: so the first plan does not try to read it (provider documentation, mount_id).
        mount_id: `\${${address(this.entry)}.id}`,
      },
      [this.entry],
    );
    this.value = explained(value);
  }
}
