import type { Counts, Distribution, SharedEndpoint } from '../../objects/health/types.ts';
import { statusOf } from '../../routing/health/status.ts';

/**
 * An endpoint's health as the management API says it.
 * @param showCounts whether to say how many requests there were: they are those of all workspaces.
 */
export function healthView({ id, health, observedAt }: SharedEndpoint, showCounts: boolean) {
  const { valid, invalid } = health.toolCalls;
  const { structured } = health;
  const distribution = (one: Distribution | null) =>
    one && {
      average: one.ewma,
      p50: one.p50,
      p95: one.p95,
      p99: one.p99,
      samples: showCounts ? one.samples : null,
    };
  const window = ({ requests, errors, cuts, stalls }: Counts) => ({
    requests: showCounts ? requests : null,
    error_rate: part(errors, requests),
    cut_rate: part(cuts, requests),
    stall_rate: part(stalls, requests),
  });
  return {
    endpoint: id,
    status: statusOf(health),
    circuit: health.circuit,
    open_until: seconds(health.openUntil || null),
    ttft_ms: distribution(health.ttft),
    answer_ms: distribution(health.answer),
    tokens_per_second: distribution(health.throughput),
    last_30s: window(health.last30s),
    last_5m: window(health.last5m),
    tool_call_validity: part(valid, valid + invalid),
    structured_output_validity: part(structured.valid, structured.valid + structured.invalid),
    waking_since: seconds(health.wakingSince),
    observed_at: seconds(observedAt || null),
  };
}

function part(count: number, of: number): number | null {
  return of === 0 ? null : count / of;
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / 1000);
}
