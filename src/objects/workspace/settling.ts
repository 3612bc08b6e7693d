import type { EndedDraw } from './advances.ts';
import type { Books } from './books.ts';
import type { Hold } from './holds.ts';
import { GIVEN_BACK, type GivenBack, type Settlement } from './types.ts';

/**
 * Ends a request: gives back what it had reserved, takes what it costs, and corrects its tokens. Repeating
 * it changes nothing. Within a transaction.
 * @returns what it had drawn of an advance and is yet to be given back, once.
 */
export function settle(books: Books, settlement: Settlement, now: number): EndedDraw | null {
  const { id, amount, draw, tokens } = settlement;
  const hold = draw ? undefined : books.holds.remove(id);
  if (!draw) release(books, id, hold, now);
  const first = books.ledger.append(
    { id: `settle:${id}`, kind: 'settle', amount: -amount, reference: id },
    now,
  );
  if (!first) return null;
  const reserved = draw ?? hold;
  if (draw) books.stats.add('admitted');
  if (reserved && amount > reserved.amount) books.stats.add('overrun', amount - reserved.amount);
  books.usage.add({ ...settlement, lines: balanced(settlement) });
  for (const scope of settlement.scopes) books.spending.add(scope, amount);
  if (reserved && tokens) books.observed.note(reserved.model, tokens.output);
  if (hold && tokens) correctRates(books, hold, tokens.total, now);
  return draw ? { ...draw, id } : null;
}

function correctRates(books: Books, hold: Hold, total: number, now: number): void {
  for (const [scope, second] of Object.entries(hold.seconds)) {
    const limit = books.allowances.get(scope)?.limits.tokens_per_minute ?? hold.tokens;
    books.rates.correct(scope, 'tokens', second, total - Math.min(hold.tokens, limit), now);
  }
}

/** Frees what was reserved for requests whose isolate has not been heard of. */
export function expire(books: Books, now: number): void {
  for (const { id } of books.holds.expired(now)) {
    release(books, id, books.holds.remove(id), now);
    books.stats.add('expired');
  }
}

/** Gives the reserved money back, once. Stands in the ledger also without money: then nothing can be held any more. */
function release(books: Books, id: string, hold: Hold | undefined, now: number): void {
  const amount = hold?.amount ?? 0;
  books.ledger.append({ id: `release:${id}`, kind: 'release', amount, reference: id }, now);
}

/** Of the ledger entry that gives a charge back. */
export function givenBackId({ generation }: GivenBack): string {
  return `${GIVEN_BACK}${generation}`;
}

/** Gives a charge back, once, also in what was used. Within a transaction. */
export function giveBack(books: Books, charge: GivenBack, now: number): void {
  const { amount, generation: reference } = charge;
  const entry = { id: givenBackId(charge), kind: 'adjustment' as const, amount, reference };
  if (books.ledger.append(entry, now)) books.usage.add({ ...charge, lines: balanced(charge) }, -1);
}

/** The lines, with one more where they do not add up to the amount. */
function balanced({ lines, amount }: Pick<Settlement, 'lines' | 'amount'>): Settlement['lines'] {
  const rest = amount - lines.reduce((sum, line) => sum + line.amount, 0);
  return rest === 0 ? lines : [...lines, { unit: 'unknown', rate: 0, quantity: 0, amount: rest }];
}
