import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { createFile, createFileOnce, type FileLimits } from '../../src/files/create.ts';
import { deleteFile } from '../../src/files/delete.ts';
import { objectKey } from '../../src/files/object-key.ts';
import { sweepExpiredFiles } from '../../src/files/sweep.ts';
import type { FileAuthor, NewFile } from '../../src/files/types.ts';
import { PART_BYTES } from '../../src/files/upload.ts';
import { newId } from '../../src/lib/id.ts';
import { failing } from '../support/failing-storage.ts';

const bindings = env as unknown as Env;
const NOTES: NewFile = { purpose: 'user_data', filename: 'notes.txt', contentType: 'text/plain' };
const DAY_MS = 24 * 60 * 60 * 1000;

const newAuthor = (workspaceId = newId('workspace')): FileAuthor => ({
  workspaceId,
  projectId: newId('project'),
  actor: newId('key'),
});

async function* bytesOf(text: string, piece = text.length): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.byteLength; at += piece) yield bytes.subarray(at, at + piece);
}

interface Upload extends FileLimits {
  key?: string;
  text?: string;
  file?: Partial<NewFile>;
  piece?: number;
  env?: Env;
}

function upload(
  author: FileAuthor,
  { key = 'k', text = 'some notes', file, piece, env, ...limits }: Upload = {},
) {
  const body = bytesOf(text, piece);
  return createFileOnce(env ?? bindings, author, key, { ...NOTES, ...file }, body, limits);
}

const CONFLICT = { status: 409, code: 'idempotency_key_conflict', param: 'Idempotency-Key' };

/** What there is of a workspace. */
async function kept({ workspaceId }: FileAuthor) {
  const query = async (text: string) => (await bindings.DB.prepare(text).bind(workspaceId).all()).results;
  return {
    rows: (await query('select id from files where workspace_id = ? order by id')).map(({ id }) => id),
    keys: (await bindings.FILES.list({ prefix: `${workspaceId}/` })).objects.map(({ key }) => key),
    audit: (await query('select action from audit_log where workspace_id = ?')).map(({ action }) => action),
  };
}

const onlyOf = (author: FileAuthor, id: string) => ({
  rows: [id],
  keys: [objectKey(author.workspaceId, id)],
  audit: ['file.create'],
});

/** Makes a file older, as if it had been made then. */
const age = (id: string, ms: number) =>
  bindings.DB.prepare(
    'update files set created_at = created_at - ?, expires_at = expires_at - ? where id = ?',
  )
    .bind(ms, ms, id)
    .run();

describe('an upload that is repeated with its key', () => {
  it('is the file that it made', async () => {
    const author = newAuthor();
    const first = await upload(author);
    expect(first).toMatchObject({ isReplay: false, file: { bytes: 10, idempotencyKey: 'k' } });
    const again = await upload({ ...author, actor: newId('key') }, { piece: 3 });
    expect(again).toEqual({ file: first.file, isReplay: true });
    expect(await kept(author)).toEqual(onlyOf(author, first.file.id));
  });

  it('is that also where it was large', async () => {
    const author = newAuthor();
    const text = 'x'.repeat(PART_BYTES + 10);
    const { file } = await upload(author, { text });
    expect(await upload(author, { text })).toMatchObject({ isReplay: true, file: { id: file.id } });
    expect(await kept(author)).toEqual(onlyOf(author, file.id));
    await expect(upload(author, { text: `${text.slice(0, -1)}y` })).rejects.toMatchObject(CONFLICT);
  });

  it.each<[string, Upload]>([
    ['other bytes', { text: 'some notez' }],
    ['fewer bytes', { text: 'some note' }],
    ['another purpose', { file: { purpose: 'batch' } }],
    ['another name', { file: { filename: 'note.txt' } }],
    ['another type', { file: { contentType: 'text/markdown' } }],
    ['an expiry', { file: { expiresAfterS: 3600 } }],
  ])('is refused with %s', async (_, other) => {
    const author = newAuthor();
    const { file } = await upload(author);
    await expect(upload(author, other)).rejects.toMatchObject({
      ...CONFLICT,
      headers: { 'x-should-retry': 'false' },
    });
    expect(await kept(author)).toEqual(onlyOf(author, file.id));
  });

  it('is another where it expires at another time after it was made', async () => {
    const author = newAuthor();
    const { file } = await upload(author, { file: { expiresAfterS: 3600 } });
    expect(await upload(author, { file: { expiresAfterS: 3600 } })).toMatchObject({ file: { id: file.id } });
    await expect(upload(author, { file: { expiresAfterS: 3601 } })).rejects.toMatchObject(CONFLICT);
  });

  it('is one file, however many come at once', async () => {
    const author = newAuthor();
    const all = await Promise.all(Array.from({ length: 10 }, () => upload(author)));
    expect(new Set(all.map(({ file }) => file.id)).size).toBe(1);
    expect(all.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    expect(await kept(author)).toEqual(onlyOf(author, all[0]?.file.id ?? ''));
  });

  it('is one file, where different ones come at once', async () => {
    const author = newAuthor();
    const texts = ['a', 'b', 'a', 'b', 'a', 'b'];
    const all = await Promise.allSettled(texts.map((text) => upload(author, { text })));
    const made = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.file.id] : []));
    expect([made.length, new Set(made).size]).toEqual([3, 1]);
    expect(await kept(author)).toEqual(onlyOf(author, made[0] ?? ''));
  });
});

describe('a key', () => {
  it('is one of its project', async () => {
    const author = newAuthor();
    const strange = { ...newAuthor(), projectId: author.projectId };
    const others = [author, newAuthor(author.workspaceId), newAuthor(), strange];
    const ids = await Promise.all(others.map(async (one) => (await upload(one)).file.id));
    expect(new Set(ids).size).toBe(4);
    for (const [place, one] of others.entries()) {
      expect(await upload(one)).toMatchObject({ isReplay: true, file: { id: ids[place] } });
    }
    await createFile(bindings, author, NOTES, bytesOf('x'));
    await createFile(bindings, author, NOTES, bytesOf('x'));
    await upload(author, { key: 'K' });
    expect((await kept(author)).rows).toHaveLength(5);
  });

  it('is free again after 24 hours, and then means the newer file', async () => {
    const author = newAuthor();
    const old = await upload(author);
    await age(old.file.id, DAY_MS - 60_000);
    expect(await upload(author)).toMatchObject({ isReplay: true });
    await age(old.file.id, 60_000);
    const other = await upload(author, { text: 'other' });
    expect(other.isReplay).toBe(false);
    expect(await upload(author, { text: 'other' })).toEqual({ file: other.file, isReplay: true });
    await expect(upload(author)).rejects.toMatchObject(CONFLICT);
    expect((await kept(author)).rows).toEqual([old.file.id, other.file.id].toSorted());
  });

  it('is not freed by another project', async () => {
    const author = newAuthor();
    const { file } = await upload(author, { file: { expiresAfterS: 3600 } });
    await age(file.id, DAY_MS);
    await upload(newAuthor(author.workspaceId));
    const { results } = await bindings.DB.prepare('select idempotency_key as key from files where id = ?')
      .bind(file.id)
      .all();
    expect(results).toEqual([{ key: 'k' }]);
  });

  it('goes with a file that is deleted', async () => {
    const author = newAuthor();
    const { file } = await upload(author);
    await deleteFile(bindings, author, file.id);
    const again = await upload(author, { text: 'other' });
    expect(again.isReplay).toBe(false);
    expect((await kept(author)).rows).toEqual([again.file.id]);
  });

  it('goes with a file that expires, swept or not', async () => {
    const author = newAuthor();
    const file = { expiresAfterS: 3600 };
    const old = await upload(author, { file });
    await age(old.file.id, 3_600_000);
    const again = await upload(author, { file });
    expect(again.isReplay).toBe(false);
    await sweepExpiredFiles(bindings, Date.now());
    expect((await kept(author)).rows).toEqual([again.file.id]);
    expect(await upload(author, { file })).toEqual({ file: again.file, isReplay: true });
  });

  it('remembers nothing of an upload that failed', async () => {
    const author = newAuthor();
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* bytesOf('some');
      throw new Error('the client has gone');
    }
    await expect(createFileOnce(bindings, author, 'k', NOTES, broken())).rejects.toThrow('has gone');
    await expect(upload(author, { env: failing(bindings, 1, 'before').env })).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
    expect(await upload(author, { text: 'other' })).toMatchObject({ isReplay: false });
  });

  it('remembers an upload of which only the answer was lost', async () => {
    const author = newAuthor();
    const first = await upload(author, { env: failing(bindings, 1, 'after').env });
    expect(first.isReplay).toBe(false);
    expect(await upload(author)).toEqual({ file: first.file, isReplay: true });
    expect(await kept(author)).toEqual(onlyOf(author, first.file.id));
  });
});

describe('the quota of a workspace', () => {
  const quotaBytes = 15;

  it('has room for a repetition, and for nothing else', async () => {
    const author = newAuthor();
    const { file } = await upload(author, { quotaBytes });
    expect(await upload(author, { quotaBytes })).toEqual({ file, isReplay: true });
    await expect(upload(author, { quotaBytes, text: 'other text' })).rejects.toMatchObject(CONFLICT);
    await expect(upload(author, { quotaBytes, key: 'l' })).rejects.toMatchObject({
      code: 'storage_quota_exceeded',
    });
    await age(file.id, DAY_MS);
    await expect(upload(author, { quotaBytes })).rejects.toMatchObject({ code: 'storage_quota_exceeded' });
    expect(await kept(author)).toEqual(onlyOf(author, file.id));
  });

  it('has room for one of many that come at once', async () => {
    const author = newAuthor();
    const all = await Promise.all(Array.from({ length: 5 }, () => upload(author, { quotaBytes })));
    expect(new Set(all.map(({ file }) => file.id)).size).toBe(1);
    expect(await kept(author)).toEqual(onlyOf(author, all[0]?.file.id ?? ''));
  });
});
