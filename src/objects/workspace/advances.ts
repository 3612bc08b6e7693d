import type { Books } from './books.ts';
import type { Hold } from './holds.ts';
import type { Advance, AdvanceRequest, Draw, Scope } from './types.ts';

/** Of what is left of balance and budgets, no advance takes more at once: near the end each request asks. */
const PART = 0.02;

/** The ids of ledger entries that `advance` asks for. */
export function idsOf(request: AdvanceRequest): string[] {
  return [entryOf(request), `release:${request.id}`];
}

/**
 * Reserves money for requests to come, or takes back what none has drawn. Its requests count as running from
 * the beginning. Within a transaction.
 */
export function advance(books: Books, request: AdvanceRequest, now: number): Advance {
  const { id, scopes, take, giveBack } = request;
  const hold = books.holds.get(id);
  const left = leftOf(books, scopes, now);
  const ended = books.ledger.has(`release:${id}`) || hold?.advance?.open === false;
  const open = !giveBack && !ended && left > 0 && !scopes.some((scope) => hasRate(books, scope));
  if (books.ledger.has(entryOf(request))) {
    return { open: open && hold !== undefined, requests: earlier(books, request), left };
  }
  if (giveBack && hold) takeBack(books, request, giveBack, hold, now);
  if (!open) return { open, requests: 0, left };
  const fit = take.each > 0 ? Math.floor((left * PART) / take.each) : 0;
  const requests = Math.min(take.requests, fit);
  if (requests > 0) reserve(books, request, hold, requests, now);
  return { open: requests > 0 || hold !== undefined, requests, left: left - requests * take.each };
}

/** What a request had drawn that has ended in this transaction, and in no other. */
export interface EndedDraw extends Draw {
  /** The generation's id. */
  id: string;
}

/**
 * Gives back what requests had drawn, by one entry per advance; of one that has expired nothing is left to give.
 * Within a transaction.
 */
export function releaseDraws(books: Books, draws: readonly EndedDraw[], now: number): void {
  for (const [name, group] of Map.groupBy(draws, (draw) => draw.advance)) {
    const hold = books.holds.get(name);
    if (!hold) continue;
    const drawn = group.reduce((sum, draw) => sum + draw.amount, 0);
    const amount = Math.min(drawn, hold.amount);
    const id = `draws:${name}:${group[0]?.id}`;
    books.ledger.append({ id, kind: 'release', amount, reference: name }, now);
    books.holds.change(hold, -amount, -Math.min(group.length, hold.advance?.requests ?? 0));
    endAdvance(books, hold, now);
  }
}

/** Ends an advance that is closed and whose requests have all ended. */
function endAdvance(books: Books, hold: Hold, now: number): void {
  if (!hold.advance || hold.advance.open || hold.advance.requests > 0) return;
  books.holds.remove(hold.id);
  const id = `release:${hold.id}`;
  books.ledger.append({ id, kind: 'release', amount: hold.amount, reference: hold.id }, now);
}

function reserve(
  books: Books,
  request: AdvanceRequest,
  hold: Hold | undefined,
  requests: number,
  now: number,
): void {
  const { id, scopes } = request;
  const amount = requests * request.take.each;
  const expiresAt = now + request.leaseMs;
  books.ledger.append({ id: entryOf(request), kind: 'hold', amount: -amount, reference: id }, now);
  if (hold) {
    hold.expiresAt = expiresAt;
    books.holds.change(hold, amount, requests);
    return;
  }
  const of = { requests, open: true };
  books.holds.add({ id, scopes, amount, model: '', tokens: 0, seconds: {}, advance: of, expiresAt });
}

function takeBack(
  books: Books,
  request: AdvanceRequest,
  giveBack: NonNullable<AdvanceRequest['giveBack']>,
  hold: Hold,
  now: number,
): void {
  const amount = Math.min(giveBack.amount, hold.amount);
  const requests = Math.min(giveBack.requests, hold.advance?.requests ?? 0);
  books.ledger.append({ id: entryOf(request), kind: 'release', amount, reference: hold.id }, now);
  if (hold.advance) hold.advance.open = false;
  books.holds.change(hold, -amount, -requests);
  endAdvance(books, hold, now);
}

/** By how many requests a repeated question increased the advance. */
function earlier(books: Books, request: AdvanceRequest): number {
  const [entry] = books.ledger.find([entryOf(request)]);
  return request.giveBack || !entry ? 0 : -entry.amount / request.take.each;
}

function entryOf({ id, sequence }: AdvanceRequest): string {
  return `advance:${id}:${sequence}`;
}

function hasRate(books: Books, scope: Scope): boolean {
  const limits = books.allowances.get(scope)?.limits ?? {};
  return Object.values(limits).some((limit) => limit !== undefined);
}

/** Nano-USD of balance and budgets. */
function leftOf(books: Books, scopes: readonly Scope[], now: number): number {
  let left = books.ledger.balance;
  for (const scope of scopes) {
    for (const { window, amount } of books.allowances.get(scope)?.budgets ?? []) {
      left = Math.min(left, amount - books.spending.spent(scope, window, now) - books.holds.held(scope));
    }
  }
  return left;
}
