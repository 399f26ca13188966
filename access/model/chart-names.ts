/** What Vault's chart calls its objects (`vault.fullname` of chart 0.34.1): as the release, unless that name does not say what it is. */
export function chartFullName(release: string): string {
  const name = release.includes("vault") ? release : `${release}-vault`;
  return name.slice(0, 63).replace(/-$/, "");
}
