/** A job of GitHub Actions, by the claims of its identity token (GitHub, "OpenID Connect reference"). */
export interface GithubJob {
  readonly forge: "github";
  /** `<owner>/<repository>`. */
  readonly repository: string;
  readonly from: JobSource;
}

/** A job of GitLab CI, by the claims of its identity token (GitLab, "ID tokens"). */
export interface GitlabJob {
  readonly forge: "gitlab";
  /** `<group>/<project>`. */
  readonly project: string;
  readonly from: JobSource;
}

/** Which of its jobs: those of a branch, of a branch and an environment, or those of pull and merge requests. */
export type JobSource =
  { readonly kind: "branch"; readonly branch: string; readonly environment?: string } | { readonly kind: "requests" };

/** The role of Vault's JWT auth method, as `vault write auth/<mount>/role/<name> -` reads it. */
export interface PipelineRole {
  readonly role_type: "jwt";
  readonly user_claim: string;
  readonly bound_audiences: readonly string[];
  readonly bound_claims_type: "string";
  readonly bound_claims: Readonly<Record<string, string>>;
  readonly token_policies: readonly string[];
  readonly token_no_default_policy: true;
  readonly token_type: "service";
  readonly token_ttl: string;
  readonly token_max_ttl: string;
}

/**
 * The role by which one kind of job gets policies. Every claim is compared as it is: a glob would let in what nobody named.
 *
 * @param audience for whom the job asks its token: Vault's address, so that Vault refuses a token that is meant for somebody else
 * @throws Error when a name is not one that the forge can have
 */
export function pipelineRole(job: GithubJob | GitlabJob, audience: string, policies: readonly string[]): PipelineRole {
  return {
    role_type: "jwt",
    user_claim: job.forge === "github" ? "repository" : "project_path",
    bound_audiences: [checked("audience", audience, /^[^\s*?"]+$/)],
    bound_claims_type: "string",
    bound_claims: job.forge === "github" ? githubClaims(job) : gitlabClaims(job),
    token_policies: policies.map((policy) => checked("policy", policy, /^(?!root$)[a-z0-9][a-z0-9._-]*$/)),
    // The token has these policies and nothing else. It cannot be a batch token, since the provider makes a short-lived
    // child of it.
    token_no_default_policy: true,
    token_type: "service",
    // As long as an apply may take; the child that the provider makes lives 20 minutes.
    token_ttl: "30m",
    token_max_ttl: "1h",
  };
}

function githubClaims({ repository, from }: GithubJob): Record<string, string> {
  const base = { repository: checked("repository", repository, /^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/) };
  // A pull request from a fork gets no identity token of this repository.
  if (from.kind === "requests") return { ...base, event_name: "pull_request" };
  return {
    ...base,
    ref: `refs/heads/${branchOf(from.branch)}`,
    ...(from.environment !== undefined && { environment: checked("environment", from.environment, NAME) }),
  };
}

function gitlabClaims({ project, from }: GitlabJob): Record<string, string> {
  const base = { project_path: checked("project", project, /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)+$/) };
  if (from.kind === "requests") return { ...base, pipeline_source: "merge_request_event" };
  return {
    ...base,
    ref: branchOf(from.branch),
    ref_type: "branch",
    ref_protected: "true",
    ...(from.environment !== undefined && { environment: checked("environment", from.environment, NAME) }),
  };
}

const NAME = /^[\p{L}\p{N}._/ -]+$/u;

function branchOf(branch: string): string {
  return checked("branch", branch, /^(?!refs\/)[\p{L}\p{N}._/-]+$/u);
}

function checked(what: string, text: string, form: RegExp): string {
  if (form.test(text)) return text;
  throw new Error(`${what} ${JSON.stringify(text)} cannot be bound to a role: write the exact value, without globs`);
}
