/**
 * Whether an endpoint is served within a region: it names regions, and every one of them is the wanted one or
 * lies in it, segment by segment. `eu` holds `eu-west-1`; `eu-west` does not hold `eu`.
 * @param wanted lower case.
 * @param regions lower case; it may be served from any of them.
 */
export function servedWithin(wanted: string, regions: readonly string[]): boolean {
  return (
    regions.length > 0 && regions.every((region) => region === wanted || region.startsWith(`${wanted}-`))
  );
}
