import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { ReadAhead } from '../../src/batches/lines/read-ahead.ts';
import type { Env } from '../../src/env.ts';
import { findFile } from '../../src/files/find.ts';
import { newId } from '../../src/lib/id.ts';
import { inputFile } from '../support/batches.ts';

const bindings = env as unknown as Env;

/** A file of lines that say where they begin, and the ranges of it that are read. */
async function newFile(lines: number, bytes: number) {
  const scope = { workspaceId: newId('workspace'), projectId: newId('project') };
  const texts = Array.from({ length: lines }, (_, index) => String(index * bytes).padEnd(bytes - 1, '.'));
  const file = await findFile(bindings, scope, await inputFile(scope, texts));
  const ranges: R2Range[] = [];
  const get = (key: string, options: { range: R2Range }) => {
    ranges.push(options.range);
    return bindings.FILES.get(key, options);
  };
  const reader = new ReadAhead({ ...bindings, FILES: { get } } as unknown as Env, file);
  const read = async (at: number, length = bytes - 1) => {
    const text = new TextDecoder().decode(await reader.read(at, length));
    return [Number.parseInt(text, 10), text.length];
  };
  return { ranges, read, file };
}

describe('lines that lie near each other', () => {
  it('are read by one call, also those that are read at once', async () => {
    const { ranges, read } = await newFile(1_000, 100);
    const at = [0, 100, 200, 5_000, 65_400, 100];
    expect(await Promise.all(at.map((one) => read(one)))).toEqual(at.map((one) => [one, 99]));
    expect(ranges).toEqual([{ offset: 0, length: 65_536 }]);
    // Over the end of the block, and up to that of the file.
    expect(await read(65_500)).toEqual([65_500, 99]);
    expect(await read(99_900)).toEqual([99_900, 99]);
    expect(ranges.slice(1)).toEqual([{ offset: 65_500, length: 34_499 }]);
  });

  it('are read by themselves where they are large', async () => {
    const { ranges, read } = await newFile(3, 70_000);
    expect(await read(70_000)).toEqual([70_000, 69_999]);
    expect(ranges).toEqual([{ offset: 70_000, length: 69_999 }]);
  });

  it('are asked for anew when that failed', async () => {
    const { read, file } = await newFile(3, 100);
    const object = `${file.workspaceId}/files/${file.id}`;
    const bytes = await (await bindings.FILES.get(object))?.arrayBuffer();
    await bindings.FILES.delete(object);
    await expect(read(0)).rejects.toThrow(/No such File/);
    await bindings.FILES.put(object, bytes ?? '');
    expect(await read(0)).toEqual([0, 99]);
  });
});
