import { DurableObject } from 'cloudflare:workers';
import { configOf, type Env } from '../../env.ts';
import { BatchLines } from './lines.ts';
import { Slots, type Turn } from './slots.ts';
import type {
  BatchOrder,
  BatchProgress,
  BatchUsage,
  Claim,
  Outcome,
  PlannedLine,
  ResultEntry,
  SlotMessage,
  SlotWork,
  StopReason,
} from './types.ts';
import { PROGRESS_EVENT } from './types.ts';

const NO_USAGE: BatchUsage = { input: 0, cached: 0, output: 0, reasoning: 0 };

/** What is known of the batch as a whole. */
interface State extends BatchProgress {
  order: BatchOrder;
  /** No line begins before, Unix milliseconds. */
  pausedUntil: number;
  /** When the Workflow was last told of lines that are being run, Unix milliseconds. */
  toldAt: number;
}

const STATE = 'state';

/** When the alarm is due, Unix milliseconds. */
const ALARM = 'alarm';

/** A message that nobody has begun may be lost, or wait its turn: it is repeated after so many leases. */
const LEASES_IN_QUEUE = 3;

/** So many lines at once are worked by one consumer of the queue. */
const LANES_PER_SLOT = 8;

/** The same where requests or answers hold pictures or sound: each may be many MB, and a consumer has 128. */
const LANES_OF_FILES = 2;
const LARGE = /^\/v1\/(images\/|audio\/tr)/;

/**
 * While lines are run the Workflow, which may have lost its place when the process was restarted, is told so no more
 * often, milliseconds: each time takes two of its steps, of which it has 1,024.
 */
const TELL_EVERY_MS = 15 * 60 * 1000;

/**
 * The lines of one batch. It hands them out, keeps what each came to before it counts, and sends the messages of the
 * queue; an alarm takes lines back from who has gone.
 */
export class BatchObject extends DurableObject<Env> {
  readonly #kv = this.ctx.storage.kv;
  readonly #lines = new BatchLines(this.ctx.storage.sql);
  readonly #slots = new Slots(this.ctx.storage.sql);
  #state = this.#kv.get<State>(STATE) ?? null;

  async open(order: BatchOrder): Promise<void> {
    if (this.#state) return;
    this.ctx.storage.transactionSync(() => {
      this.#lines.create();
      this.#slots.create();
      this.#save({
        order,
        phase: 'planning',
        stopped: null,
        pausedUntil: 0,
        toldAt: 0,
        total: 0,
        completed: 0,
        failed: 0,
        usage: NO_USAGE,
      });
    });
    await this.#setAlarm();
  }

  async recall(): Promise<BatchOrder | null> {
    if (!this.#state) return null;
    if ((await this.ctx.storage.getAlarm()) === null) await this.#setAlarm();
    return this.#state.order;
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
      const now = Date.now();
      this.#save({ ...state, phase: 'running', toldAt: now });
      this.#endIfDone();
      if (this.#open().phase !== 'running') return [];
      const perSlot = LARGE.test(state.order.endpoint) ? LANES_OF_FILES : LANES_PER_SLOT;
      return this.#slots.make(Math.min(batchLinesInFlight, state.total - state.failed), perSlot, now);
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

  abandon(): void {
    const state = this.#open();
    if (state.phase !== 'stopping') return;
    this.ctx.storage.transactionSync(() => {
      const left = this.#lines.stopRunning(state.stopped ?? 'expired');
      this.#save({ ...state, phase: 'over', failed: state.failed + left });
    });
  }

  attempted(unanswered: boolean, after: number, limit: number): { line: number; attempts: number }[] {
    return this.#state ? this.#lines.attempted(unanswered, after, limit) : [];
  }

  superseded(after: number, limit: number): { line: number; attempts: number }[] {
    return this.#state ? this.#lines.superseded(after, limit) : [];
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
    const now = Date.now();
    const late = now - (this.#kv.get<number>(ALARM) ?? now);
    await this.#setAlarm();
    if (state.phase !== 'running') this.#tell();
    else if (now - state.toldAt >= TELL_EVERY_MS) {
      this.#save({ ...state, toldAt: now });
      this.#tell();
    }
    if (state.phase !== 'running') return;
    const { batchLeaseMs } = configOf(this.env);
    // Who works could not be heard by an object that was away itself; messages may have been lost with it.
    const wasAway = late > batchLeaseMs / 2;
    const since = {
      begun: now - batchLeaseMs,
      waiting: wasAway ? now : now - LEASES_IN_QUEUE * batchLeaseMs,
    };
    const messages = this.ctx.storage.transactionSync(() =>
      this.#slots.silentSince(since).flatMap(({ begun, ...turn }) => {
        if (begun) return wasAway ? [] : (this.#renew(turn, now) ?? []);
        // In the queue it must keep its place.
        this.#slots.seen(turn, now);
        return turn;
      }),
    );
    await Promise.all(messages.map((message) => this.#send(message, 0)));
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
      const { usage } = outcome.kind === 'done' && outcome.ok ? outcome : { usage: null };
      this.#save({ ...state, [ended]: state[ended] + 1, usage: added(state.usage, usage) });
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
        .catch(() => {}),
    );
  }

  async #setAlarm(): Promise<void> {
    const at = Date.now() + Math.ceil(configOf(this.env).batchLeaseMs / 2);
    this.#kv.put(ALARM, at);
    await this.ctx.storage.setAlarm(at);
  }
}

function progressOf({ phase, total, completed, failed, usage, stopped }: BatchProgress): BatchProgress {
  return { phase, total, completed, failed, usage, stopped };
}

function added(one: BatchUsage, other: BatchUsage | null): BatchUsage {
  if (!other) return one;
  return {
    input: one.input + other.input,
    cached: one.cached + other.cached,
    output: one.output + other.output,
    reasoning: one.reasoning + other.reasoning,
  };
}
