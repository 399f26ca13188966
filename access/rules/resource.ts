import type { Provenance } from "../model/graph";
import type { JsonObject } from "../terraform/json";

/** A block of the synthesized Terraform JSON. */
export interface Resource extends Provenance {
  readonly stack: string;
  /** `vault_policy.admins`, as Terraform names it. */
  readonly address: string;
  /** Terraform's type, without the `_v1` that the kubernetes provider gives to some. */
  readonly type: string;
  readonly body: JsonObject;
  /** Of a pod that Vault's chart makes: the containers that the chart brings itself. */
  readonly ofChart?: readonly string[];
  /** Paths of its dynamic blocks: how often they are there is known when Terraform runs. */
  readonly repeated?: readonly string[];
}

/** A part of the program that no rule has looked into. */
export interface Unseen extends Provenance {
  readonly why: string;
}
