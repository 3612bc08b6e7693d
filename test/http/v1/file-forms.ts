import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { call } from '../../support/gateway.ts';

const bindings = env as unknown as { DB: D1Database; FILES: R2Bucket };
export const BOUNDARY = 'x--y';
export const TYPE = `multipart/form-data; boundary="${BOUNDARY}"`;

export type Part = [disposition: string, value: string, contentType?: string];

/** A form as text, so that tests may write it wrongly. */
export function form(parts: readonly Part[]): string {
  const written = parts.map(([disposition, value, type]) => {
    const header = type === undefined ? '' : `\r\nContent-Type: ${type}`;
    return `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}${header}\r\n\r\n${value}\r\n`;
  });
  return `${written.join('')}--${BOUNDARY}--\r\n`;
}

export const FILE: Part = ['name="file"; filename="notes.txt"', 'some notes', 'text/plain'];
export const PURPOSE: Part = ['name="purpose"', 'user_data'];

/** POST /v1/files with a form, or with what is none. */
export async function upload(
  key: string,
  parts: readonly Part[] | string,
  headers: Record<string, string> = {},
) {
  const body = typeof parts === 'string' ? parts : form(parts);
  return await call('POST', '/v1/files', { key, body, headers: { 'content-type': TYPE, ...headers } });
}

/** The file that was made of a form. */
export async function uploaded(key: string, parts: readonly Part[]) {
  const answer = await upload(key, parts);
  expect(answer).toMatchObject({ status: 200 });
  return answer.body;
}

/** How much there is of a workspace: rows, and objects. */
export async function kept(of: string): Promise<[number, number]> {
  const rows = await bindings.DB.prepare('select id from files where workspace_id = ?').bind(of).all();
  return [rows.results.length, (await bindings.FILES.list({ prefix: `${of}/files/` })).objects.length];
}
