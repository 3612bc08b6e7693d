import { describe, expect, it } from 'vitest';
import { invoiceCsv } from '../../../src/billing/invoices/csv.ts';
import type { InvoiceRow } from '../../../src/billing/invoices/view.ts';

const invoice: InvoiceRow = {
  id: 'inv_1',
  workspaceId: 'ws_1',
  number: 7,
  kind: 'invoice',
  period: '2026-05',
  subject: '2026-05',
  issuedAt: Date.UTC(2026, 5, 1, 0, 17),
  document: {
    workspace: { id: 'ws_1', name: 'Acme' },
    lines: [
      {
        project: 'prj_1',
        project_name: '=HYPERLINK("http://x","y")',
        model: 'a/x',
        provider: 'p',
        unit: 'input',
        rate: 3_000_000_000,
        quantity: 41,
        requests: 2,
        amount: 123_000,
      },
      {
        project: 'prj_2',
        project_name: 'Search, "new"\nline',
        model: '@x',
        provider: '-p',
        unit: 'request',
        rate: 1,
        quantity: 1,
        requests: 1,
        amount: 1,
      },
    ],
    subtotal: 123_001,
    tax: { name: '+VAT', percent: 19, amount: 23_370 },
    total: 146_371,
  },
};

describe('an invoice as CSV', () => {
  it('has exact decimals, and lets no text be a formula', () => {
    expect(invoiceCsv(invoice).split('\r\n')).toEqual([
      'invoice,kind,period,issued,workspace,row,description,project,project_name,model,provider,unit,quantity,requests,unit_price_usd,amount_usd',
      `7,invoice,2026-05,2026-06-01,ws_1,line,,prj_1,"'=HYPERLINK(""http://x"",""y"")",a/x,p,input,41,2,3,0.000123`,
      `7,invoice,2026-05,2026-06-01,ws_1,line,,prj_2,"Search, ""new""\nline",'@x,'-p,request,1,1,0.000000001,0.000000001`,
      '7,invoice,2026-05,2026-06-01,ws_1,subtotal,,,,,,,,,,0.000123001',
      "7,invoice,2026-05,2026-06-01,ws_1,tax,'+VAT 19 %,,,,,,,,,0.00002337",
      '7,invoice,2026-05,2026-06-01,ws_1,total,,,,,,,,,,0.000146371',
      '',
    ]);
  });
});
