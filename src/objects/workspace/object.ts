import { DurableObject } from 'cloudflare:workers';
import { admit } from './admission.ts';
import { advance, idsOf, releaseDraws } from './advances.ts';
import { Books } from './books.ts';
import { expire, giveBack, givenBackId, settle } from './settling.ts';
import {
  ADVANCE_VALID_MS,
  type Admission,
  type AdmissionRequest,
  type Advance,
  type AdvanceRequest,
  type Allowance,
  type BudgetAlert,
  type GivenBack,
  type LedgerEntry,
  type LedgerPage,
  type LedgerQuery,
  type LimitStats,
  type Scope,
  type ScopeState,
  type Settlement,
  type StoredEntry,
  type UsageLine,
} from './types.ts';

/** Alarms are not set more finely than this, milliseconds. */
const ALARM_STEP_MS = 5_000;

/** What an isolate's clock may lag behind while it works, milliseconds. */
const CLOCK_MS = 250;

/** How often it is looked whether advances have been given back, milliseconds. */
const DRAWN_CHECK_MS = 10;

/** The limits and the money of one workspace: exact, because the object is alone. */
export class WorkspaceObject extends DurableObject {
  readonly #books = new Books(this.ctx.storage);
  /** When the alarm is due, as far as this instance knows. */
  #alarmAt: number | null = null;
  /** When an advance was granted or confirmed last; of those before this instance, that is not known. */
  readonly #heardOf = new Map<string, number>();
  readonly #begunAt = Date.now();

  /** Decides requests in their order, in one transaction, and reserves what they may use. */
  async admit(requests: AdmissionRequest[]): Promise<Admission[]> {
    const now = Date.now();
    const ids = requests.map(({ id }) => `release:${id}`);
    const admissions = this.#books.change(ids, now, () =>
      requests.map((request) => admit(this.#books, request, now)),
    );
    await this.#setAlarm(now + Math.min(...requests.map(({ leaseMs }) => leaseMs)));
    return admissions;
  }

  /** Ends requests, in one transaction. Answers the balance, nano-USD. */
  async settle(settlements: Settlement[]): Promise<number> {
    return (await this.exchange(settlements, [])).balance;
  }

  /** Ends requests and grants advances, in one transaction. Answers the balance, nano-USD, and the advances. */
  async exchange(
    settlements: Settlement[],
    requests: AdvanceRequest[],
  ): Promise<{ balance: number; advances: Advance[] }> {
    const now = Date.now();
    const ids = [
      ...settlements.flatMap(({ id, draw }) => (draw ? [`settle:${id}`] : [`release:${id}`, `settle:${id}`])),
      ...requests.flatMap(idsOf),
    ];
    const answer = this.#books.change(ids, now, () => {
      const draws = settlements.flatMap((settlement) => settle(this.#books, settlement, now) ?? []);
      releaseDraws(this.#books, draws, now);
      const advances = requests.map((request) => advance(this.#books, request, now));
      return { balance: this.spendable(), advances };
    });
    for (const [index, { id, giveBack, leaseMs }] of requests.entries()) {
      if (giveBack) this.#heardOf.delete(id);
      if (!answer.advances[index]?.open) continue;
      this.#heardOf.set(id, now);
      await this.#setAlarm(now + leaseMs);
    }
    return answer;
  }

  /** Keeps what requests under way have reserved. */
  renew(ids: string[], leaseMs: number): void {
    const now = Date.now();
    const until = now + leaseMs;
    this.#books.change([], now, () => {
      for (const id of ids) this.#books.holds.renew(id, until);
    });
  }

  /** Appends what is new among the entries, in one transaction, and answers the balance in nano-USD. */
  record(entries: LedgerEntry[]): number {
    const now = Date.now();
    const ids = entries.map(({ id }) => id);
    return this.#books.change(ids, now, () => {
      for (const entry of entries) this.#books.ledger.append(entry, now);
      return this.#books.ledger.balance;
    });
  }

  /** Gives charges back, each once, in one transaction. */
  giveBack(charges: GivenBack[]): void {
    const now = Date.now();
    this.#books.change(charges.map(givenBackId), now, () => {
      for (const charge of charges) giveBack(this.#books, charge, now);
    });
  }

  /**
   * States what scopes may do; an older statement than the known one changes nothing. Answers when nothing is
   * drawn any more from advances that were granted before: then it is in force.
   */
  async allow(stated: { scope: Scope; allowance: Allowance }[]): Promise<void> {
    const since = Date.now();
    this.#books.change([], since, () => {
      for (const { scope, allowance } of stated) this.#books.allowances.state(scope, allowance);
    });
    const scopes = stated.map(({ scope }) => scope);
    while (this.#mayBeDrawn(scopes, since)) await scheduler.wait(DRAWN_CHECK_MS);
  }

  /** The balance in nano-USD: always the sum of the ledger. */
  balance(): number {
    return this.#books.ledger.balance;
  }

  /** What may be spent, nano-USD: the balance, and what is reserved ahead for requests that may never come. */
  spendable(): number {
    return this.#books.ledger.balance + this.#books.holds.advanced;
  }

  entries(after: number, limit: number): StoredEntry[] {
    return this.#books.ledger.page(after, limit);
  }

  /** Those ledger entries of these ids that there are. */
  find(ids: string[]): StoredEntry[] {
    return this.#books.ledger.find(ids);
  }

  ledger(query: LedgerQuery): LedgerPage {
    return { entries: this.#books.ledger.list(query), balance: this.#books.ledger.balance };
  }

  besideRequests(references: string[]): StoredEntry[] {
    return this.#books.ledger.besideRequests(references);
  }

  usage(month: string): UsageLine[] {
    return this.#books.usage.of(month);
  }

  alerts(limit: number): BudgetAlert[] {
    return this.#books.spending.alerts(limit);
  }

  stats(): LimitStats {
    return this.#books.stats.counts;
  }

  /** What scopes have used of what they may. */
  states(scopes: Scope[]): ScopeState[] {
    const now = Date.now();
    const { allowances, rates, holds, spending } = this.#books;
    return scopes.map((scope) => {
      const { limits, budgets } = allowances.get(scope) ?? { limits: {}, budgets: [] };
      const { requests_per_minute: requests, tokens_per_minute: tokens, concurrent } = limits;
      return {
        scope,
        limits,
        requests: requests === undefined ? null : rates.state(scope, 'requests', requests, now),
        tokens: tokens === undefined ? null : rates.state(scope, 'tokens', tokens, now),
        concurrent: { limit: concurrent ?? null, used: holds.running(scope) },
        budgets: budgets.map(({ window, amount }) => ({
          window,
          amount,
          spent: spending.spent(scope, window, now),
          held: holds.held(scope),
          resetsAt: spending.resetsAt(window, now),
        })),
      };
    });
  }

  /** Frees what isolates that died had reserved. */
  override async alarm(): Promise<void> {
    this.#alarmAt = null;
    const now = Date.now();
    const ids = this.#books.holds.expired(now).map(({ id }) => `release:${id}`);
    this.#books.change(ids, now, () => expire(this.#books, now));
    const next = this.#books.holds.nextEnd();
    if (next !== null) await this.#setAlarm(next);
  }

  /** Whether an isolate may still draw from an advance that it was granted before. */
  #mayBeDrawn(scopes: readonly Scope[], before: number): boolean {
    const now = Date.now();
    return this.#books.holds.advances().some((hold) => {
      const heardOf = this.#heardOf.get(hold.id) ?? this.#begunAt;
      return (
        heardOf <= before &&
        now - heardOf <= ADVANCE_VALID_MS + CLOCK_MS &&
        hold.scopes.some((scope) => scopes.includes(scope))
      );
    });
  }

  /** Something expires at `next`, Unix milliseconds. */
  async #setAlarm(next: number): Promise<void> {
    if (this.#alarmAt !== null && this.#alarmAt <= next + ALARM_STEP_MS) return;
    this.#alarmAt = next;
    await this.ctx.storage.setAlarm(next);
  }
}
