import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Env } from '../../src/env.ts';
import { type MeasuredScore, MOST_SCORES, recordScore } from '../../src/evals/scores.ts';
import { call, OPERATOR } from '../support/gateway.ts';
import { newTenant, type Tenant } from '../support/routing.ts';

const { DB } = env as unknown as { DB: D1Database };

let one: Tenant;
let other: Tenant;

beforeAll(async () => {
  one = await newTenant();
  other = await newTenant();
});

const score = (more: Partial<MeasuredScore> = {}): MeasuredScore => ({
  workspaceId: one.id,
  workflow: 'support',
  model: 'demo/echo',
  mean: 0.9,
  lower: 0.82,
  samples: 50,
  runId: 'run_1',
  measuredAt: 1_700_000_000_000,
  ...more,
});
const record = (more?: Partial<MeasuredScore>) => recordScore(env as unknown as Env, score(more));
const read = async (key: string, query = '') => (await call('GET', `/api/scores${query}`, { key })).body.data;

describe('a score', () => {
  it('is what the newest measurement says', async () => {
    await record();
    await record({ mean: 0.8, lower: 0.7, runId: 'run_2', measuredAt: 1_700_000_005_000 });
    await record({ mean: 1, lower: 1, runId: 'run_late', measuredAt: 1_700_000_004_000 });
    await record({ model: 'demo/json', lower: 0.75, runId: 'run_2' });
    await record({ workflow: 'other' });
    expect(await read(one.admin, '?workflow=support')).toEqual([
      {
        workflow: 'support',
        model: 'demo/json',
        mean: 0.9,
        lower_bound: 0.75,
        samples: 50,
        run: 'run_2',
        measured_at: 1_700_000_000,
      },
      {
        workflow: 'support',
        model: 'demo/echo',
        mean: 0.8,
        lower_bound: 0.7,
        samples: 50,
        run: 'run_2',
        measured_at: 1_700_000_005,
      },
    ]);
    const workflows = (await read(OPERATOR, `?workspace=${one.id}`)).map(
      ({ workflow }: { workflow: string }) => workflow,
    );
    expect(workflows).toEqual(['other', 'support', 'support']);
    expect(await read(other.admin)).toEqual([]);
    const { results } = await DB.prepare(
      "select actor, target from audit_log where action = 'score.record' and workspace_id = ? order by id",
    )
      .bind(one.id)
      .all();
    expect(results).toHaveLength(4);
    expect(results[1]).toEqual({ actor: 'run_2', target: 'demo/echo' });
  });

  it('is a share with its lower bound, of some samples', async () => {
    for (const wrong of [
      { mean: 1.1 },
      { lower: -0.1 },
      { lower: 0.95 },
      { samples: 0 },
      { mean: Number.NaN },
    ])
      await expect(record(wrong), JSON.stringify(wrong)).rejects.toThrow(RangeError);
  });

  it('ends when there are too many newer ones', async () => {
    const row = DB.prepare('insert into scores values (?, ?, ?, 1, 1, 1, ?, ?)');
    await DB.batch(
      Array.from({ length: MOST_SCORES }, (_, at) => row.bind(other.id, 'w', `acme/m${at}`, 'run_0', at)),
    );
    await record({ workspaceId: other.id });
    const left = await read(other.admin);
    expect(left).toHaveLength(MOST_SCORES);
    const models = left.map(({ model }: { model: string }) => model);
    expect(models).not.toContain('acme/m0');
    expect(models).toContain('acme/m1');
    expect(models).toContain('demo/echo');
  });
});
