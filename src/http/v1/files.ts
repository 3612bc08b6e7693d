import { checkIdempotencyKey } from '../../cache/idempotency/key.ts';
import { configOf } from '../../env.ts';
import { GatewayError } from '../../errors.ts';
import { createFileOnce } from '../../files/create.ts';
import { deleteFile } from '../../files/delete.ts';
import { findFile } from '../../files/find.ts';
import { listFiles } from '../../files/list.ts';
import { readFile } from '../../files/read.ts';
import type { FileAuthor } from '../../files/types.ts';
import { fileView } from '../../files/view.ts';
import { attachment } from '../../lib/content-disposition.ts';
import { allowsAddress } from '../../lib/ip-allowlist.ts';
import { type Action, requirePermission } from '../../tenancy/permissions.ts';
import type { HttpContext } from '../context.ts';
import { streamForm } from '../form.ts';
import { discard } from '../middleware/body.ts';
import { readRange } from '../range.ts';
import { cursorOf } from './cursor.ts';
import { FileForm } from './file-form.ts';

/** OpenAI's own limit. */
const MAX_FILE_BYTES = 512 * 1024 * 1024;

/** What a form may have around its file. */
const FORM_BYTES = 1024 * 1024;

const MAX_PAGE = 10_000;

/** POST /v1/files: the file goes to storage as it comes, also where its idempotency key then answers another. */
export async function uploadFile(c: HttpContext): Promise<Response> {
  const author = authorOf(c, 'file.write');
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = c.req.raw.body?.getReader();
  const storing = store(c, author, reader);
  // A client that leaves ends its request here and now; what has been stored must be taken back all the same.
  c.executionCtx.waitUntil(storing.catch(() => {}));
  return await storing;
}

async function store(
  c: HttpContext,
  author: FileAuthor,
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): Promise<Response> {
  try {
    const idempotencyKey = c.req.header('idempotency-key') ?? null;
    if (idempotencyKey !== null) checkIdempotencyKey(idempotencyKey);
    if (Number(c.req.header('content-length') ?? 0) > MAX_FILE_BYTES + FORM_BYTES) {
      throw new GatewayError('request_too_large', {
        param: 'file',
        message: 'The file is over the limit of 512 MB.',
      });
    }
    const form = new FileForm(streamForm(c.req.header('content-type'), reader));
    const limits = { maxBytes: MAX_FILE_BYTES, quotaBytes: configOf(c.env).fileQuotaBytes };
    const { file, isReplay } = await createFileOnce(
      c.env,
      author,
      idempotencyKey,
      () => form.describe(),
      form.bytes(),
      limits,
    );
    return c.json(fileView(file), 200, isReplay ? { 'x-idempotent-replay': 'true' } : {});
  } catch (thrown) {
    await discard(reader);
    throw thrown;
  }
}

/** GET /v1/files?purpose=&limit=&order=&after= */
export async function listAllFiles(c: HttpContext): Promise<Response> {
  const author = authorOf(c, 'file.read');
  const { files, hasMore } = await listFiles(c.env, author, {
    purpose: c.req.query('purpose'),
    after: cursorOf('file', c.req.query('after')),
    limit: limitOf(c.req.query('limit')),
    order: orderOf(c.req.query('order')),
  });
  return c.json({
    object: 'list',
    data: files.map(fileView),
    has_more: hasMore,
    first_id: files[0]?.id ?? null,
    last_id: files.at(-1)?.id ?? null,
  });
}

/** GET /v1/files/{id} */
export async function getFile(c: HttpContext): Promise<Response> {
  return c.json(fileView(await findFile(c.env, authorOf(c, 'file.read'), idOf(c))));
}

/** DELETE /v1/files/{id} */
export async function removeFile(c: HttpContext): Promise<Response> {
  const id = idOf(c);
  await deleteFile(c.env, authorOf(c, 'file.write'), id);
  return c.json({ id, object: 'file', deleted: true });
}

/** GET /v1/files/{id}/content: the bytes, or the range of them that `range` asks for. */
export async function getFileContent(c: HttpContext): Promise<Response> {
  const file = await findFile(c.env, authorOf(c, 'file.read'), idOf(c));
  // A file never changes, so its id tells one from another.
  const etag = `"${file.id}"`;
  const headers: Record<string, string> = {
    'content-type': file.contentType,
    'content-disposition': attachment(file.filename),
    'accept-ranges': 'bytes',
    etag,
    'cache-control': 'private, no-cache',
    // It came from anywhere: nothing in it is to run under this origin.
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  };
  const ifRange = c.req.header('if-range');
  const range = readRange(
    ifRange === undefined || ifRange === etag ? c.req.header('range') : undefined,
    file.bytes,
  );
  if (range === null) {
    throw new GatewayError('range_not_satisfiable', {
      param: 'Range',
      message: `The file has ${file.bytes} bytes.`,
      headers: { 'content-range': `bytes */${file.bytes}` },
    });
  }
  const body = await readFile(c.env, file, range);
  headers['content-length'] = String(range?.length ?? file.bytes);
  if (range === undefined) return new Response(body, { headers });
  headers['content-range'] = `bytes ${range.offset}-${range.offset + range.length - 1}/${file.bytes}`;
  return new Response(body, { status: 206, headers });
}

/** @throws GatewayError `permission_denied`, `ip_not_allowed`. */
function authorOf(c: HttpContext, action: Action): FileAuthor {
  const caller = c.get('principal');
  if (caller.kind !== 'key') {
    throw new GatewayError('permission_denied', {
      message: 'Files belong to projects: call with a key of a workspace.',
    });
  }
  requirePermission(caller, action);
  if (caller.allowedIps && !allowsAddress(caller.allowedIps, c.req.header('cf-connecting-ip') ?? null)) {
    throw new GatewayError('ip_not_allowed');
  }
  return { workspaceId: caller.workspaceId, projectId: caller.projectId, actor: caller.keyId };
}

function idOf(c: HttpContext): string {
  return c.req.param('id') ?? '';
}

function limitOf(value: string | undefined): number {
  if (value === undefined) return MAX_PAGE;
  const limit = /^\d{1,6}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= MAX_PAGE) return limit;
  throw new GatewayError('invalid_value', {
    param: 'limit',
    message: `limit must be a whole number from 1 to ${MAX_PAGE}.`,
  });
}

function orderOf(value: string | undefined): 'asc' | 'desc' {
  if (value === undefined || value === 'desc') return 'desc';
  if (value === 'asc') return 'asc';
  throw new GatewayError('invalid_value', { param: 'order', message: 'order must be "asc" or "desc".' });
}
