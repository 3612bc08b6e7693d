import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { issueInvoice } from '../../src/billing/invoices/issue-invoice.ts';
import { monthOf } from '../../src/billing/invoices/month.ts';
import { reconcileWorkspace } from '../../src/billing/reconciliation/reconcile-workspace.ts';
import type { Env } from '../../src/env.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import { call, newKey, newWorkspace, OPERATOR, send } from '../support/gateway.ts';

const bindings = env as unknown as Env;

afterEach(() => vi.restoreAllMocks());

/** Requests of all kinds of endings; answers the ids of their generations. */
async function traffic(key: string): Promise<string[]> {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const messages = [{ role: 'user', content: 'one two three four five' }];
  const bodies = [
    { model: 'demo-echo', messages },
    { model: 'demo-echo', messages, stream: true },
    { model: 'demo-tools', messages, tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] },
    { model: 'demo-fail', messages },
    { model: 'demo-break', messages, stream: true },
    { model: 'demo-resilient', messages },
    { model: 'demo-echo', messages: [{ role: 'user', content: 'word '.repeat(30) }], stream: true },
  ];
  const ids = await Promise.all(
    bodies.map(async (body) => {
      const response = await send('POST', '/v1/chat/completions', { key, body });
      await response.text();
      return response.headers.get('x-generation-id') ?? '';
    }),
  );
  // One whose client leaves in the middle.
  const left = await send('POST', '/v1/chat/completions', {
    key,
    body: { model: 'demo-slow', messages, stream: true },
  });
  const reader = left.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  return [...ids, left.headers.get('x-generation-id') ?? ''].filter((id) => id !== '');
}

describe('the accounts of a workspace', () => {
  it('agree: receipts, ledger, invoice and balance, to the nano-dollar', { timeout: 20_000 }, async () => {
    const { id } = await newWorkspace();
    const { key } = await newKey(id);
    const generations = await traffic(key);
    expect(generations.length).toBeGreaterThanOrEqual(7);
    const account = workspaceClient(bindings, id);
    const settled = async () => (await account.entries(0, 1000)).filter(({ kind }) => kind === 'settle');
    await vi.waitUntil(async () => (await settled()).length >= generations.length, { timeout: 10_000 });

    const month = monthOf(Date.now());
    const entries = await settled();
    for (const generation of generations) {
      const receipt = (await call('GET', `/v1/generations/${generation}`, { key })).body;
      const entry = entries.find(({ reference }) => reference === generation);
      expect(Math.round((receipt.credits_used ?? 0) * 1e9), generation).toBe(
        0 - (entry?.amount ?? Number.NaN),
      );
    }
    const taken = entries.reduce((sum, { amount }) => sum - amount, 0);
    expect(taken).toBeGreaterThan(0);
    expect(await account.balance()).toBe(10_000_000_000 - taken);
    const invoice = await issueInvoice(bindings, id, month, 'operator');
    expect(invoice?.row.document.subtotal).toBe(taken);

    while (await reconcileWorkspace(bindings, id, Date.now() + 60 * 60_000));
    const { body } = await call('GET', `/api/reconciliation?workspace=${id}`, { key: OPERATOR });
    expect(body.data).toEqual([]);
    expect(body.checked_at).not.toBeNull();
  });
});
