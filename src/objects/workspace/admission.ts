import type { Books } from './books.ts';
import type {
  Admission,
  AdmissionRequest,
  Allowance,
  BudgetWindow,
  RateState,
  Rates,
  Refusal,
  Scope,
  Slack,
} from './types.ts';

interface Known {
  scope: Scope;
  allowance: Allowance | null;
}

/**
 * Decides whether a request may begin, and reserves what it may use: a place among the concurrent ones,
 * a request and its tokens of each rate, and the most it may cost. Within a transaction.
 */
export function admit(books: Books, request: AdmissionRequest, now: number): Admission {
  const scopes = request.scopes.map(({ scope, allowance }) => ({
    scope,
    allowance: books.allowances.state(scope, allowance),
  }));
  const output = request.tokens.openEnded
    ? books.observed.expected(request.model, request.tokens.output)
    : request.tokens.output;
  const cost = request.cost.fixed + Math.ceil((output * request.cost.outputRate) / 1_000_000);
  const tokens = request.tokens.input + output;

  const earlier = books.holds.get(request.id);
  if (earlier) return granted(books, scopes, earlier.amount, output, now);
  const refusal = books.ledger.has(`release:${request.id}`)
    ? ({ code: 'ended' } as const)
    : (overRate(books, scopes, tokens, now) ??
      overBudget(books, scopes, cost, now) ??
      overBalance(books, request, cost));
  if (refusal) {
    books.stats.add('refused');
    if (request.optimistic) books.stats.add('refusedOptimistic');
    return { ok: false, refusal, rates: ratesOf(books, scopes, now) };
  }
  reserve(books, request, scopes, cost, tokens, now);
  return granted(books, scopes, cost, output, now);
}

function reserve(
  books: Books,
  request: AdmissionRequest,
  scopes: readonly Known[],
  cost: number,
  tokens: number,
  now: number,
): void {
  const seconds: Record<Scope, number> = {};
  for (const { scope, allowance } of scopes) {
    if (allowance?.limits.requests_per_minute !== undefined) books.rates.add(scope, 'requests', 1, now);
    const limit = allowance?.limits.tokens_per_minute;
    if (limit !== undefined) seconds[scope] = books.rates.add(scope, 'tokens', Math.min(tokens, limit), now);
  }
  books.holds.add({
    id: request.id,
    scopes: scopes.map(({ scope }) => scope),
    amount: cost,
    model: request.model,
    tokens,
    seconds,
    expiresAt: now + request.leaseMs,
  });
  if (cost > 0) {
    const entry = { id: `hold:${request.id}`, kind: 'hold', amount: -cost, reference: request.id } as const;
    books.ledger.append(entry, now);
  }
  books.stats.add('admitted');
}

function overRate(books: Books, scopes: readonly Known[], tokens: number, now: number): Refusal | null {
  let worst: Extract<Refusal, { code: 'rate_limit_exceeded' }> | null = null;
  const refuse = (
    scope: Scope,
    what: 'requests_per_minute' | 'tokens_per_minute' | 'concurrent',
    limit: number,
    wait: number,
  ): void => {
    if (wait <= 0 || (worst && worst.retryAfterMs >= wait)) return;
    worst = { code: 'rate_limit_exceeded', scope, what, limit, retryAfterMs: wait };
  };
  for (const { scope, allowance } of scopes) {
    const {
      requests_per_minute: requests,
      tokens_per_minute: perMinute,
      concurrent,
    } = allowance?.limits ?? {};
    if (requests !== undefined) {
      refuse(
        scope,
        'requests_per_minute',
        requests,
        books.rates.waitFor(scope, 'requests', 1, requests, now),
      );
    }
    if (perMinute !== undefined) {
      refuse(
        scope,
        'tokens_per_minute',
        perMinute,
        books.rates.waitFor(scope, 'tokens', tokens, perMinute, now),
      );
    }
    // When another request ends is not known; a second later is a good time to ask.
    if (concurrent !== undefined && books.holds.running(scope) >= concurrent) {
      refuse(scope, 'concurrent', concurrent, 1000);
    }
  }
  return worst;
}

function overBudget(books: Books, scopes: readonly Known[], cost: number, now: number): Refusal | null {
  for (const { scope, allowance } of scopes) {
    for (const { window, amount } of allowance?.budgets ?? []) {
      if (leftOf(books, scope, window, amount, now) >= Math.max(cost, 1)) continue;
      return {
        code: 'budget_exceeded',
        scope,
        window,
        amount,
        resetsAt: books.spending.resetsAt(window, now),
      };
    }
  }
  return null;
}

function overBalance(books: Books, request: AdmissionRequest, cost: number): Refusal | null {
  const { balance } = books.ledger;
  // What costs nothing needs no credits; what has no known price needs some.
  const needed = request.priced ? cost : Math.max(cost, 1);
  return balance >= needed ? null : { code: 'insufficient_credits', balance, needed };
}

function leftOf(books: Books, scope: Scope, window: BudgetWindow, amount: number, now: number): number {
  return amount - books.spending.spent(scope, window, now) - books.holds.held(scope);
}

function granted(
  books: Books,
  scopes: readonly Known[],
  held: number,
  output: number,
  now: number,
): Admission {
  const rates = ratesOf(books, scopes, now);
  return { ok: true, held, output, rates, slack: slackOf(books, scopes, rates, now) };
}

function ratesOf(books: Books, scopes: readonly Known[], now: number): Rates {
  let requests: RateState | null = null;
  let tokens: RateState | null = null;
  for (const { scope, allowance } of scopes) {
    const limits = allowance?.limits ?? {};
    if (limits.requests_per_minute !== undefined) {
      requests = tighter(requests, books.rates.state(scope, 'requests', limits.requests_per_minute, now));
    }
    if (limits.tokens_per_minute !== undefined) {
      tokens = tighter(tokens, books.rates.state(scope, 'tokens', limits.tokens_per_minute, now));
    }
  }
  return { requests, tokens };
}

function tighter(a: RateState | null, b: RateState): RateState {
  return a && a.remaining <= b.remaining ? a : b;
}

function slackOf(books: Books, scopes: readonly Known[], rates: Rates, now: number): Slack {
  let money = books.ledger.balance;
  let concurrent: Slack['concurrent'] = null;
  for (const { scope, allowance } of scopes) {
    for (const { window, amount } of allowance?.budgets ?? []) {
      money = Math.min(money, leftOf(books, scope, window, amount, now));
    }
    const limit = allowance?.limits.concurrent;
    if (limit === undefined) continue;
    const remaining = limit - books.holds.running(scope);
    if (!concurrent || remaining < concurrent.remaining) concurrent = { remaining, limit };
  }
  return { money, requests: rates.requests, tokens: rates.tokens, concurrent };
}
