import { beforeEach, describe, expect, it } from 'vitest';
import { call, errorOf, OPERATOR } from '../../support/gateway.ts';
import { endpointOf, priced, QWEN, sync, world } from './small-world.ts';
import { emptyRegistry } from './world.ts';

beforeEach(emptyRegistry);

describe('prices that wait', () => {
  const pending = async (state = 'pending') =>
    (await call('GET', `/api/registry/changes?state=${state}`, { key: OPERATOR })).body.data;

  beforeEach(async () => {
    await sync(world());
    await sync(priced(4, 1.2));
  });

  it('are listed, and come into force when they are approved', async () => {
    const [change] = await pending();
    expect(change).toEqual({
      id: expect.stringMatching(/^chg_[0-9a-f]{24}$/),
      endpoint: QWEN,
      reason: 'jump',
      before: { input: 0.4, output: 1.2 },
      after: { input: 4, output: 1.2 },
      state: 'pending',
      found_at: expect.any(Number),
      decided_at: null,
      decided_by: null,
    });
    const answer = await call('POST', `/api/registry/changes/${change.id}/approve`, { key: OPERATOR });
    expect(answer).toMatchObject({ status: 200, body: { state: 'approved', decided_by: 'operator' } });
    expect((await endpointOf(QWEN))?.price).toEqual({ input: 4_000_000_000, output: 1_200_000_000 });
    expect(await pending()).toEqual([]);
    const again = await call('POST', `/api/registry/changes/${change.id}/reject`, { key: OPERATOR });
    expect(errorOf(again)).toEqual({ status: 409, code: 'conflict', param: 'id' });
    expect((await sync(priced(4, 1.2))).counts['price.held']).toBeUndefined();
    const log = await call('GET', '/api/audit', { key: OPERATOR });
    expect(log.body.data[0].action).toMatch(/^registry\.(approve|sync)$/);
  });

  it('are not asked about again when they were rejected', async () => {
    const [change] = await pending();
    const answer = await call('POST', `/api/registry/changes/${change.id}/reject`, { key: OPERATOR });
    expect(answer.body.state).toBe('rejected');
    const report = await sync(priced(4, 1.2));
    expect(report.counts['price.held']).toBeUndefined();
    expect(await pending()).toEqual([]);
    expect((await endpointOf(QWEN))?.price?.input).toBe(400_000_000);
  });

  it('do not wait any more when the sources say something else', async () => {
    await sync(world());
    expect(await pending()).toEqual([]);
    expect(await pending('superseded')).toHaveLength(1);
    await sync(priced(4, 1.2));
    expect(await pending()).toHaveLength(1);
  });

  it('must exist', async () => {
    const answer = await call('POST', '/api/registry/changes/chg_none/approve', { key: OPERATOR });
    expect(errorOf(answer)).toEqual({ status: 404, code: 'not_found', param: 'id' });
  });
});
