import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import * as z from 'zod';
import { creditInvoice } from '../../billing/invoices/credit-invoice.ts';
import { invoiceCsv } from '../../billing/invoices/csv.ts';
import { getInvoice } from '../../billing/invoices/get-invoice.ts';
import { getTax } from '../../billing/invoices/get-tax.ts';
import { getUsage } from '../../billing/invoices/get-usage.ts';
import { listInvoices } from '../../billing/invoices/list-invoices.ts';
import { requestInvoice } from '../../billing/invoices/request-invoice.ts';
import { setTax } from '../../billing/invoices/set-tax.ts';
import { invoiceView } from '../../billing/invoices/view.ts';
import { permitted } from '../middleware/role.ts';
import { invoicePage } from './invoices/page.ts';
import { Credit, Invoice, InvoiceSummary, Month, Tax, Usage } from './invoices/schemas.ts';
import { type ApiEnv, errors, IdParams, json, pageSchema, ScopedPageQuery } from './schemas.ts';

const list = createRoute({
  method: 'get',
  path: '/invoices',
  summary: 'List invoices and credit notes',
  tags: ['Invoices'],
  middleware: permitted('invoice.read'),
  request: { query: ScopedPageQuery },
  responses: {
    200: { description: 'A page, newest first', content: json(pageSchema(InvoiceSummary)) },
    ...errors('not_found', 'invalid_value'),
  },
});

const issue = createRoute({
  method: 'post',
  path: '/invoices',
  summary: 'Issue an invoice',
  description:
    'For a month that is over. Invoices issue themselves on the first of the next month; asked again, the one that was issued is the answer.',
  tags: ['Invoices'],
  middleware: permitted('invoice.issue'),
  request: {
    body: {
      required: true,
      content: json(z.strictObject({ workspace: z.string().min(1).max(200), month: Month })),
    },
  },
  responses: {
    200: { description: 'The invoice that was issued before', content: json(Invoice) },
    201: { description: 'The invoice', content: json(Invoice) },
    ...errors('not_found', 'missing_parameter', 'invalid_type', 'invalid_value'),
  },
});

const read = createRoute({
  method: 'get',
  path: '/invoices/{id}',
  summary: 'Read an invoice',
  description:
    'As it was issued. With `.csv` after the id as CSV with exact decimals, with `.html` as a page to print.',
  tags: ['Invoices'],
  middleware: permitted('invoice.read'),
  request: { params: IdParams },
  responses: {
    200: {
      description: 'The invoice',
      content: {
        ...json(Invoice),
        'text/csv': { schema: z.string() },
        'text/html': { schema: z.string() },
      },
    },
    ...errors('not_found'),
  },
});

const credit = createRoute({
  method: 'post',
  path: '/invoices/{id}/credit-notes',
  summary: 'Credit a part of an invoice',
  description: 'Issues a credit note with the tax of the invoice, and returns the credits.',
  tags: ['Invoices'],
  middleware: permitted('invoice.issue'),
  request: { params: IdParams, body: { required: true, content: json(Credit) } },
  responses: {
    200: { description: 'The credit note', content: json(Invoice) },
    ...errors('not_found', 'missing_parameter', 'invalid_type', 'invalid_value'),
  },
});

const usage = createRoute({
  method: 'get',
  path: '/workspaces/{id}/usage',
  summary: 'Read what a month has cost',
  description: 'What the invoice of the month would say now: the running month unless another is named.',
  tags: ['Invoices'],
  middleware: permitted('invoice.read'),
  request: { params: IdParams, query: z.object({ month: Month.optional() }) },
  responses: {
    200: { description: 'The usage', content: json(Usage) },
    ...errors('not_found', 'invalid_value'),
  },
});

const readTax = createRoute({
  method: 'get',
  path: '/workspaces/{id}/tax',
  summary: 'Read the tax on invoices',
  description: 'What invoices that will be issued state. Null is no tax.',
  tags: ['Invoices'],
  middleware: permitted('invoice.read'),
  request: { params: IdParams },
  responses: {
    200: { description: 'The tax', content: json(Tax.nullable()) },
    ...errors('not_found'),
  },
});

const writeTax = createRoute({
  method: 'put',
  path: '/workspaces/{id}/tax',
  summary: 'Set the tax on invoices',
  description: 'For invoices that will be issued. Null is no tax.',
  tags: ['Invoices'],
  middleware: permitted('workspace.pricing'),
  request: { params: IdParams, body: { required: true, content: json(Tax.nullable()) } },
  responses: {
    200: { description: 'The tax', content: json(Tax.nullable()) },
    ...errors('not_found', 'missing_parameter', 'invalid_type', 'invalid_value'),
  },
});

export const invoices = new OpenAPIHono<ApiEnv>()
  .openapi(list, async (c) =>
    c.json(await listInvoices(c.env, c.get('principal'), c.req.valid('query')), 200),
  )
  .openapi(issue, async (c) => {
    const { workspace, month } = c.req.valid('json');
    const { invoice, isNew } = await requestInvoice(c.env, c.get('principal'), workspace, month);
    return c.json(invoice, isNew ? 201 : 200);
  })
  .openapi(read, async (c) => {
    const [, id = '', form] = /^(.*?)(?:\.(csv|html))?$/.exec(c.req.valid('param').id) ?? [];
    const invoice = await getInvoice(c.env, c.get('principal'), id);
    if (form === 'html') return await invoicePage(invoice);
    if (form !== 'csv') return c.json(invoiceView(invoice), 200);
    return c.body(invoiceCsv(invoice), 200, {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${invoice.kind}-${invoice.number}.csv"`,
      'x-content-type-options': 'nosniff',
    });
  })
  .openapi(credit, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await creditInvoice(c.env, c.get('principal'), id, c.req.valid('json')), 200);
  })
  .openapi(usage, async (c) => {
    const { month } = c.req.valid('query');
    return c.json(await getUsage(c.env, c.get('principal'), c.req.valid('param').id, month), 200);
  })
  .openapi(readTax, async (c) =>
    c.json(await getTax(c.env, c.get('principal'), c.req.valid('param').id), 200),
  )
  .openapi(writeTax, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await setTax(c.env, c.get('principal'), id, c.req.valid('json')), 200);
  });
