import type { Policy } from './types.ts';

/** The policies that may bear on a request, the nearest first. Null is one that is not there. */
export type PolicySources = readonly (Policy | null | undefined)[];

/** A policy that declares nothing. */
export const NO_POLICY: Policy = Object.freeze({});

/** The policy in force: of each field, what the nearest source declares. */
export function effectivePolicy(sources: PolicySources): Policy {
  let merged: Policy = NO_POLICY;
  for (const source of sources) {
    if (!source || isEmpty(source)) continue;
    merged = merged === NO_POLICY ? source : { ...source, ...merged };
  }
  return merged;
}

function isEmpty(policy: Policy): boolean {
  for (const _field in policy) return false;
  return true;
}
