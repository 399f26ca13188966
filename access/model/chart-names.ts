/**
 * What Vault's chart calls its objects (`vault.fullname` of chart 0.34.1): as the release, unless that name does not say what it is.
 * @param short the chart's value `nameOverride`
 */
export function chartFullName(release: string, short = "vault"): string {
  const name = release.includes(short) ? release : `${release}-${short}`;
  return name.slice(0, 63).replace(/-$/, "");
}
