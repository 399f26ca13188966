/** How Terraform logs in to Vault. None of the ways puts a token into the JSON or the state. */
export class VaultLogin {
  /** The token of VAULT_TOKEN, or the one that `vault login` left on this machine. */
  static token(): VaultLogin {
    return new VaultLogin();
  }
  /**
   * The identity token of a pipeline, from the environment variable TERRAFORM_VAULT_AUTH_JWT: GitHub Actions and GitLab CI give
   * one to each job.
   *
   * @param role Role of the JWT auth method; bind it to the repository and branch that may deploy.
   * @param mount Path of the auth method. @default "jwt"
   */
  static jwt(role: string, mount = "jwt"): VaultLogin {
    return new VaultLogin({ role, mount });
  }
  private constructor(/** @internal */ readonly jwt?: { readonly role: string; readonly mount: string }) {}
}
