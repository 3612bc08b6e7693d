import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../../env.ts';
import { AnswerLog, deletePieces, writePieces } from '../runs/answer-log.ts';
import { ownWorker } from '../runs/own-worker.ts';
import { Run } from '../runs/run.ts';
import type { AnswerHead, Begun, CostlyEnding } from '../runs/types.ts';
import { EVENTS_KEPT_MS, GENERATION_HEADER, type KeptEvents, type RunState } from './types.ts';

const EVENTS = 'events';
/** Where this is stored, the run has begun, whatever became of it. */
const BEGUN = 'begun';

/** What belongs to the request that began a run, and not to the run. */
const NOT_SENT_ON = [GENERATION_HEADER, 'idempotency-key', 'content-length'];

/**
 * One response that is made while no client waits for it. The object sends the request through the gateway and is
 * itself the client of that; it gives its events to whoever asks, and keeps them for a day. A run lives in memory
 * alone: an object that was restarted knows of none.
 */
export class BackgroundObject extends DurableObject<Env> {
  readonly #kv = this.ctx.storage.kv;
  #run: Run | null = null;
  /** The last run, where what it came to was an error: who asks a moment later hears it, too. */
  #failed: Run | null = null;
  /** Settles when nothing more is heard of the run. */
  #over: Promise<void> = Promise.resolve();

  /**
   * POST begins the run, once, and answers when it has begun. GET answers what the gateway answers, from its start.
   */
  override async fetch(request: Request): Promise<Response> {
    if (request.method !== 'POST') return await this.#read();
    const body = await request.arrayBuffer();
    if (this.#kv.get<boolean>(BEGUN)) return new Response(null, { status: 202 });
    this.#kv.put(BEGUN, true);
    this.#begin(request, body);
    await this.ctx.storage.setAlarm(Date.now() + EVENTS_KEPT_MS);
    return new Response(null, { status: 202 });
  }

  state(): RunState {
    if (!this.#run) return null;
    return this.#run.given ? 'in_progress' : 'queued';
  }

  /** Ends the run. Returns when what it came to is known. */
  async cancel(): Promise<void> {
    this.#run?.stop();
    await this.#over;
  }

  /** Ends the run as if it had never begun: nobody pays for what nobody knows of. It does not begin later, either. */
  async drop(): Promise<void> {
    this.#kv.put(BEGUN, true);
    this.#run?.stop();
    this.#run = null;
    await this.ctx.storage.setAlarm(Date.now() + EVENTS_KEPT_MS);
  }

  /** Ends the run and deletes what is kept of it. */
  async forget(): Promise<void> {
    await this.cancel();
    this.#failed = null;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
  }

  /** The gateway says that a run has ended as no whole answer. */
  ended(token: string): void {
    if (this.#run?.token === token) this.#run.report(true);
  }

  /**
   * Whether what a run has come to may be billed: told to its end, or left as this object ended it. A run that it does
   * not know was lost in a restart.
   */
  mayBill(token: string, ending: CostlyEnding): boolean {
    const run = this.#run;
    return run?.token === token && (run.givenUp || (ending === 'told' && !run.closed));
  }

  override async alarm(): Promise<void> {
    if (this.#run) await this.ctx.storage.setAlarm(Date.now() + EVENTS_KEPT_MS);
    else await this.ctx.storage.deleteAll();
  }

  #begin(request: Request, body: ArrayBuffer): void {
    const token = crypto.randomUUID();
    const generation = JSON.parse(request.headers.get(GENERATION_HEADER) ?? '') as Begun;
    const headers = new Headers(request.headers);
    for (const name of NOT_SENT_ON) headers.delete(name);
    const { url, method, cf } = request;
    const asked = new Request(url, { method, headers, body });
    const run = new Run({
      fingerprint: token,
      token,
      log: new AnswerLog(this.#kv, token),
      graceMs: null,
      maxBytes: null,
      ask: (signal) =>
        ownWorker(this.ctx, { run: token, generation }).fetch(asked, {
          signal,
          ...(cf ? { cf: cf as RequestInitCfProperties } : {}),
        }),
      onWhole: (whole) => this.#keep(whole),
      onOverflow: () => {},
    });
    this.#run = run;
    this.#over = run.run().then(() => {
      if (this.#run === run) this.#run = null;
      if (run.given && run.given.status >= 400) this.#failed = run;
      if (!this.#kept()) deletePieces(this.#kv, token);
    });
    this.ctx.waitUntil(this.#over);
  }

  #keep(run: Run): void {
    if (!run.given || !isStream(run.given)) return;
    this.#kv.put<KeptEvents>(EVENTS, { token: run.token, pieces: run.log.storeAll() });
  }

  #kept(): KeptEvents | undefined {
    return this.#kv.get<KeptEvents>(EVENTS);
  }

  async #read(): Promise<Response> {
    const run = this.#run ?? this.#failed;
    if (run) {
      const head = await run.head.catch(() => null);
      if (!head) return new Response(null, { status: 404 });
      const { readable, writable } = new IdentityTransformStream();
      this.ctx.waitUntil(run.pump(run.enter(), writable.getWriter()));
      return new Response(readable, head);
    }
    const kept = this.#kept();
    if (!kept) return new Response(null, { status: 404 });
    const { readable, writable } = new IdentityTransformStream();
    const { token, pieces } = kept;
    this.ctx.waitUntil(writePieces(this.#kv, token, pieces, writable.getWriter()).catch(() => {}));
    return new Response(readable, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
  }
}

function isStream({ status, headers }: AnswerHead): boolean {
  const type = headers.find(([name]) => name === 'content-type')?.[1];
  return status < 400 && type?.startsWith('text/event-stream') === true;
}
