import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { faults } from '../support/node/openai-schema.ts';
import { type Caller, newCaller, startWorld, type World } from '../support/node/world.ts';
import { PDF, PNG, upload } from './file-samples.ts';

let world: World;
let folder: string;
beforeAll(async () => {
  world = await startWorld();
  folder = mkdtempSync(join(tmpdir(), 'files-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await world.stop();
});

describe('the SDK', () => {
  it('creates a file from a stream, reads, lists and deletes it', async () => {
    const caller = await newCaller(world);
    const path = join(folder, 'requests.jsonl');
    writeFileSync(path, '{"custom_id":"1"}\n'.repeat(10_000));
    const made = await caller.client.files.create({
      file: createReadStream(path),
      purpose: 'batch',
      expires_after: { anchor: 'created_at', seconds: 3600 },
    });
    expect(made).toMatchObject({ filename: 'requests.jsonl', bytes: 180_000, purpose: 'batch' });
    expect((made.expires_at ?? 0) - made.created_at).toBe(3600);
    expect(faults(made, 'OpenAIFile')).toEqual([]);
    expect(await caller.client.files.waitForProcessing(made.id)).toEqual(made);
    expect(await caller.client.files.retrieve(made.id)).toEqual(made);
    const content = await caller.client.files.content(made.id);
    expect(Buffer.from(await content.arrayBuffer()).equals(readFileSync(path))).toBe(true);

    const others = await Promise.all(
      ['a.txt', '文書.txt'].map((name) => upload(caller, Buffer.from('x'), name)),
    );
    const listed: OpenAI.FileObject[] = [];
    for await (const file of caller.client.files.list({ limit: 1, order: 'asc' })) listed.push(file);
    expect(listed[0]).toEqual(made);
    // The API itself says null where the description says nothing.
    const text = await (await caller.fetch('/v1/files')).text();
    const list = JSON.parse(text.replaceAll(',"expires_at":null', ''));
    expect(faults(list, 'ListFilesResponse')).toEqual([]);
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    expect(listed.slice(1)).toEqual(others.toSorted(byId));

    const deleted = await caller.client.files.delete(made.id);
    expect(deleted).toEqual({ id: made.id, object: 'file', deleted: true });
    expect(faults(deleted, 'DeleteFileResponse')).toEqual([]);
    await expect(caller.client.files.retrieve(made.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(
      caller.client.files.create({ file: createReadStream(path), purpose: 'fun' as 'batch' }),
    ).rejects.toMatchObject({ status: 400, code: 'invalid_value', param: 'purpose' });
  });
});

test('curl uploads a file and reads a range of it', () => {
  const path = join(folder, 'na"ïve 文.txt');
  writeFileSync(path, 'hello world');
  const curl = (...args: string[]): string =>
    execFileSync('curl', ['-sS', '-H', `authorization: Bearer ${world.key}`, ...args], { encoding: 'utf8' });
  const url = `${world.gateway.origin}/v1/files`;
  const made = JSON.parse(curl(url, '-F', 'purpose=user_data', '-F', `file=@"${path.replace('"', '\\"')}"`));
  expect(made).toMatchObject({ filename: 'na"ïve 文.txt', bytes: 11 });
  expect(curl(`${url}/${made.id}/content`, '-r', '6-8')).toBe('wor');
});

/** A form whose file is so many bytes, sent as it is asked for. */
function* formOf(bytes: number): Generator<Buffer> {
  yield Buffer.from('--b\r\ncontent-disposition: form-data; name="file"; filename="big.bin"\r\n\r\n');
  const piece = Buffer.alloc(1024 * 1024, 'x');
  for (let left = bytes; left > 0; left -= piece.length)
    yield piece.subarray(0, Math.min(left, piece.length));
  yield Buffer.from(
    '\r\n--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n--b--\r\n',
  );
}

const send = (bytes: number, caller: Caller = world) =>
  caller.fetch('/v1/files', {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    body: Readable.from(formOf(bytes)),
    duplex: 'half',
  } as unknown as RequestInit);

const listOf = async (caller: Caller) => (await caller.client.files.list()).data;

describe('a large file', () => {
  it('of 64 MB is stored whole', async () => {
    const size = 64 * 1024 * 1024 + 7;
    const made = (await (await send(size)).json()) as OpenAI.FileObject;
    expect(made.bytes).toBe(size);
    const end = await world.fetch(`/v1/files/${made.id}/content`, { headers: { range: 'bytes=-3' } });
    expect(end.headers.get('content-range')).toBe(`bytes ${size - 3}-${size - 1}/${size}`);
    expect(await end.text()).toBe('xxx');
    await world.client.files.delete(made.id);
  });

  it('over the limit is refused before it is sent, where its length is told', async () => {
    const length = 600 * 1024 * 1024;
    const status = await new Promise((resolve, reject) => {
      const sent = request(
        `${world.gateway.origin}/v1/files`,
        {
          method: 'POST',
          headers: {
            authorization: `Bearer ${world.key}`,
            'content-type': 'multipart/form-data; boundary=b',
            'content-length': length,
          },
        },
        (response) => resolve(response.statusCode),
      );
      sent.on('error', reject);
      // What is read and thrown away of it, and no more.
      sent.write(Buffer.alloc(65 * 1024 * 1024));
    });
    expect(status).toBe(413);
  });
});

test('fifty files at once are kept apart', async () => {
  const caller = await newCaller(world);
  const made = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      upload(caller, Buffer.alloc(100_000 + index, index), `${index}.bin`),
    ),
  );
  expect(made.map(({ bytes }) => bytes)).toEqual(made.map((_, index) => 100_000 + index));
  const contents = await Promise.all(
    made.map(async ({ id }) => Buffer.from(await (await caller.client.files.content(id)).arrayBuffer())),
  );
  expect(contents.findIndex((bytes, index) => !bytes.equals(Buffer.alloc(100_000 + index, index)))).toBe(-1);
  expect(await listOf(caller)).toHaveLength(50);
});

describe('an upload with an idempotency key', () => {
  const create = async (caller: Caller, bytes: Uint8Array, key: string) => {
    const file = await toFile(bytes, 'paper.pdf');
    const asked = { file, purpose: 'user_data' } as const;
    return await caller.client.files.create(asked, { headers: { 'Idempotency-Key': key } }).withResponse();
  };

  it('is one file, however often the SDK sends it', async () => {
    const caller = await newCaller(world);
    const first = await create(caller, PDF, 'paper');
    const again = await create(caller, PDF, 'paper');
    expect(again.data).toEqual(first.data);
    const replays = [first, again].map(({ response }) => response.headers.get('x-idempotent-replay'));
    expect(replays).toEqual([null, 'true']);
    expect(await listOf(caller)).toEqual([first.data]);
    const refused = create(caller, PNG, 'paper');
    await expect(refused).rejects.toMatchObject({ status: 409, code: 'idempotency_key_conflict' });
    await caller.client.files.delete(first.data.id);
    expect((await create(caller, PNG, 'paper')).data.id).not.toBe(first.data.id);
  });

  it('is one file where ten come at once', async () => {
    const caller = await newCaller(world);
    // So large that they are stored in parts.
    const bytes = Buffer.alloc(6 * 1024 * 1024, 'x');
    const all = await Promise.all(Array.from({ length: 10 }, () => create(caller, bytes, 'large')));
    expect(new Set(all.map(({ data }) => data.id)).size).toBe(1);
    const first = all.filter(({ response }) => !response.headers.has('x-idempotent-replay'));
    expect(first).toHaveLength(1);
    expect(await listOf(caller)).toEqual([all[0]?.data]);
    const content = await caller.client.files.content(all[0]?.data.id ?? '');
    expect(bytes.equals(Buffer.from(await content.arrayBuffer()))).toBe(true);
  });
});

test('nothing is left of a client that leaves in the middle', async () => {
  const caller = await newCaller(world);
  const sent = request(`${world.gateway.origin}/v1/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${caller.key}`, 'content-type': 'multipart/form-data; boundary=b' },
  });
  const gone = new Promise((resolve) => sent.on('error', resolve));
  sent.write('--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n');
  // So much that parts of it have been stored.
  await new Promise((resolve) => sent.write(Buffer.alloc(12 * 1024 * 1024, 'x'), resolve));
  sent.destroy(new Error('left'));
  await gone;
  // A file that is stored in full comes behind whatever was left of the other.
  await upload(caller, PDF, 'later.pdf');
  expect((await listOf(caller)).map(({ filename }) => filename)).toEqual(['later.pdf']);
});
