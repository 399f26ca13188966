import type { VaultProviderConfig } from "@cdktf/provider-vault/lib/provider";
import { checkedOptions, checkedText } from "../constructs/private/options";
import { literal } from "../constructs/private/terraform";

/** How a login by a ServiceAccount differs from the usual one. */
export interface KubernetesLogin {
  /** Path of the auth method. @default "kubernetes" */
  readonly mount?: string;
  /**
   * File of the pod with its ServiceAccount's token; project one with the audience that the role asks for.
   *
   * @default "/var/run/secrets/kubernetes.io/serviceaccount/token"
   */
  readonly tokenFile?: string;
}

/** How Terraform logs in to Vault. None of the ways puts a token into the JSON or the state. */
export class VaultLogin {
  /** The token of VAULT_TOKEN, or the one that `vault login` left on this machine. */
  static token(): VaultLogin {
    return new VaultLogin({});
  }
  /**
   * The identity token of a pipeline, from the environment variable TERRAFORM_VAULT_AUTH_JWT: GitHub Actions and GitLab CI give
   * one to each job.
   *
   * @param role Role of the JWT auth method; bind it to the repository and branch that may deploy.
   * @param mount Path of the auth method. @default "jwt"
   */
  static jwt(role: string, mount = "jwt"): VaultLogin {
    checkedText("role", "VaultLogin.jwt", role);
    checkedText("mount", "VaultLogin.jwt", mount);
    return new VaultLogin({ authLoginJwt: [{ role, mount }] });
  }
  /**
   * The ServiceAccount of the pod in which Terraform runs. Terraform reads the token from its file when it runs.
   *
   * @param role Role of the Kubernetes auth method; bind it to that ServiceAccount alone.
   * @throws Error for a file whose path is not absolute, or holds more than letters, digits, '.', '_' and '-'
   */
  static kubernetes(role: string, options: KubernetesLogin = {}): VaultLogin {
    checkedText("role", "VaultLogin.kubernetes", role);
    checkedOptions(undefined, "KubernetesLogin", options, "VaultLogin.kubernetes");
    const { mount = "kubernetes", tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token" } = options;
    if (!/^\/[A-Za-z0-9._/-]+$/.test(tokenFile))
      throw new Error(
        `tokenFile ${JSON.stringify(tokenFile)} is not an absolute path of letters, digits, '.', '_', '-' and '/': give the file in the pod`,
      );
    // The text is Terraform's own function: the JSON holds the name of the file, and no token.
    const jwt = `\${trimspace(file("${tokenFile}"))}`;
    return new VaultLogin({
      authLogin: [{ path: `auth/${literal(mount)}/login`, parameters: { role: literal(role), jwt } }],
    });
  }
  private constructor(
    /** @internal Arguments of Vault's provider. */
    readonly _arguments: Pick<VaultProviderConfig, "authLoginJwt" | "authLogin">,
  ) {}
}
