import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { createFile } from '../../src/files/create.ts';
import { objectKey } from '../../src/files/object-key.ts';
import { sweepLostObjects } from '../../src/files/sweep-lost.ts';
import { newId } from '../../src/lib/id.ts';
import { failing } from '../support/failing-storage.ts';
import { newWorkspace } from '../support/gateway.ts';

const bindings = env as unknown as Env;
const DAY_MS = 24 * 60 * 60 * 1000;
const late = (): number => Date.now() + DAY_MS + 60_000;

const putLost = async (workspaceId: string): Promise<string> => {
  const key = objectKey(workspaceId, newId('file'));
  await bindings.FILES.put(key, 'lost');
  return key;
};
const keysOf = async (workspaceId: string): Promise<string[]> =>
  (await bindings.FILES.list({ prefix: `${workspaceId}/` })).objects.map(({ key }) => key);

async function createIn(workspaceId: string, own = bindings): Promise<string> {
  const author = { workspaceId, projectId: newId('project'), actor: 'tests' };
  async function* body() {
    yield new Uint8Array(3);
  }
  const file = { purpose: 'user_data', filename: 'a.bin', contentType: 'application/octet-stream' } as const;
  return objectKey(workspaceId, (await createFile(own, author, file, body())).id);
}

beforeEach(async () => {
  await bindings.DB.prepare('delete from jobs').run();
  await bindings.DB.prepare('delete from workspaces').run();
});

it('deletes bytes without a row when a day has gone by, and nothing else', async () => {
  const { id } = await newWorkspace();
  const kept = await createIn(id);
  const lost = await putLost(id);
  const others = [`${id}/images/gen_1-0.png`, `${id}/responses/resp_1.json`];
  for (const key of others) await bindings.FILES.put(key, 'x');
  expect(await sweepLostObjects(bindings, Date.now() + DAY_MS - 60_000)).toBe(0);
  expect(await keysOf(id)).toContain(lost);
  expect(await sweepLostObjects(bindings, late())).toBe(1);
  expect(await keysOf(id)).toEqual([kept, ...others]);
  expect(await sweepLostObjects(bindings, late())).toBe(0);
});

it('deletes what an upload left whose row failed', async () => {
  const { id } = await newWorkspace();
  await expect(createIn(id, failing(bindings, 1, 'before').env)).rejects.toThrow();
  expect(await keysOf(id)).toHaveLength(1);
  expect(await sweepLostObjects(bindings, late())).toBe(1);
  expect(await keysOf(id)).toEqual([]);
});

it('takes a row of another workspace for none', async () => {
  const [{ id }, { id: other }] = [await newWorkspace(), await newWorkspace()];
  const fileId = (await createIn(other)).slice(objectKey(other, '').length);
  await bindings.FILES.put(objectKey(id, fileId), 'lost');
  expect(await sweepLostObjects(bindings, late())).toBe(1);
  expect([await keysOf(id), await keysOf(other)]).toEqual([[], [objectKey(other, fileId)]]);
});

it('goes on where it stopped, workspace by workspace, and then from the beginning', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 3; index++) ids.push((await newWorkspace()).id);
  const [a = '', b = '', c = ''] = ids.toSorted();
  for (const id of ids) await putLost(id);
  const left = async () => (await Promise.all([a, b, c].map(keysOf))).map(({ length }) => length);
  expect(await sweepLostObjects(bindings, late(), 2)).toBe(2);
  expect(await left()).toEqual([0, 0, 1]);
  await putLost(a);
  expect(await sweepLostObjects(bindings, late(), 2)).toBe(1);
  expect(await left()).toEqual([1, 0, 0]);
  expect(await sweepLostObjects(bindings, late(), 2)).toBe(1);
  expect(await left()).toEqual([0, 0, 0]);
});

it('goes on within a workspace of many files', async () => {
  const { id } = await newWorkspace();
  const kept: string[] = [];
  for (let index = 0; index < 3; index++) kept.push(await createIn(id));
  // Behind them, in the order of a bucket.
  for (const suffix of 'abc') await bindings.FILES.put(`${kept.toSorted()[2]}${suffix}`, 'lost');
  // Pages of two instead of a thousand.
  const FILES = new Proxy(bindings.FILES, {
    get: (bucket, name) =>
      name === 'list'
        ? (options: R2ListOptions) => bucket.list({ ...options, limit: 2 })
        : Reflect.get(bucket, name).bind(bucket),
  });
  const own = { ...bindings, FILES } as Env;
  for (const deleted of [0, 1, 2, 0]) expect(await sweepLostObjects(own, late(), 1)).toBe(deleted);
  expect(await keysOf(id)).toEqual(kept.toSorted());
});
