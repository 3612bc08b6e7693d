import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { issueInvoice } from '../../../src/billing/invoices/issue-invoice.ts';
import { monthOf } from '../../../src/billing/invoices/month.ts';
import { reconcile } from '../../../src/billing/reconciliation/reconcile.ts';
import { reconcileWorkspace } from '../../../src/billing/reconciliation/reconcile-workspace.ts';
import type { Env } from '../../../src/env.ts';
import { tracesClient } from '../../../src/objects/traces/client.ts';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import type { Receipt } from '../../../src/telemetry/receipt.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

const bindings = env as unknown as Env;
const MINUTE = 60_000;
const later = () => Date.now() + 11 * MINUTE;

afterEach(() => void vi.restoreAllMocks());

async function settle(workspaceId: string, id: string, amount: number): Promise<void> {
  await workspaceClient(bindings, workspaceId).settle([
    {
      id,
      amount,
      project: 'prj_1',
      scopes: ['workspace'],
      model: 'm',
      provider: 'p',
      tokens: null,
      lines: [{ unit: 'input', rate: 1, quantity: 1, amount }],
    },
  ]);
}

async function receive(workspaceId: string, id: string, nano: number, upstream?: number): Promise<void> {
  const receipt = {
    id,
    created: Math.floor(Date.now() / 1000),
    credits_used: nano / 1e9,
    provider_cost: nano / 1e9,
    upstream_cost: upstream === undefined ? null : upstream / 1e9,
    timings: { first_token_ms: 1, total_ms: 2 },
  } as Receipt;
  await tracesClient(bindings, workspaceId).record([
    { id, createdAt: Date.now(), receipt: JSON.stringify(receipt) },
  ]);
}

const list = async (workspace: string, more = '') =>
  (await call('GET', `/api/reconciliation?workspace=${workspace}${more}`, { key: OPERATOR })).body;
const found = async (workspace: string) =>
  (await list(workspace)).data
    .map(({ kind, generation }: { kind: string; generation: string }) => `${kind} ${generation}`)
    .sort();

describe('the comparison of accounts', () => {
  it('finds what differs, lists it, and finds it once', async () => {
    const { id } = await newWorkspace();
    await Promise.all([settle(id, 'good', 100), receive(id, 'good', 100)]);
    await Promise.all([settle(id, 'off', 1100), receive(id, 'off', 1000)]);
    await settle(id, 'no_receipt', 7);
    await receive(id, 'no_entry', 3_000);
    await Promise.all([settle(id, 'upstream', 1000), receive(id, 'upstream', 1000, 2000)]);
    const now = later();
    for (let run = 0; run < 3; run++) expect(await reconcileWorkspace(bindings, id, now)).toBe(false);
    const page = await list(id);
    expect(page.checked_at).toBe(Math.floor(now / 1000));
    const common = { workspace: id, invoice: null, found_at: Math.floor(now / 1000), resolved_at: null };
    expect(page.data).toHaveLength(4);
    expect(page.data).toEqual(
      expect.arrayContaining([
        {
          ...common,
          generation: 'off',
          kind: 'different_amount',
          ledger_usd: 0.0000011,
          receipt_usd: 0.000001,
          upstream_usd: null,
        },
        {
          ...common,
          generation: 'no_receipt',
          kind: 'missing_receipt',
          ledger_usd: 7e-9,
          receipt_usd: null,
          upstream_usd: null,
        },
        {
          ...common,
          generation: 'no_entry',
          kind: 'missing_settlement',
          ledger_usd: null,
          receipt_usd: 0.000003,
          upstream_usd: null,
        },
        {
          ...common,
          generation: 'upstream',
          kind: 'upstream_cost',
          ledger_usd: null,
          receipt_usd: 0.000001,
          upstream_usd: 0.000002,
        },
      ]),
    );
    const kinds = (await list(id, '&kind=upstream_cost')).data;
    expect(kinds.map(({ generation }: { generation: string }) => generation)).toEqual(['upstream']);
    const first = await list(id, '&limit=3');
    expect(first.data).toHaveLength(3);
    expect((await list(id, `&limit=3&cursor=${first.next_cursor}`)).data).toHaveLength(1);
  });

  it('waits for what is still on its way', async () => {
    const { id } = await newWorkspace();
    await settle(id, 'young', 100);
    await receive(id, 'also_young', 100);
    await reconcileWorkspace(bindings, id, Date.now() + 9 * MINUTE);
    expect(await found(id)).toEqual([]);
    await reconcileWorkspace(bindings, id, later());
    expect(await found(id)).toEqual(['missing_receipt young', 'missing_settlement also_young']);
  });

  it('marks as resolved what came late', async () => {
    const { id } = await newWorkspace();
    await settle(id, 'a', 100);
    await receive(id, 'b', 100);
    await reconcileWorkspace(bindings, id, later());
    expect(await found(id)).toEqual(['missing_receipt a', 'missing_settlement b']);
    await receive(id, 'a', 100);
    await settle(id, 'b', 101);
    await reconcileWorkspace(bindings, id, later());
    // It was not missing after all, but it is of another amount.
    expect(await found(id)).toEqual(['different_amount b']);
    const all = (await list(id, '&resolved=true')).data;
    expect(
      all.filter(({ resolved_at }: { resolved_at: number | null }) => resolved_at !== null),
    ).toHaveLength(2);
  });

  it('goes through more than one page, each row once', async () => {
    const { id } = await newWorkspace();
    const numbers = Array.from({ length: 450 }, (_, n) => `gen_${n}`);
    await tracesClient(bindings, id).record(
      numbers.map((name) => ({
        id: name,
        createdAt: Date.now(),
        receipt: JSON.stringify({
          id: name,
          created: 0,
          credits_used: name === 'gen_449' ? 1 : 0,
          upstream_cost: null,
          timings: { total_ms: 0 },
        }),
      })),
    );
    expect(await reconcileWorkspace(bindings, id, later())).toBe(true);
    expect(await found(id)).toEqual([]);
    expect(await reconcileWorkspace(bindings, id, later())).toBe(true);
    expect(await reconcileWorkspace(bindings, id, later())).toBe(false);
    expect(await found(id)).toEqual(['missing_settlement gen_449']);
  });

  it('misses no receipt that was swept away with age', async () => {
    const { id } = await newWorkspace();
    await settle(id, 'old', 100);
    await reconcileWorkspace(bindings, id, Date.now() + 31 * 24 * 60 * MINUTE);
    expect(await found(id)).toEqual([]);
  });

  it('holds invoices against the ledger', async () => {
    const ids = [(await newWorkspace()).id, (await newWorkspace()).id];
    const month = monthOf(Date.now());
    for (const id of ids) {
      await settle(id, `gen_${id}`, 100);
      await receive(id, `gen_${id}`, 100);
      expect((await issueInvoice(bindings, id, month, 'operator'))?.row.document.subtotal).toBe(100);
    }
    const [good = '', bad = ''] = ids;
    // Issued before its month was over.
    await settle(bad, 'late', 11);
    await receive(bad, 'late', 11);
    for (const id of ids) await reconcileWorkspace(bindings, id, later());
    expect([...(await found(good)), ...(await found(bad))]).toEqual([]);
    const [year = 0, number = 0] = month.split('-').map(Number);
    const nextMonth = Date.UTC(year, number, 2);
    for (let run = 0; run < 2; run++) for (const id of ids) await reconcileWorkspace(bindings, id, nextMonth);
    expect(await found(good)).toEqual([]);
    expect((await list(bad)).data).toMatchObject([
      {
        kind: 'invoice_total',
        generation: null,
        invoice: expect.stringMatching(/^inv_/),
        ledger_usd: 1.11e-7,
        receipt_usd: 1e-7,
      },
    ]);
  });

  it('runs over all workspaces, also when one of them fails', async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => (await newWorkspace()).id));
    for (const id of ids) await settle(id, `gen_${id}`, 5);
    const broken = ids[1] ?? '';
    await tracesClient(bindings, broken).record([{ id: 'torn', createdAt: 1, receipt: '{' }]);
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});
    while ((await list(ids[2] ?? '')).checked_at === null) await reconcile(bindings, later());
    expect(log.mock.calls.flat().join()).toContain(broken);
    for (const id of [ids[0] ?? '', ids[2] ?? ''])
      expect(await found(id)).toEqual([`missing_receipt gen_${id}`]);
  });

  it('is the operator’s to read', async () => {
    const { id } = await newWorkspace();
    const { key } = await newKey(id, 'admin');
    const answer = await call('GET', '/api/reconciliation', { key });
    expect(errorOf(answer)).toEqual({ status: 403, code: 'permission_denied', param: null });
  });

  it.each([
    ['kind=other', 400, 'kind'],
    ['cursor=x', 400, 'cursor'],
    ['limit=0', 400, 'limit'],
    ['resolved=maybe', 400, 'resolved'],
    ['workspace=ws_none', 404, 'workspace'],
  ])('refuses ?%s', async (query, status, param) => {
    const answer = await call('GET', `/api/reconciliation?${query}`, { key: OPERATOR });
    expect(errorOf(answer)).toMatchObject({ status, param });
  });
});
