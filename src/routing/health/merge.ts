import type { Counts, Distribution, EndpointHealth } from '../../objects/health/types.ts';

const SHORT_MS = 30_000;
const LONG_MS = 5 * 60_000;

type Known = Pick<
  EndpointHealth,
  'ttft' | 'answer' | 'throughput' | 'last30s' | 'last5m' | 'toolCalls' | 'structured'
>;

/**
 * What the continent knew `ageMs` ago together with what this isolate knows itself. The continent's counts
 * hold the isolate's own up to its last report, so of each the larger is nearest to the truth; those of a
 * window that has passed since say nothing any more.
 */
export function mergeHealth(own: Known, shared: Known, ageMs: number): Known {
  const prefer = (kind: 'ttft' | 'answer' | 'throughput'): Distribution | null =>
    better(own[kind], shared[kind], ageMs);
  return {
    ttft: prefer('ttft'),
    answer: prefer('answer'),
    throughput: prefer('throughput'),
    last30s: ageMs >= SHORT_MS ? own.last30s : larger(own.last30s, shared.last30s),
    last5m: ageMs >= LONG_MS ? own.last5m : larger(own.last5m, shared.last5m),
    toolCalls: largerValidity(own.toolCalls, shared.toolCalls),
    structured: largerValidity(own.structured, shared.structured),
  };
}

/** The continent's while it is new, then that which rests on more, and after five minutes one's own. */
function better(own: Distribution | null, shared: Distribution | null, ageMs: number): Distribution | null {
  if (!own || !shared) return own ?? shared;
  if (ageMs >= LONG_MS) return own;
  return ageMs < SHORT_MS || shared.samples >= own.samples ? shared : own;
}

function largerValidity(
  a: EndpointHealth['toolCalls'],
  b: EndpointHealth['toolCalls'] | undefined,
): EndpointHealth['toolCalls'] {
  // A continent's object of another version may not count it.
  return { valid: Math.max(a.valid, b?.valid ?? 0), invalid: Math.max(a.invalid, b?.invalid ?? 0) };
}

function larger(a: Counts, b: Counts): Counts {
  const errors = Math.max(a.errors, b.errors);
  const cuts = Math.max(a.cuts, b.cuts);
  const stalls = Math.max(a.stalls, b.stalls);
  return { requests: Math.max(a.requests, b.requests, errors + cuts + stalls), errors, cuts, stalls };
}
