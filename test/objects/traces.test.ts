import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Bindings } from '../../src/env.ts';
import { tracesClient } from '../../src/objects/traces/client.ts';

const bindings = env as unknown as Bindings;
const DAY_MS = 24 * 60 * 60 * 1000;

describe('the generations of a workspace', () => {
  it('finds what was recorded, and nothing of another workspace', async () => {
    const mine = tracesClient(bindings, 'ws_traces_1');
    await mine.record([{ id: 'gen_1', createdAt: Date.now(), receipt: '{"id":"gen_1"}' }]);
    expect(await mine.find('gen_1')).toBe('{"id":"gen_1"}');
    expect(await mine.find('gen_2')).toBeNull();
    expect(await tracesClient(bindings, 'ws_traces_2').find('gen_1')).toBeNull();
  });

  it('keeps the first receipt of an id', async () => {
    const traces = tracesClient(bindings, 'ws_traces_3');
    await traces.record([{ id: 'gen_1', createdAt: 1, receipt: 'first' }]);
    await traces.record([{ id: 'gen_1', createdAt: 1, receipt: 'second' }]);
    expect(await traces.find('gen_1')).toBe('first');
  });

  it('sweeps what is older than 30 days, and sleeps when nothing is left', async () => {
    const traces = tracesClient(bindings, 'ws_traces_4');
    const stub = bindings.TRACES.get(bindings.TRACES.idFromName('ws_traces_4'));
    await traces.record([
      { id: 'gen_old', createdAt: Date.now() - 31 * DAY_MS, receipt: '{}' },
      { id: 'gen_new', createdAt: Date.now() - 29 * DAY_MS, receipt: '{}' },
    ]);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await traces.find('gen_old')).toBeNull();
    expect(await traces.find('gen_new')).toBe('{}');
    await runInDurableObject(stub, (_, state) => void state.storage.sql.exec('DELETE FROM generations'));
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
  });
});
