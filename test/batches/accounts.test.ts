import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { generationIdOf } from '../../src/batches/generation-id.ts';
import { planLines } from '../../src/batches/lines/plan.ts';
import type { LineProps } from '../../src/batches/lines/props.ts';
import { wasBilled } from '../../src/batches/lines/was-billed.ts';
import { workSlot } from '../../src/batches/lines/work.ts';
import { beginRun, failBatch } from '../../src/batches/steps.ts';
import { monthOf } from '../../src/billing/invoices/month.ts';
import { reconcileWorkspace } from '../../src/billing/reconciliation/reconcile-workspace.ts';
import type { Env } from '../../src/env.ts';
import type { BatchOrder } from '../../src/objects/batch/types.ts';
import { tracesClient } from '../../src/objects/traces/client.ts';
import { workspaceClient } from '../../src/objects/workspace/client.ts';
import type { Receipt } from '../../src/telemetry/receipt.ts';
import { callLine, end, line, ownBatch, refusal, runTurns, settle } from '../support/batch-steps.ts';
import { call, OPERATOR } from '../support/gateway.ts';

const bindings = env as unknown as Env;

/** Nano-USD. */
const GRANTED = 10_000_000_000;
const PRICE = 1_000_001;

beforeAll(async () => {
  const price = { input: 0, output: 0, per_request: PRICE / 1e9 };
  const body = { kind: 'chat', endpoints: [{ provider: 'demo', upstream_model: 'demo-echo', price }] };
  await call('PUT', '/api/models/demo%2Faccounted', { key: OPERATOR, body });
});

async function begun() {
  const { order, stub } = await ownBatch([line('a', { model: 'demo/accounted', max_tokens: 10 })]);
  await planLines(bindings, order);
  await beginRun(bindings, order);
  return { order, stub };
}

/** The gateway, whose first answer is lost; what comes after it is its own, or this. */
function losing(after?: () => Response) {
  let calls = 0;
  return (props: LineProps): Fetcher => {
    const fetch = async (url: string, init: RequestInit) => {
      calls++;
      if (calls > 1 && after) return after();
      const answer = await callLine(props).fetch(url, init);
      if (calls > 1) return answer;
      await answer.text();
      throw new Error('It broke');
    };
    return { fetch } as unknown as Fetcher;
  };
}

const receiptOf = async (order: BatchOrder, attempt: number): Promise<Receipt> => {
  const text = await tracesClient(bindings, order.workspaceId).find(generationIdOf(order, 1, attempt));
  return JSON.parse(text ?? 'null');
};

/** All accounts of a workspace say that it has paid this, nano-USD. */
async function expectPaid(order: BatchOrder, attempts: number, nano: number): Promise<void> {
  const workspace = workspaceClient(bindings, order.workspaceId);
  const receipts = await Promise.all(
    Array.from({ length: attempts }, (_, index) => receiptOf(order, index + 1)),
  );
  const used = await workspace.usage(monthOf(Date.now()));
  expect({
    balance: GRANTED - (await workspace.balance()),
    receipts: receipts.reduce(
      (sum, receipt) =>
        sum + Math.round(((receipt?.credits_used ?? 0) - (receipt?.credits_returned ?? 0)) * 1e9),
      0,
    ),
    usage: used.reduce((sum, { amount }) => sum + amount, 0),
    requests: used.reduce((sum, { unit, requests }) => sum + (unit === 'request' ? requests : 0), 0),
  }).toEqual({ balance: nano, receipts: nano, usage: nano, requests: nano / PRICE });
  for (const { credits_used: credits, cost_lines: lines } of receipts.filter(Boolean)) {
    expect(lines.reduce((sum, { amount }) => sum + amount, 0)).toBe(Math.round((credits ?? 0) * 1e9));
  }
  await reconcileWorkspace(bindings, order.workspaceId, Date.now() + 11 * 60_000);
  const path = `/api/reconciliation?workspace=${order.workspaceId}`;
  expect((await call('GET', path, { key: OPERATOR })).body.data).toEqual([]);
}

describe('the accounts of a line whose answer was lost', () => {
  it('have one charge where the next attempt has an answer', async () => {
    const { order, stub } = await begun();
    await runTurns(order, stub, losing());
    expect(await end(order)).toMatchObject({ completed: 1 });
    await expectPaid(order, 2, PRICE);
    expect(await receiptOf(order, 1)).toMatchObject({ credits_used: PRICE / 1e9 });
    expect(await receiptOf(order, 2)).toMatchObject({ credits_used: 0 });
  });

  it('have none where it ends without one: what was charged comes back, once', async () => {
    const { order, stub } = await begun();
    await runTurns(order, stub, losing(refusal('upstream_invalid_request', 400)));
    await expectPaid(order, 1, PRICE);
    expect(await end(order)).toMatchObject({ failed: 1 });
    await expectPaid(order, 1, 0);
    expect(await receiptOf(order, 1)).toMatchObject({
      credits_used: PRICE / 1e9,
      credits_returned: PRICE / 1e9,
    });
  });

  it('have none of an attempt that ends when it has been given up', async () => {
    const { order } = await begun();
    expect(await wasBilled(bindings, order, 1, 1)).toBe(false);
    // Its charge and its receipt come when it is too late.
    await settle(order, 1, PRICE);
    const id = generationIdOf(order, 1, 1);
    const receipt = {
      id,
      status: 'completed',
      created: Math.floor(Date.now() / 1000),
      credits_used: PRICE / 1e9,
      cost_lines: [{ unit: 'request', quantity: 1, rate: PRICE, amount: PRICE }],
      upstream_cost: null,
      timings: { first_token_ms: null, total_ms: 1 },
    };
    await tracesClient(bindings, order.workspaceId).record([
      { id, createdAt: Date.now(), receipt: JSON.stringify(receipt) },
    ]);
    expect(await receiptOf(order, 1)).toMatchObject({ status: 'completed', credits_used: 0 });
    await expectPaid(order, 1, 0);
  });

  it('have none where its receipt was written, and no charge', async () => {
    const { order } = await begun();
    await workSlot(bindings, { batchId: order.batchId, slot: 0, turn: 1 }, callLine);
    const id = generationIdOf(order, 1, 2);
    const written = JSON.stringify({ ...(await receiptOf(order, 1)), id });
    await tracesClient(bindings, order.workspaceId).record([{ id, createdAt: Date.now(), receipt: written }]);
    expect(await wasBilled(bindings, order, 1, 2)).toBe(true);
    await expectPaid(order, 2, PRICE);
  });
});

describe('the accounts of a batch that comes to nothing', () => {
  it('have no charge left, however often it does', async () => {
    const { order } = await begun();
    await workSlot(bindings, { batchId: order.batchId, slot: 0, turn: 1 }, callLine);
    await expectPaid(order, 1, PRICE);
    for (let time = 0; time < 2; time++) await failBatch(bindings, order, []);
    await expectPaid(order, 1, 0);
  });
});
