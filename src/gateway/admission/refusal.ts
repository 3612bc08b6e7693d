import { formatUsd } from '../../billing/money.ts';
import { GatewayError } from '../../errors.ts';
import type { Limits, RateState, Rates, Refusal } from '../../objects/workspace/types.ts';

const RATE_NAMES: Record<keyof Limits, string> = {
  requests_per_minute: 'requests per minute',
  tokens_per_minute: 'tokens per minute',
  concurrent: 'concurrent requests',
};

/** A refusal of the workspace's object, for the caller. */
export function refusalError(refusal: Refusal, rates: Rates): GatewayError {
  const headers = rateHeaders(rates);
  switch (refusal.code) {
    case 'rate_limit_exceeded': {
      const { limit, what, scope, retryAfterMs } = refusal;
      return new GatewayError('rate_limit_exceeded', {
        message: `The limit of ${limit} ${RATE_NAMES[what]} of ${scopeName(scope)} is reached.`,
        retryAfterMs,
        headers,
      });
    }
    case 'insufficient_credits':
      return new GatewayError('insufficient_credits', {
        message: `The workspace has ${formatUsd(refusal.balance)} USD to spend, and this request may cost ${formatUsd(refusal.needed)} USD. ${remedyOf(refusal.balance)}`,
        headers,
      });
    case 'budget_exceeded': {
      const { window, amount, scope, resetsAt } = refusal;
      const until =
        resetsAt === null ? 'It does not reset.' : `It resets at ${new Date(resetsAt).toISOString()}.`;
      return new GatewayError('budget_exceeded', {
        message: `The ${window} budget of ${formatUsd(amount)} USD of ${scopeName(scope)} does not cover this request. ${until}`,
        headers,
      });
    }
    case 'ended':
      return new GatewayError('limits_unavailable');
  }
}

function remedyOf(balance: number): string {
  const add = 'Add credits (POST /api/workspaces/{id}/top-ups, or ask the operator)';
  return balance > 0 ? `${add}, or ask for less.` : `${add}.`;
}

/** OpenAI's rate limit headers: https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers */
export function rateHeaders({ requests, tokens }: Rates): Record<string, string> {
  return { ...headersOf('requests', requests), ...headersOf('tokens', tokens) };
}

function headersOf(name: string, state: RateState | null): Record<string, string> {
  if (!state) return {};
  return {
    [`x-ratelimit-limit-${name}`]: String(state.limit),
    [`x-ratelimit-remaining-${name}`]: String(state.remaining),
    [`x-ratelimit-reset-${name}`]: duration(state.resetMs),
  };
}

/** `6m0s`, `1.5s`, `20ms`: as OpenAI writes durations. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const tenths = Math.ceil(ms / 100);
  const seconds = (tenths % 600) / 10;
  const minutes = Math.floor(tenths / 600);
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** `key:key_1|openai/*` → `the key key_1 for openai/*` */
function scopeName(scope: string): string {
  if (scope === 'workspace') return 'the workspace';
  const [kind = '', rest = ''] = [scope.slice(0, scope.indexOf(':')), scope.slice(scope.indexOf(':') + 1)];
  const [id, models] = rest.split('|');
  const who = kind === 'user' ? 'the member' : `the ${kind}`;
  return models === undefined ? `${who} ${id}` : `${who} ${id} for ${models}`;
}
