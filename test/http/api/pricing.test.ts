import { describe, expect, it } from 'vitest';
import { call, errorOf, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';
import { as, newMember } from '../../support/people.ts';

const NONE = { margin_percent: 0, models: [], cached_percent: 10 };

describe('GET /api/workspaces/{id}/pricing', () => {
  it('says what holds where nothing was set, and what was set since', async () => {
    const { id } = await newWorkspace();
    const path = `/api/workspaces/${id}/pricing`;
    expect(await call('GET', path, { key: OPERATOR })).toMatchObject({ status: 200, body: NONE });
    const pricing = {
      margin_percent: 12.5,
      models: [{ model: 'openai/*', margin_percent: -5 }],
      cached_percent: 25,
      byok_percent: 3,
    };
    const set = await call('PUT', path, { key: OPERATOR, body: pricing });
    expect(set.body).toEqual(pricing);
    const treasurer = await newMember(id, 'billing');
    expect((await as(treasurer, 'GET', path)).body).toEqual(pricing);
  });

  it('is not for another tenant, and not for all of one’s own', async () => {
    const [mine, theirs] = [await newWorkspace(), await newWorkspace()];
    const admin = await newKey(mine.id, 'admin');
    const foreign = await call('GET', `/api/workspaces/${theirs.id}/pricing`, { key: admin.key });
    expect(errorOf(foreign)).toEqual({ status: 404, code: 'not_found', param: 'id' });
    const viewer = await newMember(mine.id, 'viewer');
    const answer = await as(viewer, 'GET', `/api/workspaces/${mine.id}/pricing`);
    expect(errorOf(answer).code).toBe('permission_denied');
  });
});
