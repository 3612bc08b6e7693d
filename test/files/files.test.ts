import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { createFile } from '../../src/files/create.ts';
import { deleteFile } from '../../src/files/delete.ts';
import { findFile } from '../../src/files/find.ts';
import { listFiles } from '../../src/files/list.ts';
import { objectKey } from '../../src/files/object-key.ts';
import { readFile } from '../../src/files/read.ts';
import { sweepExpiredFiles } from '../../src/files/sweep.ts';
import type { FileAuthor, NewFile } from '../../src/files/types.ts';
import { PART_BYTES } from '../../src/files/upload.ts';
import { newId } from '../../src/lib/id.ts';
import { failing } from '../support/failing-storage.ts';

const bindings = env as unknown as Env;
const NOTES: NewFile = { purpose: 'user_data', filename: 'notes.txt', contentType: 'text/plain' };

function newAuthor(workspaceId = newId('workspace')): FileAuthor {
  return { workspaceId, projectId: newId('project'), actor: newId('key') };
}

/** Bytes that tell their place, in pieces of a size that no part is a multiple of. */
async function* pieces(size: number, piece = 77_777): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size; at += piece) {
    yield Uint8Array.from({ length: Math.min(piece, size - at) }, (_, index) => byteAt(at + index));
  }
}
const byteAt = (place: number): number => (place * 31 + (place >> 13)) & 255;

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const keysOf = async ({ workspaceId }: FileAuthor): Promise<string[]> =>
  (await bindings.FILES.list({ prefix: `${workspaceId}/` })).objects.map(({ key }) => key);

const rowsOf = async ({ workspaceId }: FileAuthor): Promise<unknown[]> =>
  (await bindings.DB.prepare('select id from files where workspace_id = ?').bind(workspaceId).all()).results;

const auditOf = async ({ workspaceId }: FileAuthor): Promise<unknown[]> =>
  (
    await bindings.DB.prepare('select actor, action, target from audit_log where workspace_id = ?')
      .bind(workspaceId)
      .all()
  ).results;

describe('a file', () => {
  it.each([
    ['of nothing', 0],
    ['of a byte', 1],
    ['of a part', PART_BYTES],
    ['of a part and a byte', PART_BYTES + 1],
    ['of several parts', 2 * PART_BYTES + 12_345],
    ['of whole parts', 2 * PART_BYTES],
  ])('%s comes back as it went', async (_, size) => {
    const author = newAuthor();
    const made = await createFile(bindings, author, NOTES, pieces(size));
    expect(made).toMatchObject({ bytes: size, filename: 'notes.txt', purpose: 'user_data', expiresAt: null });
    expect(await findFile(bindings, author, made.id)).toEqual(made);
    const bytes = await bytesOf(await readFile(bindings, made));
    expect(bytes.byteLength).toBe(size);
    expect(bytes.findIndex((byte, place) => byte !== byteAt(place))).toBe(-1);
  });

  it('is read in part', async () => {
    const author = newAuthor();
    const made = await createFile(bindings, author, NOTES, pieces(100));
    const bytes = await bytesOf(await readFile(bindings, made, { offset: 10, length: 3 }));
    expect([...bytes]).toEqual([byteAt(10), byteAt(11), byteAt(12)]);
  });

  it('may come as a web stream, in one piece larger than parts', async () => {
    const author = newAuthor();
    const size = PART_BYTES * 2 + 5;
    const whole = Uint8Array.from({ length: size }, (_, place) => byteAt(place));
    const made = await createFile(bindings, author, NOTES, new Blob([whole]).stream());
    expect((await bytesOf(await readFile(bindings, made))).findIndex((byte, at) => byte !== byteAt(at))).toBe(
      -1,
    );
    expect(made.bytes).toBe(size);
  });

  it('is of its project alone', async () => {
    const author = newAuthor();
    const { id } = await createFile(bindings, author, NOTES, pieces(1));
    for (const other of [newAuthor(), newAuthor(author.workspaceId)]) {
      await expect(findFile(bindings, other, id, 'input_file_id')).rejects.toMatchObject({
        code: 'not_found',
        param: 'input_file_id',
        message: `No such File object: ${id}`,
      });
      await expect(deleteFile(bindings, other, id)).rejects.toMatchObject({ code: 'not_found' });
      expect(await listFiles(bindings, other, { order: 'desc', limit: 10 })).toEqual({
        files: [],
        hasMore: false,
      });
    }
    expect(await keysOf(author)).toEqual([objectKey(author.workspaceId, id)]);
  });

  it('that is deleted leaves its rows of the audit log alone', async () => {
    const author = newAuthor();
    const made = await createFile(bindings, author, NOTES, pieces(1));
    await deleteFile(bindings, author, made.id);
    expect(await rowsOf(author)).toEqual([]);
    expect(await keysOf(author)).toEqual([]);
    await expect(readFile(bindings, made)).rejects.toMatchObject({ code: 'not_found' });
    expect(await auditOf(author)).toEqual([
      { actor: author.actor, action: 'file.create', target: made.id },
      { actor: author.actor, action: 'file.delete', target: made.id },
    ]);
  });
});

describe('a file that fails leaves nothing', () => {
  it.each([10, PART_BYTES * 2])('where its source breaks after %i bytes', async (size) => {
    const author = newAuthor();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* pieces(size);
      throw new Error('the client has gone');
    }
    await expect(createFile(bindings, author, NOTES, broken())).rejects.toThrow('the client has gone');
    expect(await rowsOf(author)).toEqual([]);
    expect(await keysOf(author)).toEqual([]);
  });

  it.each([10, PART_BYTES * 2])('where it is refused after %i bytes', async (size) => {
    const author = newAuthor();
    const refuse = async (): Promise<NewFile> => {
      throw new Error('of no purpose');
    };
    await expect(createFile(bindings, author, refuse, pieces(size))).rejects.toThrow('of no purpose');
    expect([await rowsOf(author), await keysOf(author)]).toEqual([[], []]);
  });

  it('where it is too large, told as soon as it is', async () => {
    const author = newAuthor();
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 1000;
        yield new Uint8Array(1000);
      }
    }
    const maxBytes = 1024 * 1024;
    await expect(createFile(bindings, author, NOTES, endless(), { maxBytes })).rejects.toMatchObject({
      code: 'request_too_large',
      param: 'file',
      message: 'The file is over the limit of 1 MB.',
    });
    expect(read).toBe(1_049_000);
    expect(await keysOf(author)).toEqual([]);
  });

  it('where the row fails, but bytes for the clock, as the row may be late', async () => {
    const author = newAuthor();
    const broken = failing(bindings, 1, 'before');
    await expect(createFile(broken.env, author, NOTES, pieces(10))).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
    expect([await rowsOf(author), await auditOf(author)]).toEqual([[], []]);
    expect(await keysOf(author)).toHaveLength(1);
  });

  it.each(['uploadPart', 'complete'] as const)('where %s of the bucket fails', async (method) => {
    const author = newAuthor();
    let aborted = 0;
    const FILES = new Proxy(bindings.FILES, {
      get: (bucket, name) => {
        if (name !== 'createMultipartUpload') return Reflect.get(bucket, name).bind(bucket);
        return async (key: string) => {
          const upload = await bucket.createMultipartUpload(key);
          return {
            uploadPart: (part: number, bytes: Uint8Array) => upload.uploadPart(part, bytes),
            complete: (parts: R2UploadedPart[]) => upload.complete(parts),
            abort: () => {
              aborted++;
              return upload.abort();
            },
            [method]: () => Promise.reject(new Error('the bucket is gone')),
          };
        };
      },
    });
    const broken = { ...bindings, FILES } as Env;
    await expect(createFile(broken, author, NOTES, pieces(PART_BYTES * 2))).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
    expect(aborted).toBe(1);
    expect([await rowsOf(author), await keysOf(author)]).toEqual([[], []]);
  });
});

it('a file is there where only the answer of the database was lost', async () => {
  const author = newAuthor();
  const made = await createFile(failing(bindings, 1, 'after').env, author, NOTES, pieces(10));
  expect(await findFile(bindings, author, made.id)).toEqual(made);
  expect((await bytesOf(await readFile(bindings, made))).byteLength).toBe(10);
  expect(await auditOf(author)).toHaveLength(1);
});

describe('the quota of a workspace', () => {
  const quotaBytes = 1000;

  it('counts the files of all its projects', async () => {
    const author = newAuthor();
    await createFile(bindings, author, NOTES, pieces(600), { quotaBytes });
    const sister = newAuthor(author.workspaceId);
    await expect(createFile(bindings, sister, NOTES, pieces(401), { quotaBytes })).rejects.toMatchObject({
      status: 403,
      code: 'storage_quota_exceeded',
      param: 'file',
    });
    await createFile(bindings, sister, NOTES, pieces(400), { quotaBytes });
    await createFile(bindings, newAuthor(), NOTES, pieces(1000), { quotaBytes });
    expect(await rowsOf(author)).toHaveLength(2);
  });

  it('holds for uploads that come together', async () => {
    const author = newAuthor();
    const uploads = Array.from({ length: 5 }, () =>
      createFile(bindings, author, NOTES, pieces(400), { quotaBytes }),
    );
    const ended = await Promise.allSettled(uploads);
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect([(await rowsOf(author)).length, (await keysOf(author)).length]).toEqual([2, 2]);
    expect(await auditOf(author)).toHaveLength(2);
  });
});

describe('a list of files', () => {
  it('goes on behind the last one, in both orders, by purpose', async () => {
    const author = newAuthor();
    const ids: string[] = [];
    for (const purpose of ['batch', 'user_data', 'batch', 'batch'] as const) {
      ids.push((await createFile(bindings, author, { ...NOTES, purpose }, pieces(1))).id);
    }
    const [a = '', b = '', c = '', d = ''] = ids.toSorted();
    const list = async (query: Partial<Parameters<typeof listFiles>[2]>) => {
      const { files, hasMore } = await listFiles(bindings, author, { order: 'desc', limit: 2, ...query });
      return [files.map(({ id }) => id), hasMore];
    };
    expect(await list({})).toEqual([[d, c], true]);
    expect(await list({ after: c })).toEqual([[b, a], false]);
    expect(await list({ order: 'asc', after: a })).toEqual([[b, c], true]);
    const batches = ids.filter((_, place) => place !== 1).toSorted();
    expect(await list({ purpose: 'batch', order: 'asc', limit: 3 })).toEqual([batches, false]);
  });
});

describe('files that have expired', () => {
  it('are not there, and are swept with their bytes', async () => {
    const author = newAuthor();
    const old = await createFile(bindings, author, { ...NOTES, expiresAfterS: 0 }, pieces(1));
    const young = await createFile(bindings, author, { ...NOTES, expiresAfterS: 60 }, pieces(1));
    const kept = await createFile(bindings, author, NOTES, pieces(1));
    await expect(findFile(bindings, author, old.id)).rejects.toMatchObject({ code: 'not_found' });
    const { files } = await listFiles(bindings, author, { order: 'asc', limit: 10 });
    expect(files.map(({ id }) => id).toSorted()).toEqual([young.id, kept.id].toSorted());
    expect(await sweepExpiredFiles(bindings, Date.now())).toBe(1);
    expect(await rowsOf(author)).toHaveLength(2);
    expect((await keysOf(author)).toSorted()).toEqual(
      [young, kept].map(({ id }) => objectKey(author.workspaceId, id)).toSorted(),
    );
    expect(await auditOf(author)).toContainEqual({ actor: 'system', action: 'file.expire', target: old.id });
    expect(await sweepExpiredFiles(bindings, Date.now())).toBe(0);
  });

  it('are swept however many they are', async () => {
    const author = newAuthor();
    await Promise.all(
      Array.from({ length: 120 }, () =>
        createFile(bindings, author, { ...NOTES, expiresAfterS: 0 }, pieces(1)),
      ),
    );
    expect(await sweepExpiredFiles(bindings, Date.now())).toBe(120);
    expect([await rowsOf(author), await keysOf(author)]).toEqual([[], []]);
  });
});
