import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { type Bindings, configOf, type Env } from '../../src/env.ts';
import { AnswerLog } from '../../src/objects/runs/answer-log.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import { call, newKey, newWorkspace, send } from './gateway.ts';

const bindings = env as unknown as Bindings;

/** A workspace of its own, and what is done under one idempotency key. */
export async function newOnce() {
  const workspace = (await newWorkspace()).id;
  const owner = await newKey(workspace);
  const headers = { 'idempotency-key': 'once' };
  const stub = bindings.IDEMPOTENCY.get(
    bindings.IDEMPOTENCY.idFromName(`${workspace}/${owner.project}/once`),
  );
  const ledger = workspaceClient(bindings, workspace);
  /** What the workspace was charged so far, nano-USD each time. */
  const charges = async (): Promise<number[]> => {
    const entries = await ledger.entries(0, 1000);
    return entries.flatMap(({ kind, amount }) => (kind === 'settle' && amount !== 0 ? [-amount] : []));
  };
  return {
    workspace,
    project: owner.project,
    ask: (path: string, body: unknown) => call('POST', path, { key: owner.key, body, headers }),
    open: (path: string, body: unknown, signal?: AbortSignal) =>
      send('POST', path, { key: owner.key, body, headers, ...(signal ? { signal } : {}) }),
    get: (path: string) => call('GET', path, { key: owner.key }),
    /** What an answer has cost, as its receipt says. */
    costOf: async (answer: { headers: Headers }): Promise<number | null> =>
      (await call('GET', `/v1/generations/${answer.headers.get('x-generation-id')}`, { key: owner.key })).body
        .credits_used,
    kill: () => runInDurableObject(stub, (_, state) => state.abort('killed')).catch(() => {}),
    /** All responses that there ever were. */
    async idsOfResponses(): Promise<string[]> {
      const rows = bindings.DB.prepare('SELECT id FROM responses WHERE workspace_id = ?');
      const { results } = await rows.bind(workspace).all<{ id: string }>();
      return results.map(({ id }) => id);
    },
    /** The object of the key gives up at once what nobody reads. */
    impatient: () =>
      runInDurableObject(stub, (object) => {
        const { env: its } = object as unknown as { env: Env };
        vi.spyOn(configOf(its), 'idempotencyGraceMs', 'get').mockReturnValue(0);
      }),
    charges,
    untilSettled: ({ headers }: { headers: Headers }) =>
      expect.poll(() => ledger.find([`settle:${headers.get('x-generation-id')}`])).toHaveLength(1),
    /** Waits until it was charged so much, USD, once. */
    async untilCharged(amount: number): Promise<void> {
      await expect.poll(async () => sum(await charges())).toBe(Math.round(amount * 1e9));
      expect(await charges()).toHaveLength(1);
    },
  };
}
const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);
export const isReplay = ({ headers }: { headers: Headers }) => headers.get('x-idempotent-replay') === 'true';

/** The storage of the next answer fails. @returns what can let it fail again. */
export const loseOne = () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  return vi.spyOn(AnswerLog.prototype, 'storeAll').mockImplementationOnce(() => {
    throw new Error('Storage is full');
  });
};
