import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { sweepImages } from '../../../src/gateway/images/sweep.ts';

const own = env as unknown as Env;
const MARK = 'images-swept';
const DAY_MS = 24 * 60 * 60 * 1000;

const keys = async () => (await own.FILES.list()).objects.map(({ key }) => key).sort();

it('deletes pictures when a day has gone by, and nothing before', async () => {
  await own.FILES.put('ws_1/images/gen_1-0.png', 'a');
  await own.FILES.put('ws_2/images/gen_2-0.png', 'b');
  await own.FILES.put('ws_2/files/images.txt', 'not a picture');
  expect(await sweepImages(own, Date.now() + DAY_MS - 60_000)).toBe(0);
  expect(await keys()).toEqual([
    MARK,
    'ws_1/images/gen_1-0.png',
    'ws_2/files/images.txt',
    'ws_2/images/gen_2-0.png',
  ]);
  expect(await sweepImages(own, Date.now() + DAY_MS + 60_000)).toBe(2);
  expect(await keys()).toEqual([MARK, 'ws_2/files/images.txt']);
});

it('goes on where it stopped, and then from the beginning', async () => {
  await own.FILES.put('ws_1/images/gen_1-0.png', 'a');
  await own.FILES.put('ws_2/images/gen_2-0.png', 'b');
  await own.FILES.put(MARK, 'ws_1/images/gen_1-0.png');
  const late = Date.now() + 2 * DAY_MS;
  expect(await sweepImages(own, late)).toBe(1);
  expect(await keys()).toContain('ws_1/images/gen_1-0.png');
  expect(await sweepImages(own, late)).toBe(1);
});
