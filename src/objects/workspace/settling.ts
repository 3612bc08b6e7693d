import { endAdvance } from './advances.ts';
import type { Books } from './books.ts';
import type { Hold } from './holds.ts';
import type { Draw, Settlement } from './types.ts';

/**
 * Ends a request: gives back what it had reserved, takes what it costs, and corrects its tokens. Repeating
 * it changes nothing. Within a transaction.
 */
export function settle(books: Books, settlement: Settlement, now: number): void {
  const { id, amount, draw } = settlement;
  const hold = books.holds.remove(id);
  if (draw) releaseDraw(books, id, draw, now);
  else release(books, id, hold, now);
  const first = books.ledger.append(
    { id: `settle:${id}`, kind: 'settle', amount: -amount, reference: id },
    now,
  );
  if (!first) return;
  const reserved = draw ?? hold;
  if (reserved && amount > reserved.amount) books.stats.add('overrun', amount - reserved.amount);
  books.usage.add({ ...settlement, lines: balanced(settlement) });
  for (const scope of settlement.scopes) books.spending.add(scope, amount);
  const { tokens } = settlement;
  if (!reserved || !tokens) return;
  books.observed.note(reserved.model, tokens.output);
  for (const [scope, second] of Object.entries(hold?.seconds ?? {})) {
    const counted = hold?.tokens ?? 0;
    const limit = books.allowances.get(scope)?.limits.tokens_per_minute ?? counted;
    books.rates.correct(scope, 'tokens', second, tokens.total - Math.min(counted, limit), now);
  }
}

/** Frees what was reserved for requests whose isolate has not been heard of. */
export function expire(books: Books, now: number): void {
  for (const { id } of books.holds.expired(now)) {
    release(books, id, books.holds.remove(id), now);
    books.stats.add('expired');
  }
}

/** Gives back what a request had drawn of an advance; of one that has expired nothing is left to give. */
function releaseDraw(books: Books, id: string, draw: Draw, now: number): void {
  const advance = books.holds.get(draw.advance);
  const amount = Math.min(draw.amount, advance?.amount ?? 0);
  const first = books.ledger.append({ id: `release:${id}`, kind: 'release', amount, reference: id }, now);
  if (!first) return;
  books.stats.add('admitted');
  if (!advance) return;
  books.holds.change(advance, -amount, -1);
  endAdvance(books, advance, now);
}

/** Gives the reserved money back, once. Stands in the ledger also without money: then nothing can be held any more. */
function release(books: Books, id: string, hold: Hold | undefined, now: number): void {
  const amount = hold?.amount ?? 0;
  books.ledger.append({ id: `release:${id}`, kind: 'release', amount, reference: id }, now);
}

/** The lines, with one more where they do not add up to the amount. */
function balanced({ lines, amount }: Settlement): Settlement['lines'] {
  const rest = amount - lines.reduce((sum, line) => sum + line.amount, 0);
  return rest === 0 ? lines : [...lines, { unit: 'unknown', rate: 0, quantity: 0, amount: rest }];
}
