import { DurableObject } from 'cloudflare:workers';
import { configOf, type Env } from '../../env.ts';
import { BatchLines } from './lines.ts';
import { Slots, type Turn } from './slots.ts';
import type {
  BatchOrder,
  BatchProgress,
  Claim,
  Outcome,
  PlannedLine,
  ResultEntry,
  SlotMessage,
  SlotWork,
  StopReason,
} from './types.ts';
import { PROGRESS_EVENT } from './types.ts';

/** What is known of the batch as a whole. */
interface State extends BatchProgress {
  order: BatchOrder;
  /** No line begins before, Unix milliseconds. */
  pausedUntil: number;
}

const STATE = 'state';

/**
 * The lines of one batch. It hands them out, keeps what each came to before it counts, and sends the messages of the
 * queue; an alarm takes lines back from who has gone.
 */
export class BatchObject extends DurableObject<Env> {
  readonly #kv = this.ctx.storage.kv;
  readonly #lines = new BatchLines(this.ctx.storage.sql);
  readonly #slots = new Slots(this.ctx.storage.sql);
  #state = this.#kv.get<State>(STATE) ?? null;
  /** Whether this instance has told the Workflow of itself: one that was restarted may have lost its own place. */
  #told = false;

  async open(order: BatchOrder): Promise<void> {
    if (this.#state) return;
    this.#told = true;
    this.ctx.storage.transactionSync(() => {
      this.#lines.create();
      this.#slots.create();
      this.#save({
        order,
        phase: 'planning',
        stopped: null,
        pausedUntil: 0,
        total: 0,
        completed: 0,
        failed: 0,
      });
    });
    await this.#setAlarm();
  }

  plan(lines: PlannedLine[]): void {
    this.ctx.storage.transactionSync(() => {
      const state = this.#open();
      if (state.phase !== 'planning') return;
      const { added, failed } = this.#lines.add(lines);
      this.#save({ ...state, total: state.total + added, failed: state.failed + failed });
    });
  }

  async start(): Promise<BatchProgress> {
    const state = this.#open();
    if (state.phase !== 'planning') return progressOf(state);
    const { batchLinesInFlight } = configOf(this.env);
    const messages = this.ctx.storage.transactionSync(() => {
      this.#save({ ...state, phase: 'running' });
      this.#endIfDone();
      if (this.#open().phase !== 'running') return [];
      return this.#slots.make(Math.min(batchLinesInFlight, state.total - state.failed), Date.now());
    });
    await Promise.all(messages.map((message) => this.#send(message, 0)));
    return this.progress();
  }

  enter(message: SlotMessage): SlotWork | null {
    const state = this.#state;
    if (state?.phase !== 'running') return null;
    const lanes = this.#slots.enter(message, Date.now());
    return lanes === null ? null : { order: state.order, lanes, leaseMs: configOf(this.env).batchLeaseMs };
  }

  next(message: SlotMessage, outcome: Outcome | null, wanted: boolean): Claim {
    const before = this.#state?.phase;
    const claim = this.ctx.storage.transactionSync((): Claim => {
      if (!this.#state) return { kind: 'over' };
      const now = Date.now();
      if (outcome) this.#note(outcome, now);
      const { phase, pausedUntil } = this.#open();
      if (!wanted || phase !== 'running' || !this.#slots.seen(message, now)) return { kind: 'over' };
      if (pausedUntil > now) return { kind: 'wait', ms: pausedUntil - now };
      return this.#lines.claim(message.slot, now);
    });
    if (before !== 'over' && this.#state?.phase === 'over') this.#tell();
    return claim;
  }

  beat(message: SlotMessage): void {
    this.#slots.seen(message, Date.now());
  }

  async leave(message: SlotMessage, delayMs: number | null): Promise<void> {
    if (this.#state?.phase !== 'running') return;
    const next = this.ctx.storage.transactionSync(() =>
      delayMs === null ? this.#slots.end(message) : this.#renew(message, Date.now() + delayMs),
    );
    if (next) await this.#send(next, delayMs ?? 0);
  }

  stop(reason: StopReason): BatchProgress {
    const state = this.#open();
    if (state.phase === 'stopping' || state.phase === 'over') return progressOf(state);
    this.ctx.storage.transactionSync(() => {
      const ended = this.#lines.stopWaiting(reason);
      this.#save({ ...state, phase: 'stopping', stopped: reason, failed: state.failed + ended });
      this.#endIfDone();
    });
    this.#tell();
    return this.progress();
  }

  abandon(): { line: number; attempt: number }[] {
    const state = this.#open();
    if (state.phase !== 'stopping') return [];
    return this.ctx.storage.transactionSync(() => {
      const left = this.#lines.stopRunning(state.stopped ?? 'expired');
      this.#save({ ...state, phase: 'over', failed: state.failed + left.length });
      return left;
    });
  }

  progress(): BatchProgress {
    return progressOf(this.#open());
  }

  results(ok: boolean, after: number, bytes: number): ResultEntry[] {
    this.#open();
    return this.#lines.results(ok, after, bytes);
  }

  async close(): Promise<void> {
    this.#state = null;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** Takes lines back from slots that nobody works, and wakes a Workflow that may have been restarted too. */
  override async alarm(): Promise<void> {
    const state = this.#state;
    if (!state) return;
    await this.#setAlarm();
    if (state.phase === 'running') {
      const { batchLeaseMs } = configOf(this.env);
      const now = Date.now();
      const messages = this.ctx.storage.transactionSync(() =>
        this.#slots.silentSince(now - batchLeaseMs).flatMap((turn) => this.#renew(turn, now) ?? []),
      );
      await Promise.all(messages.map((message) => this.#send(message, 0)));
    }
    if (!this.#told || state.phase === 'over') this.#tell();
  }

  /** Ends a turn, whose lines wait again. @returns the next one; null where the turn is past. */
  #renew(turn: Turn, from: number): Turn | null {
    const next = this.#slots.renew(turn, from);
    if (next) this.#lines.release(turn.slot);
    return next;
  }

  #note(outcome: Outcome, now: number): void {
    const state = this.#open();
    const ended = this.#lines.note(outcome, state.stopped, now);
    if (ended !== null) {
      this.#save({ ...state, [ended]: state[ended] + 1 });
      this.#endIfDone();
    } else if (outcome.kind === 'again' && outcome.pauseMs > 0) {
      this.#save({ ...state, pausedUntil: Math.max(state.pausedUntil, now + outcome.pauseMs) });
    }
  }

  #endIfDone(): void {
    const state = this.#open();
    if (state.completed + state.failed < state.total || state.phase === 'planning') return;
    this.#save({ ...state, phase: 'over' });
  }

  /** @throws Error where there is no such batch any more. */
  #open(): State {
    if (!this.#state) throw new Error('The batch is closed');
    return this.#state;
  }

  #save(state: State): void {
    this.#kv.put<State>(STATE, state);
    this.#state = state;
  }

  async #send(message: Turn, delayMs: number): Promise<void> {
    const { batchId } = this.#open().order;
    await this.env.BATCH_SLOTS.send({ ...message, batchId }, { delaySeconds: Math.ceil(delayMs / 1000) });
  }

  /** Wakes the Workflow. What fails is tried again by the alarm. */
  #tell(): void {
    const { batchId } = this.#open().order;
    this.ctx.waitUntil(
      this.env.BATCHES.get(batchId)
        .then((instance) => instance.sendEvent({ type: PROGRESS_EVENT, payload: {} }))
        .then(() => {
          this.#told = true;
        })
        .catch(() => {}),
    );
  }

  async #setAlarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + Math.ceil(configOf(this.env).batchLeaseMs / 2));
  }
}

function progressOf({ phase, total, completed, failed, stopped }: BatchProgress): BatchProgress {
  return { phase, total, completed, failed, stopped };
}
