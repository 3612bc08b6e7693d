import { afterEach, describe, expect, it, vi } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR, send } from '../../support/gateway.ts';
import { balance, invoiced, USD } from './invoiced.ts';

afterEach(() => void vi.useRealTimers());

describe('POST /api/invoices', () => {
  it('issues the invoice of a month, and answers the same when asked again', async () => {
    const { id, project, invoice } = await invoiced();
    expect(invoice).toEqual({
      id: expect.stringMatching(/^inv_/),
      number: expect.any(Number),
      kind: 'invoice',
      workspace: { id, name: 'Acme' },
      period: '2026-05',
      issued_at: expect.any(Number),
      currency: 'USD',
      lines: [
        {
          project: { id: project, name: 'Default' },
          model: 'a/<b>x</b>',
          provider: 'p',
          unit: 'input',
          quantity: 10_000_000,
          requests: 1,
          unit_price_usd: 4,
          amount_usd: 40,
        },
        {
          project: { id: project, name: 'Default' },
          model: 'a/<b>x</b>',
          provider: 'p',
          unit: 'request',
          quantity: 1,
          requests: 1,
          unit_price_usd: 1e-9,
          amount_usd: 1e-9,
        },
      ],
      subtotal_usd: 40.000000001,
      tax: { name: 'VAT', percent: 19, amount_usd: 7.6 },
      total_usd: 47.600000001,
      refers_to: null,
    });
    const body = { workspace: id, month: '2026-05' };
    const again = await call('POST', '/api/invoices', { key: OPERATOR, body });
    expect([again.status, again.body]).toEqual([200, invoice]);
  });

  it.each([
    [{}, 'missing_parameter', 'workspace'],
    [{ month: 'May' }, 'invalid_value', 'month'],
    [{ month: '2026-13' }, 'invalid_value', 'month'],
    [{ month: 202605 }, 'invalid_type', 'month'],
    [{ month: new Date().toISOString().slice(0, 7) }, 'invalid_value', 'month'],
    [{ month: '9999-12' }, 'invalid_value', 'month'],
    [{ month: '2020-01' }, 'invalid_value', 'month'],
    [{ month: '2020-01', number: 1 }, 'unsupported_parameter', 'number'],
  ])('refuses %j', async (body, code, param) => {
    const { id } = await newWorkspace();
    const full = 'month' in body ? { workspace: id, ...body } : body;
    const answer = await call('POST', '/api/invoices', { key: OPERATOR, body: full });
    expect(errorOf(answer)).toEqual({ status: 400, code, param });
  });

  it('knows no workspace that is not there', async () => {
    const body = { workspace: 'ws_none', month: '2020-01' };
    const answer = await call('POST', '/api/invoices', { key: OPERATOR, body });
    expect(errorOf(answer)).toEqual({ status: 404, code: 'not_found', param: 'workspace' });
  });
});

describe('an invoice', () => {
  it('is for its own workspace, in every form', async () => {
    const { id, invoice } = await invoiced();
    const mine = await newKey(id, 'admin');
    const theirs = await newKey((await newWorkspace()).id, 'admin');
    for (const form of ['', '.csv', '.html']) {
      const path = `/api/invoices/${invoice.id}${form}`;
      expect((await call('GET', path, { key: mine.key })).status, form).toBe(200);
      const foreign = await call('GET', path, { key: theirs.key });
      expect(errorOf(foreign)).toEqual({ status: 404, code: 'not_found', param: 'id' });
    }
    expect((await call('GET', `/api/invoices/${invoice.id}`, { key: mine.key })).body).toEqual(invoice);
    const list = await call('GET', '/api/invoices', { key: mine.key });
    const { lines: _, ...summary } = invoice;
    expect(list.body).toEqual({ data: [summary], next_cursor: null });
    expect((await call('GET', '/api/invoices', { key: theirs.key })).body.data).toEqual([]);
    const foreign = await call('GET', `/api/invoices?workspace=${id}`, { key: theirs.key });
    expect(errorOf(foreign)).toEqual({ status: 404, code: 'not_found', param: 'workspace' });
    expect(errorOf(await call('GET', '/api/invoices?cursor=x', { key: mine.key }))).toMatchObject({
      code: 'invalid_value',
    });
  });

  it('is listed page by page', async () => {
    const { invoice } = await invoiced();
    const { id, invoice: newer } = await invoiced();
    const first = await call('GET', '/api/invoices?limit=1', { key: OPERATOR });
    expect(first.body.data).toMatchObject([{ id: newer.id, workspace: { id } }]);
    const cursor = first.body.next_cursor;
    const second = await call('GET', `/api/invoices?limit=1&cursor=${cursor}`, { key: OPERATOR });
    expect(second.body.data).toMatchObject([{ id: invoice.id }]);
  });

  it('is a CSV file with exact decimals', async () => {
    const { id, project, invoice } = await invoiced();
    const answer = await call('GET', `/api/invoices/${invoice.id}.csv`, { key: OPERATOR });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="invoice-${invoice.number}.csv"`,
    );
    const rows = (answer.body as string).split('\r\n');
    const issued = new Date(invoice.issued_at * 1000).toISOString().slice(0, 10);
    const head = `${invoice.number},invoice,2026-05,${issued},${id}`;
    expect(rows[2]).toBe(`${head},line,,${project},Default,a/<b>x</b>,p,request,1,1,0.000000001,0.000000001`);
    expect(rows[4]).toBe(`${head},tax,VAT 19 %,,,,,,,,,7.6`);
    expect(rows[5]).toBe(`${head},total,,,,,,,,,,47.600000001`);
  });

  it('is a page to print, without script, in which nothing is markup but ours', async () => {
    const { invoice } = await invoiced('<img src=x onerror=alert(1)>', {
      name: '<script>tax</script>',
      percent: 19,
    });
    const answer = await send('GET', `/api/invoices/${invoice.id}.html`, { key: OPERATOR });
    const page = await answer.text();
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = answer.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('script-src');
    expect(page).not.toMatch(/<script|<img|<b>x/);
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(page).toContain(`<title>Invoice ${invoice.number}</title>`);
    expect(page).toContain('<td class="number">10,000,000</td><td>input tokens</td>');
    expect(page).toContain('<th colspan="6">Total</th><td class="number">47.600000001</td>');
    expect(page).toContain('@media print');
    expect(page).toContain('The subtotal was paid with prepaid credits, the tax was not.');
  });
});

describe('POST /api/invoices/{id}/credit-notes', () => {
  it('returns credits under a number of its own, with the tax of the invoice', async () => {
    const { id, invoice } = await invoiced();
    await call('PUT', `/api/workspaces/${id}/tax`, { key: OPERATOR, body: null });
    const before = await balance(id);
    const body = { amount_usd: 10, reason: 'Outage', id: 'outage-1' };
    const path = `/api/invoices/${invoice.id}/credit-notes`;
    const notes = await Promise.all([1, 2, 3].map(() => call('POST', path, { key: OPERATOR, body })));
    expect(notes[0]?.body).toMatchObject({
      kind: 'credit_note',
      workspace: { id },
      subtotal_usd: -10,
      tax: { name: 'VAT', percent: 19, amount_usd: -1.9 },
      total_usd: -11.9,
      refers_to: { invoice: invoice.number, top_up: null, reason: 'Outage' },
    });
    expect(new Set(notes.map((note) => note.body.number)).size).toBe(1);
    expect(await balance(id)).toBe(before + 10 * USD);
    const page = await send('GET', `/api/invoices/${notes[0]?.body.id}.html`, { key: OPERATOR });
    const text = await page.text();
    expect(text).toContain(`Invoice ${invoice.number}: Outage`);
    // It has neither prices nor units to explain.
    expect(text).not.toMatch(/<thead|Unit prices/);
    const csv = await send('GET', `/api/invoices/${notes[0]?.body.id}.csv`, { key: OPERATOR });
    expect((await csv.text()).split('\r\n')[1]).toContain(`,line,Invoice ${invoice.number}: Outage,`);
  });

  it('never takes back more than the invoice, also at once', async () => {
    const { id, invoice } = await invoiced();
    const before = await balance(id);
    const path = `/api/invoices/${invoice.id}/credit-notes`;
    const notes = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) =>
        call('POST', path, { key: OPERATOR, body: { amount_usd: 15, reason: 'x', id: name } }),
      ),
    );
    expect(notes.map(({ status }) => status).sort()).toEqual([200, 200, 400, 400]);
    expect(await balance(id)).toBe(before + 30 * USD);
    const rest = { amount_usd: 10.000000001, reason: 'x', id: 'rest' };
    expect((await call('POST', path, { key: OPERATOR, body: rest })).status).toBe(200);
    const more = { amount_usd: 1e-9, reason: 'x', id: 'more' };
    expect(errorOf(await call('POST', path, { key: OPERATOR, body: more }))).toEqual({
      status: 400,
      code: 'invalid_value',
      param: 'amount_usd',
    });
    expect(await balance(id)).toBe(before + 40 * USD + 1);
  });

  it.each([
    [{ amount_usd: 0, reason: 'x', id: 'y' }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: -1, reason: 'x', id: 'y' }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: 1e-12, reason: 'x', id: 'y' }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: 1e15, reason: 'x', id: 'y' }, 'invalid_value', 'amount_usd'],
    [{ amount_usd: '1', reason: 'x', id: 'y' }, 'invalid_type', 'amount_usd'],
    [{ amount_usd: 1, reason: ' ', id: 'y' }, 'invalid_value', 'reason'],
    [{ amount_usd: 1, reason: 'x' }, 'missing_parameter', 'id'],
  ])('refuses %j', async (body, code, param) => {
    const { invoice } = await invoiced();
    const answer = await call('POST', `/api/invoices/${invoice.id}/credit-notes`, { key: OPERATOR, body });
    expect(errorOf(answer)).toEqual({ status: 400, code, param });
  });

  it('takes nothing back from a credit note', async () => {
    const { invoice } = await invoiced();
    const body = { amount_usd: 1, reason: 'x', id: 'y' };
    const note = await call('POST', `/api/invoices/${invoice.id}/credit-notes`, { key: OPERATOR, body });
    const answer = await call('POST', `/api/invoices/${note.body.id}/credit-notes`, { key: OPERATOR, body });
    expect(errorOf(answer)).toEqual({ status: 400, code: 'invalid_value', param: 'id' });
  });
});
