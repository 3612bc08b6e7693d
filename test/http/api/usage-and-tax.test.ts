import { afterEach, describe, expect, it, vi } from 'vitest';
import { workspaceClient } from '../../../src/objects/workspace/client.ts';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { bindings, invoiced, USD } from './invoiced.ts';

afterEach(() => void vi.useRealTimers());

describe('GET /api/workspaces/{id}/usage', () => {
  it('says what the invoice says of a month that is over', async () => {
    const { id, invoice } = await invoiced();
    const { key } = await newKey(id, 'admin');
    const { subtotal_usd, tax, total_usd, lines } = invoice;
    expect((await call('GET', `/api/workspaces/${id}/usage?month=2026-05`, { key })).body).toEqual({
      workspace: { id, name: 'Acme' },
      period: '2026-05',
      currency: 'USD',
      complete: true,
      subtotal_usd,
      tax,
      total_usd,
      lines,
    });
  });

  it('is of the running month unless another is named, and empty where nothing was used', async () => {
    const { id } = await newWorkspace();
    const month = new Date().toISOString().slice(0, 7);
    const path = `/api/workspaces/${id}/usage`;
    const empty = { subtotal_usd: 0, tax: null, total_usd: 0, lines: [] };
    const running = await call('GET', path, { key: OPERATOR });
    expect(running.body).toMatchObject({ period: month, complete: false, ...empty });
    const { project } = await newKey(id);
    const charged = { amount: 250, project, scopes: ['workspace'], model: 'm', provider: 'p', tokens: null };
    const lines = [{ unit: 'input', rate: 1 * USD, quantity: 250, amount: 250 }];
    await workspaceClient(bindings, id).settle([{ id: `gen_${id}`, ...charged, lines }]);
    const used = await call('GET', path, { key: OPERATOR });
    expect(used.body).toMatchObject({ period: month, subtotal_usd: 2.5e-7, lines: [{ quantity: 250 }] });
    const wrong = await call('GET', `${path}?month=2026-13`, { key: OPERATOR });
    expect(errorOf(wrong)).toEqual({ status: 400, code: 'invalid_value', param: 'month' });
  });
});

describe('PUT /api/workspaces/{id}/tax', () => {
  it('sets what GET then tells whoever reads invoices', async () => {
    const { id } = await newWorkspace();
    const { key } = await newKey(id, 'admin');
    const path = `/api/workspaces/${id}/tax`;
    expect((await call('GET', path, { key })).body).toBeNull();
    const body = { name: 'VAT', percent: 19 };
    expect((await call('PUT', path, { key: OPERATOR, body })).body).toEqual(body);
    expect((await call('GET', path, { key })).body).toEqual(body);
    const others = await newKey((await newWorkspace()).id, 'admin');
    expect(errorOf(await call('GET', path, { key: others.key }))).toMatchObject({ status: 404 });
    await call('PUT', path, { key: OPERATOR, body: null });
    expect((await call('GET', path, { key })).body).toBeNull();
  });

  it.each([
    [{ name: 'VAT' }, 'missing_parameter', 'percent'],
    [{ name: '', percent: 1 }, 'invalid_value', 'name'],
    [{ name: 'VAT', percent: -1 }, 'invalid_value', 'percent'],
    [{ name: 'VAT', percent: 101 }, 'invalid_value', 'percent'],
    [{ name: 'VAT', percent: 1.00001 }, 'invalid_value', 'percent'],
    [{ name: 'VAT', percent: '19' }, 'invalid_type', 'percent'],
    [[], 'invalid_type', null],
  ])('refuses %j', async (body, code, param) => {
    const { id } = await newWorkspace();
    const answer = await call('PUT', `/api/workspaces/${id}/tax`, { key: OPERATOR, body });
    expect(errorOf(answer)).toEqual({ status: 400, code, param });
  });
});
