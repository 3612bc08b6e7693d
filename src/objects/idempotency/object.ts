import { DurableObject } from 'cloudflare:workers';
import { configOf, type Env } from '../../env.ts';
import { AnswerLog, deletePieces, readPiece, writePieces } from '../runs/answer-log.ts';
import { ownWorker } from '../runs/own-worker.ts';
import { type Reader, Run } from '../runs/run.ts';
import type { AnswerHead, Begun, CostlyEnding, RunProps } from '../runs/types.ts';
import { isWholeAtOnce, rememberedHeaders } from './head.ts';
import {
  type AnswerKind,
  FINGERPRINT_HEADER,
  FOLDER_HEADER,
  IN_OBJECT_BYTES,
  KIND_HEADER,
  MAX_ANSWER_BYTES,
  REMEMBERED_MS,
  type Remembered,
} from './types.ts';

type Answer = Extract<Remembered, { kind: 'answer' }>;

const RECORD = 'answer';

/**
 * One idempotency key of a project. It sends the first request on through the gateway and is itself the client of
 * that, so that the answer is read to its end whoever leaves; it gives the answer to all who ask the same, from the
 * start and then live, and remembers it.
 */
export class IdempotencyObject extends DurableObject<Env> {
  readonly #kv = this.ctx.storage.kv;
  /** Which the next one joins who asks. */
  #run: Run | null = null;
  /** All that are under way, by token: also those too large to be joined. */
  readonly #runs = new Map<string, Run>();
  /** Settles when the run is over and what it left behind is known. */
  #runOver: Promise<void> = Promise.resolve();
  /** Who is being given pieces from storage. */
  readonly #pumps = new Set<Promise<void>>();

  /** Answers a request with its `x-idempotency-kind`. @throws what the gateway itself failed with. */
  override async fetch(request: Request): Promise<Response> {
    const fingerprint = request.headers.get(FINGERPRINT_HEADER) ?? '';
    while (this.#run?.closed) await this.#runOver;
    const known = this.#run ? null : this.#remembered();
    const { fingerprint: first } = this.#run ?? known ?? {};
    if (first !== undefined && first !== fingerprint) return said('conflict');
    if (this.#run) return await this.#join(this.#run, request, 'replay');
    switch (known?.kind) {
      case 'answer':
        return await this.#replay(known);
      case 'spent':
        return said('spent', { 'x-generation-id': known.generationId });
      case 'begun': {
        const run = this.#begin(request, fingerprint, { begun: known.begun });
        return await this.#join(run, request, 'replay');
      }
      default: {
        const run = this.#begin(request, fingerprint, { waived: known?.kind === 'owed' });
        return await this.#join(run, request, 'first');
      }
    }
  }

  /**
   * Whether the gateway may bill what a run has come to. That is remembered before it does, so that nothing is ever
   * billed twice. A run that this object does not know, or that broke off, is lost, and nobody pays for it.
   */
  mayBill(token: string, ending: CostlyEnding, generationId: string): boolean {
    const run = this.#runs.get(token);
    if (!run || (!run.givenUp && (ending === 'left' || run.closed))) return false;
    // What is owed stays so, until it is there: runs that make it anew cost nothing.
    if (run === this.#run && this.#kv.get<Remembered>(RECORD)?.kind !== 'owed') {
      const common = { fingerprint: run.fingerprint, token, expiresAt: expiry() };
      this.#remember(
        ending === 'told' ? { kind: 'owed', ...common } : { kind: 'spent', generationId, ...common },
      );
    }
    // Of what is told to its end nothing more is heard.
    if (ending === 'told') run.report(false);
    return true;
  }

  /** The gateway says that a run has ended as no whole answer. One that is billed is remembered as it is. */
  ended(token: string, billed: boolean): void {
    if (!billed) this.#withdraw(token);
    this.#runs.get(token)?.report(!billed);
  }

  /** Remembers what a run is about to begin that goes on by itself. */
  begins(token: string, begun: Begun): boolean {
    const run = this.#runs.get(token);
    if (!run || run.closed) return false;
    this.#remember({ kind: 'begun', fingerprint: run.fingerprint, token, begun, expiresAt: expiry() });
    // Whatever becomes of the run, it costs nothing itself.
    run.report(false);
    return true;
  }

  override async alarm(): Promise<void> {
    const known = this.#kv.get<Remembered>(RECORD);
    if (known && known.expiresAt > Date.now()) return await this.ctx.storage.setAlarm(known.expiresAt);
    if (known) await this.#delete(known);
    if (this.#runs.size === 0 && this.#pumps.size === 0) await this.ctx.storage.deleteAll();
    else await this.ctx.storage.setAlarm(expiry());
  }

  #begin(request: Request, fingerprint: string, props: Omit<RunProps, 'run'>): Run {
    const token = crypto.randomUUID();
    const run = new Run({
      fingerprint,
      token,
      // Pieces of a run that is killed are deleted some day, too.
      log: new AnswerLog(this.#kv, token, () => this.ctx.waitUntil(this.ctx.storage.setAlarm(expiry()))),
      graceMs: configOf(this.env).idempotencyGraceMs,
      ask: async (signal) => {
        const headers = new Headers(request.headers);
        for (const name of [FINGERPRINT_HEADER, FOLDER_HEADER]) headers.delete(name);
        const { url, method, cf } = request;
        const init = { method, headers, body: await request.arrayBuffer(), signal };
        return await ownWorker(this.ctx, { run: token, ...props }).fetch(
          url,
          cf ? { ...init, cf: cf as RequestInitCfProperties } : init,
        );
      },
      onWhole: (whole) => this.#keep(whole, request.headers.get(FOLDER_HEADER)),
      maxBytes: MAX_ANSWER_BYTES,
      onOverflow: () => {
        if (this.#run !== run) return;
        this.#run = null;
        // It is given, and cannot be remembered: else it could be had for nothing, time and again.
        if (this.#kv.get<Remembered>(RECORD)?.kind === 'owed') this.#kv.delete(RECORD);
      },
    });
    this.#run = run;
    this.#runs.set(token, run);
    this.#runOver = run.run().then(() => {
      this.#runs.delete(token);
      if (this.#run === run) this.#run = null;
    });
    this.ctx.waitUntil(this.#runOver.then(() => this.#clearUp(run)));
    return run;
  }

  async #join(run: Run, request: Request, kind: AnswerKind): Promise<Response> {
    const reader = run.enter();
    const leave = (): void => run.leave(reader);
    request.signal.addEventListener('abort', leave);
    if (request.signal.aborted) leave();
    try {
      const head = await run.head;
      if (isWholeAtOnce(head)) {
        await run.settled;
        if (run.log.state === 'broken') throw new Error('The answer broke off');
      }
      return this.#answer(run, reader, head, kind);
    } catch (cause) {
      leave();
      throw cause;
    }
  }

  #answer(run: Run, reader: Reader, head: AnswerHead, kind: AnswerKind): Response {
    const isError = head.status >= 400;
    const headers = kind === 'first' || isError ? head.headers : rememberedHeaders(head);
    const { readable, writable } = new IdentityTransformStream();
    this.#pumping(run.pump(reader, writable.getWriter()));
    return answer({ status: head.status, headers }, readable, isError ? 'first' : kind);
  }

  async #replay(known: Answer): Promise<Response> {
    const { token, pieces, size, file } = known;
    if (pieces.length <= 1) {
      if (pieces.length === 1) return answer(known, readPiece(this.#kv, token, pieces, 0), 'replay');
      if (file === null || size === 0) return answer(known, null, 'replay');
      const body = await this.env.FILES.get(file);
      if (!body) throw new Error('The body of a remembered answer is missing');
      return answer(known, body.body, 'replay');
    }
    const { readable, writable } = new IdentityTransformStream();
    this.#pumping(writePieces(this.#kv, token, pieces, writable.getWriter()));
    return answer(known, readable, 'replay');
  }

  /** Keeps a whole answer. One that cannot be kept is given all the same. */
  #keep(run: Run, folder: string | null): void {
    const head = run.given;
    if (run.failed || run !== this.#run || !head) return;
    try {
      if (head.status >= 400) this.#withdraw(run.token);
      else this.#keepAnswer(run, head, folder);
    } catch (cause) {
      console.error(JSON.stringify({ error: 'idempotent_answer_not_kept', cause: String(cause) }));
    }
  }

  /** All of the answer is in the object then; a large one moves to R2 behind it. */
  #keepAnswer(run: Run, head: AnswerHead, folder: string | null): void {
    const { token, fingerprint, log } = run;
    const record: Answer = {
      kind: 'answer',
      fingerprint,
      token,
      status: head.status,
      headers: rememberedHeaders(head),
      size: log.size,
      pieces: log.storeAll(),
      file: folder !== null && log.size > IN_OBJECT_BYTES ? `${folder}/${this.ctx.id}-${token}` : null,
      expiresAt: expiry(),
    };
    this.#remember(record);
    if (record.file !== null) this.ctx.waitUntil(this.#move(record, record.file));
  }

  /** Where R2 fails the body stays in the object. */
  async #move(record: Answer, file: string): Promise<void> {
    const { readable, writable } = new FixedLengthStream(record.size);
    const writer = writable.getWriter();
    try {
      await Promise.all([
        this.env.FILES.put(file, readable),
        writePieces(this.#kv, record.token, record.pieces, writer),
      ]);
    } catch (cause) {
      await writer.abort(cause).catch(() => {});
      console.warn(JSON.stringify({ warning: 'idempotent_answer_not_moved', cause: String(cause) }));
      return;
    }
    while (this.#pumps.size > 0) await Promise.allSettled(this.#pumps);
    const known = this.#kv.get<Remembered>(RECORD);
    if (known?.kind !== 'answer' || known.token !== record.token) return;
    this.#kv.put<Remembered>(RECORD, { ...known, pieces: [] });
    deletePieces(this.#kv, record.token);
  }

  /** Deletes what a run that is not remembered had stored, when its last reader has gone. */
  async #clearUp(run: Run): Promise<void> {
    while (this.#pumps.size > 0) await Promise.allSettled(this.#pumps);
    const known = this.#kv.get<Remembered>(RECORD);
    if (known?.kind !== 'answer' || known.token !== run.token) deletePieces(this.#kv, run.token);
  }

  /** Nothing came of what a run had said that it would cost or begin. */
  #withdraw(token: string): void {
    const known = this.#kv.get<Remembered>(RECORD);
    if (known?.token === token && known.kind !== 'answer') this.#kv.delete(RECORD);
  }

  #remember(record: Remembered): void {
    this.#kv.put<Remembered>(RECORD, record);
    this.ctx.waitUntil(this.ctx.storage.setAlarm(record.expiresAt));
  }

  #remembered(): Remembered | null {
    const known = this.#kv.get<Remembered>(RECORD);
    if (!known) return null;
    if (known.expiresAt > Date.now()) return known;
    this.ctx.waitUntil(this.#delete(known));
    return null;
  }

  /** The file goes first: what names it must be there when that has to be tried again. */
  async #delete(record: Remembered): Promise<void> {
    if (record.kind === 'answer') {
      if (record.file !== null) await this.env.FILES.delete(record.file);
      deletePieces(this.#kv, record.token);
    }
    // Another answer may have taken its place.
    if (this.#kv.get<Remembered>(RECORD)?.expiresAt === record.expiresAt) this.#kv.delete(RECORD);
  }

  #pumping(pump: Promise<void>): void {
    const done = pump.catch(() => {}).finally(() => this.#pumps.delete(done));
    this.#pumps.add(done);
    this.ctx.waitUntil(done);
  }
}

function expiry(): number {
  return Date.now() + REMEMBERED_MS;
}

function said(kind: AnswerKind, headers: Record<string, string> = {}): Response {
  return new Response(null, { headers: { ...headers, [KIND_HEADER]: kind } });
}

function answer({ status, headers }: AnswerHead, body: BodyInit | null, kind: AnswerKind): Response {
  const all = new Headers(headers);
  all.set(KIND_HEADER, kind);
  return new Response(body, { status, headers: all });
}
