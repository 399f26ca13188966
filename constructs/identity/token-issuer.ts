import { Token } from "cdktf";
import { IConstruct } from "constructs";
import { fetchedKeysName, givenKeyName } from "../../access/model/issuer-keys";
import { textProblem } from "../../access/model/rules";
import { claimName } from "../private/claims";
import { report } from "../private/findings";
import { literal } from "../private/terraform";

/** @internal What a program says about a cluster whose tokens Vault checks by itself. */
export interface TokenIssuerProps {
  readonly issuer?: string;
  readonly publicKeys?: string[];
  readonly jwksUrl?: string;
  readonly jwksCaCert?: string;
  readonly kubernetesHost?: string;
  readonly kubernetesCaCert?: string;
}

/** @internal By what Vault knows a token of the issuer. */
export interface TokenKeys {
  /** As the access graph names them. */
  readonly keys: string[];
  /** Arguments of the JWT auth method. */
  readonly block: { jwtValidationPubkeys?: string[]; jwksUrl?: string; jwksCaPem?: string };
}

const KEY_FIX =
  "give what `kubectl get --raw /openid/v1/jwks` shows, as PEM: `-----BEGIN PUBLIC KEY-----` and what follows, one key in each text of `publicKeys`";

/** @internal The keys of the issuer. What is wrong with what was given is reported, and never printed. */
export function tokenKeys(auth: IConstruct, props: TokenIssuerProps): TokenKeys {
  const wrong = (message: string, fix: string): void => report(auth, { code: "token-issuer", message, fix });
  const { publicKeys = [], jwksUrl, jwksCaCert } = props;
  if (props.kubernetesHost !== undefined || props.kubernetesCaCert !== undefined)
    wrong(
      "`issuer` is given beside `kubernetesHost` or `kubernetesCaCert`: with it Vault does not ask the API server",
      "leave these out; where the keys are fetched, give `jwksUrl` and `jwksCaCert`",
    );
  if (publicKeys.length > 0 === (jwksUrl !== undefined))
    wrong(
      publicKeys.length > 0 ? "`publicKeys` and `jwksUrl` are both given" : "`issuer` is given without keys",
      "give `publicKeys`, or the `jwksUrl` at which Vault finds them: one of the two",
    );
  if (jwksCaCert !== undefined && jwksUrl === undefined)
    wrong("`jwksCaCert` is given without `jwksUrl`", "leave it out, or say where Vault finds the keys");
  const ca = jwksCaCert === undefined ? [] : [jwksCaCert];
  for (const text of [...publicKeys, ...ca].filter(isUnknown))
    wrong(
      `a key is ${JSON.stringify(text)}, whose value is known only when Terraform runs: nobody who reads the report could tell whose tokens log in`,
      "give it as plain text",
    );
  const url = jwksUrl === undefined ? undefined : httpsProblem(jwksUrl);
  if (url)
    wrong(
      `jwksUrl ${JSON.stringify(jwksUrl)} ${url}`,
      "give its https address: whoever answers there decides who a pod is",
    );
  const fingerprints = publicKeys.flatMap((pem) => (isUnknown(pem) ? [] : fingerprint(pem, wrong)));
  const keys = [...fingerprints, ...(jwksUrl === undefined ? [] : [fetchedKeysName(jwksUrl, jwksCaCert)])];
  // A cluster that has the keys of another makes tokens that log in as the other's workloads.
  for (const key of new Set(keys)) claimName(auth, "key of an issuer", key);
  return {
    keys,
    block: {
      // Vault cuts what is around a key: with a line feed behind it the provider would write it again in every apply.
      ...(publicKeys.length > 0 && { jwtValidationPubkeys: publicKeys.map((pem) => literal(pem.trim())) }),
      ...(jwksUrl !== undefined && { jwksUrl: literal(jwksUrl) }),
      ...(jwksCaCert !== undefined && { jwksCaPem: literal(jwksCaCert) }),
    },
  };
}

/** @internal What is wrong with the issuer and the audience, whoever configures the auth method. */
export function checkIssuer(
  auth: IConstruct,
  given: { readonly issuer: string; readonly audience: string; readonly clientReviewsItself?: boolean },
): void {
  const { issuer, audience } = given;
  const problem = httpsProblem(issuer);
  if (problem)
    report(auth, {
      code: "token-issuer",
      message: `issuer ${JSON.stringify(issuer)} ${problem}`,
      fix: "give it as `kubectl get --raw /.well-known/openid-configuration` shows it",
    });
  if (given.clientReviewsItself)
    report(auth, {
      code: "token-issuer",
      message: "`issuer` is given beside `clientReviewsItself`: Vault asks nobody, or it asks with the pod's own token",
      fix: "choose one of the two",
    });
  if (audience === issuer)
    report(auth, {
      code: "token-issuer",
      message: `audience ${JSON.stringify(audience)} is the issuer: each token that a pod gets for its API server would log in to Vault, and Kubernetes makes those for up to a year`,
      fix: 'give an audience that only Vault has, for instance "vault"',
    });
}

function httpsProblem(url: string): string | undefined {
  if (isUnknown(url)) return "is known only when Terraform runs";
  if (!/^https:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(url))
    return "is not an https address without user, query and fragment";
  return textProblem(url);
}

function isUnknown(text: string): boolean {
  return Token.isUnresolved(text);
}

/** What the text is goes into no message: it could be the private key. */
function fingerprint(pem: string, wrong: (message: string, fix: string) => void): string[] {
  if (/PRIVATE KEY/.test(pem)) {
    wrong("one of `publicKeys` is a private key: whoever has it makes tokens of every pod of the cluster", KEY_FIX);
    return [];
  }
  try {
    if (!/^\s*-----BEGIN (RSA )?PUBLIC KEY-----[^-]+-----END (RSA )?PUBLIC KEY-----\s*$/.test(pem)) throw new Error();
    return [givenKeyName(pem)];
  } catch {
    wrong("one of `publicKeys` is not one public key in PEM", KEY_FIX);
    return [];
  }
}
