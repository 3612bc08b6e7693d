import { html, raw } from 'hono/html';
import { referenceOf } from '../../../billing/invoices/reference.ts';
import type { InvoiceDocument, InvoiceLine } from '../../../billing/invoices/types.ts';
import type { InvoiceRow } from '../../../billing/invoices/view.ts';
import { formatUsd } from '../../../billing/money.ts';
import { STYLE } from './style.ts';

/** Nothing but its own style: no script, no frame, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const UNITS: Record<string, string> = {
  input: 'input tokens',
  output: 'output tokens',
  cachedInput: 'cached input tokens',
  cacheWrite: 'cache write tokens',
  cacheWriteLong: 'long cache write tokens',
  reasoning: 'reasoning tokens',
  inputAudio: 'audio input tokens',
  outputAudio: 'audio output tokens',
  inputImage: 'image input tokens',
  outputImage: 'image output tokens',
  image: 'pictures',
  search: 'searches',
  character: 'characters spoken',
  audioMs: 'milliseconds of sound',
  request: 'requests',
  unknown: 'not metered',
};

/** An invoice or credit note as a page to read or print. */
export async function invoicePage({
  number,
  kind,
  period,
  issuedAt,
  document,
}: InvoiceRow): Promise<Response> {
  const reference = referenceOf(document);
  const title = `${kind === 'invoice' ? 'Invoice' : 'Credit note'} ${number}`;
  const page = await html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <style>${raw(STYLE)}</style>
</head>
<body>
  <main>
    <header>
      <h1>${title}</h1>
      <dl>
        <div><dt>For</dt><dd>${document.workspace.name}<br><small>${document.workspace.id}</small></dd></div>
        <div><dt>Period (UTC)</dt><dd>${period}</dd></div>
        <div><dt>Issued</dt><dd>${new Date(issuedAt).toISOString().slice(0, 10)}</dd></div>
        <div><dt>Currency</dt><dd>USD</dd></div>
      </dl>
      ${reference && html`<p>${reference}</p>`}
    </header>
    <table>
      ${kind === 'invoice' ? HEAD : ''}
      <tbody>${document.lines.map(lineRow)}</tbody>
      <tfoot>
        ${sumRow('Subtotal', document.subtotal)}
        ${document.tax && sumRow(`${document.tax.name} ${document.tax.percent} %`, document.tax.amount)}
        ${sumRow('Total', document.total, 'total')}
      </tfoot>
    </table>
    ${kind === 'invoice' ? footnote(document) : ''}
  </main>
</body>
</html>`;
  return new Response(String(page), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'private, no-store',
    },
  });
}

const HEAD = html`<thead><tr><th>Project</th><th>Model</th><th>Provider</th><th class="number">Quantity</th>
  <th>Unit</th><th class="number">Unit price</th><th class="number">Amount</th></tr></thead>`;

function lineRow(line: InvoiceLine) {
  if (line.unit === 'refund' || line.unit === 'credit') {
    const what = line.unit === 'refund' ? 'Refund of bought credits' : 'Credit';
    return html`<tr><td colspan="6">${what}</td><td class="number">${money(line.amount)}</td></tr>`;
  }
  return html`<tr><td>${line.project_name ?? line.project}</td><td>${line.model}</td><td>${line.provider}</td>
    <td class="number">${grouped(String(line.quantity))}</td><td>${unitName(line.unit)}</td>
    <td class="number price">${money(line.rate)}</td><td class="number">${money(line.amount)}</td></tr>`;
}

/** Calls of a provider's tools are told by the tool's name. */
function unitName(unit: string): string {
  return UNITS[unit] ?? (unit.startsWith('tool:') ? `calls of ${unit.slice(5)}` : unit);
}

function sumRow(name: string, amount: number, className = '') {
  return html`<tr class="${className}"><th colspan="6">${name}</th><td class="number">${money(amount)}</td></tr>`;
}

function footnote({ tax }: InvoiceDocument) {
  const paid = tax
    ? 'The subtotal was paid with prepaid credits, the tax was not.'
    : 'Paid with prepaid credits.';
  return html`<p class="note">${paid} Unit prices are per million tokens or characters, per picture, per hour of sound,
    per 1,000 calls of a tool, or per request. Amounts are exact to the nano-dollar.</p>`;
}

/** An exact decimal with two places at least: 1,234.50 */
function money(nano: number): string {
  const [whole = '0', fraction = ''] = formatUsd(nano).split('.');
  return `${grouped(whole)}.${fraction.padEnd(2, '0')}`;
}

function grouped(digits: string): string {
  return digits.replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
