/** Why a request went where it went: the closed list behind `x-routing-reason`. */
export const ROUTING_REASONS = [
  // What `auto` or a policy chose by.
  'policy_cost',
  'policy_latency',
  'policy_throughput',
  'policy_accuracy',
  'session',
  'split',
  'circuit_open',
  // What the candidates before failed with.
  'fallback_error',
  'fallback_rate_limited',
  'fallback_timeout',
  'fallback_credentials',
  'fallback_parameters',
  'fallback_context_length',
  'fallback_content_filter',
  'fallback_waking',
  // A second candidate that started beside a slow one was first.
  'hedge',
  // A stream broke: another went on, or began anew.
  'continued',
  'restarted',
] as const;
export type RoutingReason = (typeof ROUTING_REASONS)[number];
