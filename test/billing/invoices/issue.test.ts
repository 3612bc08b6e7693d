import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { issueInvoice } from '../../../src/billing/invoices/issue-invoice.ts';
import { issueInvoices } from '../../../src/billing/invoices/issue-invoices.ts';
import { setTax } from '../../../src/billing/invoices/set-tax.ts';
import type { Env } from '../../../src/env.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import type { ChargedLine } from '../../../src/objects/workspace/types.ts';
import { newWorkspace } from '../../support/gateway.ts';

const bindings = env as unknown as Env;
const operator = { kind: 'operator' } as const;
let counter = 0;

// What is used in a test is used in May of 2026; time passes, but stays in that month.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 4, 10) }));
afterEach(() => void vi.useRealTimers());

interface Answer {
  project: string;
  model: string;
  provider: string;
  lines: ChargedLine[];
}

async function use(workspaceId: string, answers: Answer[]): Promise<void> {
  await workspaceClient(bindings, workspaceId).settle(
    answers.map(({ lines, ...answer }) => ({
      id: `gen_${++counter}`,
      amount: lines.reduce((sum, line) => sum + line.amount, 0),
      scopes: ['workspace'],
      tokens: null,
      lines,
      ...answer,
    })),
  );
}

const one = (amount: number): Answer => ({
  project: 'prj_1',
  model: 'm',
  provider: 'p',
  lines: [{ unit: 'input', rate: 1000, quantity: amount, amount }],
});

/** What the ledger took for answers in a month. */
async function settled(workspaceId: string, month: string): Promise<number> {
  const entries = await workspaceClient(bindings, workspaceId).entries(0, 10_000);
  return entries
    .filter(({ kind, createdAt }) => kind === 'settle' && new Date(createdAt).toISOString().startsWith(month))
    .reduce((sum, { amount }) => sum - amount, 0);
}

describe('an invoice', () => {
  it('has the totals of the ledger to the nano-dollar, whatever was used', async () => {
    const line = fc.record(
      {
        unit: fc.constantFrom('input', 'output', 'cachedInput', 'request', 'unknown'),
        rate: fc.nat({ max: 3_000_000_000 }),
        quantity: fc.nat({ max: 1_000_000 }),
        amount: fc.nat({ max: 1_000_000_000_000 }),
      },
      { noNullPrototype: true },
    );
    const answer = fc.record(
      {
        project: fc.constantFrom('prj_1', 'prj_2'),
        model: fc.constantFrom('a/x', 'b/y'),
        provider: fc.constantFrom('p', 'q'),
        lines: fc.array(line, { maxLength: 4 }),
      },
      { noNullPrototype: true },
    );
    const percent = fc.nat({ max: 1_000_000 }).map((steps) => steps / 10_000);
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 12 }), percent, async (answers, rate) => {
        const { id } = await newWorkspace();
        await setTax(bindings, operator, id, { name: 'VAT', percent: rate });
        await use(id, answers);
        vi.setSystemTime(Date.UTC(2026, 5, 1));
        await use(id, [one(777)]);
        const issued = await issueInvoice(bindings, id, '2026-05', 'operator');
        vi.setSystemTime(Date.UTC(2026, 4, 10));

        const expected = await settled(id, '2026-05');
        if (answers.every(({ lines }) => lines.length === 0)) return void expect(issued).toBeNull();
        const document = issued?.row.document;
        if (!document?.tax) throw new Error('no invoice');
        expect(document.subtotal).toBe(expected);
        expect(document.lines.reduce((sum, { amount }) => sum + amount, 0)).toBe(expected);
        // Half up, by another route: twice the share plus one, halved.
        const share = BigInt(expected) * BigInt(Math.round(rate * 10_000));
        expect(BigInt(document.tax.amount)).toBe((2n * share + 1_000_000n) / 2_000_000n);
        expect(document.total).toBe(expected + document.tax.amount);
      }),
      { numRuns: 30 },
    );
  });

  it('has a line for each unit of each model at each provider in each project', async () => {
    const { id } = await newWorkspace('Acme');
    const lines = [
      { unit: 'input', rate: 2000, quantity: 10, amount: 20 },
      { unit: 'output', rate: 8000, quantity: 5, amount: 40 },
    ];
    const answer = { project: 'prj_1', model: 'a/x', provider: 'p', lines };
    await use(id, [answer, answer, { ...answer, provider: 'q' }, { ...answer, project: 'prj_2' }]);
    const issued = await issueInvoice(bindings, id, '2026-05', 'operator');
    expect(issued?.row.document).toMatchObject({
      workspace: { id, name: 'Acme' },
      tax: null,
      subtotal: 240,
      total: 240,
    });
    expect(
      issued?.row.document.lines.map(({ project, provider, unit, quantity, requests, rate, amount }) =>
        [project, provider, unit, quantity, requests, rate, amount].join(' '),
      ),
    ).toEqual([
      'prj_1 p input 20 2 2000 40',
      'prj_1 p output 10 2 8000 80',
      'prj_1 q input 10 1 2000 20',
      'prj_1 q output 5 1 8000 40',
      'prj_2 p input 10 1 2000 20',
      'prj_2 p output 5 1 8000 40',
    ]);
  });

  it('is issued once, and never changes', async () => {
    const { id } = await newWorkspace('Before');
    await use(id, [one(500)]);
    const issued = await Promise.all(
      [1, 2, 3, 4].map(() => issueInvoice(bindings, id, '2026-05', 'operator')),
    );
    expect(new Set(issued.map((invoice) => invoice?.row.number)).size).toBe(1);
    await setTax(bindings, operator, id, { name: 'VAT', percent: 50 });
    await use(id, [one(500)]);
    const again = await issueInvoice(bindings, id, '2026-05', 'operator');
    expect(again).toEqual({ row: issued[0]?.row, isNew: false });
    expect(again?.row.document.total).toBe(500);
  });

  it('is none where nothing was used', async () => {
    const { id } = await newWorkspace();
    expect(await issueInvoice(bindings, id, '2026-05', 'operator')).toBeNull();
    expect(await issueInvoice(bindings, 'ws_none', '2026-05', 'operator')).toBeNull();
  });
});

describe('numbers of invoices', () => {
  it('have no gaps, however many are issued at once and again', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, async () => (await newWorkspace()).id));
    await Promise.all(ids.map((id) => use(id, [one(100)])));
    const twice = [...ids, ...ids.toReversed()];
    await Promise.all(twice.map((id) => issueInvoice(bindings, id, '2026-05', 'operator')));
    const { results } = await bindings.DB.prepare('SELECT number FROM invoices ORDER BY number').all();
    expect(results.map(({ number }) => number)).toEqual(results.map((_, index) => index + 1));
    expect(results.length).toBeGreaterThanOrEqual(12);
  });
});

describe('the invoices of a month', () => {
  it('are issued some at a time, and each once', async () => {
    const ids = await Promise.all(Array.from({ length: 5 }, async () => (await newWorkspace()).id));
    await Promise.all(ids.slice(0, 4).map((id) => use(id, [one(100)])));
    const issued = async () => {
      const marks = ids.map(() => '?').join(',');
      const query = `SELECT count(*) AS n FROM invoices WHERE workspace_id IN (${marks})`;
      return Number(
        (
          await bindings.DB.prepare(query)
            .bind(...ids)
            .first<{ n: number }>()
        )?.n,
      );
    };
    let runs = 0;
    const [{ n: total } = { n: 0 }] = (
      await bindings.DB.prepare('SELECT count(*) AS n FROM workspaces').all()
    ).results as { n: number }[];
    while (runs * 2 <= total + 2) {
      await issueInvoices(bindings, '2026-05', 2);
      runs++;
    }
    expect(await issued()).toBe(4);
    expect(await issueInvoices(bindings, '2026-05', 2)).toBe(0);
    expect(await issued()).toBe(4);
  });
});
