import type { Progress } from "./machine/tools";
import type { EmbeddedMajor } from "./servers/embedded-postgres";
import type { PostgresTls } from "./servers/postgres";
import type { VaultOptions } from "./servers/vault";

/** A PostgreSQL server of the program, and how the bench stands in for it. */
export interface BenchPostgres {
  /** Every `host:port` under which the program knows it. */
  readonly endpoints: readonly string[];
  /** @default 18 */
  readonly major?: EmbeddedMajor;
  /** Lines for its postgresql.conf. @default - none but the bench's own */
  readonly settings?: Readonly<Record<string, string>>;
  /** Its certificate for 127.0.0.1, and for each name by which the program verifies it. @default - it speaks no TLS */
  readonly tls?: PostgresTls;
  /** `namespace/name` of the StatefulSet that the program makes for it. @default - it is external */
  readonly statefulSet?: string;
  /** For an external server: the admin that Terraform uses, made by the bench, its password put into KV as an operator would. */
  readonly admin?: { readonly username: string; readonly mount: string; readonly path: string };
}

/** A further cluster of the program, with an API server of its own. */
export interface BenchCluster {
  /** Name of its KubernetesAuth. */
  readonly name: string;
  /** The kubeconfig's context by which the program's providers reach it. */
  readonly context: string;
  /** The API server as Vault reaches it, and the CA that the program gives for it. @default - Vault does not reach it */
  readonly address?: string;
  readonly ca?: string;
  /** Audience for which the API server itself takes tokens. @default - its issuer */
  readonly audience?: string;
  /** Issuer of its tokens, and the public key that the program gives for it. @default - Vault asks the API server about tokens */
  readonly issuer?: string;
  readonly publicKey?: string;
  /** Namespaces that exist there before the program is applied. */
  readonly namespaces: readonly string[];
}

/** Which servers of a program are stood in for, and how. */
export interface BenchOptions {
  readonly postgres: readonly BenchPostgres[];
  /** Clusters beside the one that Vault runs in. @default - none */
  readonly clusters?: readonly BenchCluster[];
  /** Every address under which the program knows Vault. @default ["http://vault.vault.svc:8200"] */
  readonly vaultAddresses?: readonly string[];
  /** Where Vault keeps its data: only "raft" survives a `kill()` and `restart()` of it. @default "inmem" */
  readonly vaultStorage?: VaultOptions["storage"];
  readonly onProgress?: Progress;
}
