import type { Env } from '../env.ts';
import { ownerOfItem } from '../gateway/formats/responses-format.ts';
import type { Archive } from '../gateway/types.ts';
import { asArray, asObject, asString, type JsonObject } from '../lib/json.ts';
import { keepEnd } from './end.ts';
import { deleteKept, writeKept } from './files.ts';
import { deleteRow, endRow, insertItems, insertRow, readRows } from './rows.ts';
import type { ResponseScope } from './types.ts';

/** A client waits no longer than this to hear whether its answer is kept, milliseconds. */
const KEEP_WITHIN_MS = 10_000;

export interface ArchiveOptions {
  env: Env;
  scope: ResponseScope;
  /** The items that the answer is to, with ids. Asked for once, at the end. */
  input(): JsonObject[];
  /** The client itself said `store: true`. */
  asked: boolean;
  /** Clients know of the response already, and there is a row of it. */
  background: boolean;
  waitUntil(promise: Promise<unknown>): void;
}

/** Keeps finished responses in R2 and D1. */
export class ResponseArchive implements Archive {
  readonly #options: ArchiveOptions;

  constructor(options: ArchiveOptions) {
    this.#options = options;
  }

  get asked(): boolean {
    return this.#options.asked;
  }

  get background(): boolean {
    return this.#options.background;
  }

  async keep(response: JsonObject): Promise<boolean> {
    const id = asString(response.id) ?? '';
    const writing = this.#write(id, response);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('Storage is too slow')), KEEP_WITHIN_MS);
    });
    try {
      return await Promise.race([writing, late]);
    } catch (cause) {
      console.error(JSON.stringify({ error: 'response_not_kept', id, cause: String(cause) }));
      // What is said not to be kept is not, however late it comes.
      this.#options.waitUntil(writing.then(() => this.#forget(id)).catch(() => this.#forget(id)));
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  /** @returns false where the response was cancelled or deleted meanwhile. */
  async #write(id: string, response: JsonObject): Promise<boolean> {
    const { env, scope, background, input } = this.#options;
    const kept = { response, input: input() };
    const foreign = foreignIds(response);
    if (background) {
      await insertItems(env, scope, id, foreign);
      return await keepEnd(env, scope, kept);
    }
    const rows = insertRow(env, scope, response).then(() => insertItems(env, scope, id, foreign));
    const done = await Promise.allSettled([writeKept(env, scope.workspaceId, id, kept), rows]);
    for (const result of done) if (result.status === 'rejected') throw result.reason;
    return true;
  }

  async #forget(id: string): Promise<void> {
    const { env, scope, background } = this.#options;
    if (background) {
      if (await endRow(env, scope, id, 'failed')) return;
      const [row] = await readRows(env, scope, [id]);
      if (row) return;
    }
    await Promise.allSettled([
      deleteRow(env, scope, id),
      deleteKept(env, [{ workspaceId: scope.workspaceId, id }]),
    ]);
  }
}

/** Ids of a response's items that do not say themselves whose they are: those that its provider gave. */
function foreignIds({ output }: JsonObject): string[] {
  const ids = asArray(output).flatMap((item) => asString(asObject(item)?.id) || []);
  return ids.filter((id) => ownerOfItem(id) === null);
}
