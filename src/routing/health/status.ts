import type { Counts, EndpointHealth } from '../../objects/health/types.ts';
import type { HealthStatus, ListedHealth } from '../../registry/health-status.ts';

/** From this part of failures within five minutes on, an endpoint is degraded. */
const DEGRADED_FROM = 0.05;

/** The part of requests that failed in any way; null without any. */
export function failureRate({ requests, errors, cuts, stalls }: Counts): number | null {
  return requests === 0 ? null : (errors + cuts + stalls) / requests;
}

/**
 * An endpoint whose circuit is not closed is `down`; one that fails five times in a hundred within five minutes,
 * or is being woken, is `degraded`; one of which nothing is known from the last hour is `unknown`.
 */
export function statusOf(health: EndpointHealth | null): HealthStatus {
  if (!health) return 'unknown';
  if (health.circuit !== 'closed') return 'down';
  const rate = failureRate(health.last5m);
  if (health.wakingSince !== null || (rate !== null && rate >= DEGRADED_FROM)) return 'degraded';
  return rate !== null || health.ttft || health.answer ? 'healthy' : 'unknown';
}

/** As listings say it: in two digits, so that what has not really changed reads the same. */
export function listedHealth(health: EndpointHealth | null): ListedHealth {
  const rate = health && failureRate(health.last5m);
  return {
    status: statusOf(health),
    uptime: rate === null ? null : Math.floor((1 - rate) * 100),
    latency: health?.ttft ? { p50: rough(health.ttft.p50), p95: rough(health.ttft.p95) } : null,
    throughput: health?.throughput
      ? { p50: rough(health.throughput.p50), p95: rough(health.throughput.p95) }
      : null,
  };
}

function rough(value: number): number {
  return Number(value.toPrecision(2));
}
