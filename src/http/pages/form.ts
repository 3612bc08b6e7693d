import { GatewayError } from '../../errors.ts';
import type { HttpContext } from '../context.ts';

/** Longer forms are none of ours, bytes. */
const MAX_BYTES = 16 * 1024;

/**
 * The fields of a form that a page of ours has sent.
 * @throws GatewayError `unsupported_content_type`, `request_too_large`.
 */
export async function readForm(c: HttpContext): Promise<(name: string) => string> {
  const type = c.req.header('content-type') ?? '';
  if (!type.startsWith('application/x-www-form-urlencoded')) {
    throw new GatewayError('unsupported_content_type', { message: 'This page takes a form.' });
  }
  if (Number(c.req.header('content-length') ?? MAX_BYTES + 1) > MAX_BYTES) {
    throw new GatewayError('request_too_large', { message: 'The form is too large.' });
  }
  const fields = new URLSearchParams(new TextDecoder().decode(await c.req.arrayBuffer()));
  return (name) => fields.get(name)?.trim() ?? '';
}
