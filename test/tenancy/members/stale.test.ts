import { env as bound } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { Env } from '../../../src/env.ts';
import { changeRole } from '../../../src/tenancy/members/change-role.ts';
import { leaveWorkspace, removeMember } from '../../../src/tenancy/members/remove.ts';
import type { MemberRole } from '../../../src/tenancy/types.ts';
import { as, newMember, newTeam } from '../../support/people.ts';

const env = bound as unknown as Env;

// What a request found of its caller may be out of date by the time it writes.
it('does nothing on the word of a member who was demoted or removed in the meantime', async () => {
  const team = await newTeam();
  const target = await newMember(team.id, 'developer');
  const actorOf = (userId: string, role: MemberRole) =>
    ({ kind: 'member', userId, workspaceId: team.id, role }) as const;
  for (const how of ['demoted', 'removed']) {
    const admin = await newMember(team.id, 'admin');
    const stale = actorOf(admin.id, 'admin');
    const path = `/api/members/${admin.id}`;
    await (how === 'demoted'
      ? as(team.owner, 'PATCH', path, { body: { role: 'viewer' } })
      : as(team.owner, 'DELETE', path));
    const before = (await as(team.owner, 'GET', '/api/audit')).body.data.length;
    const conflict = expect.objectContaining({ code: 'conflict' });
    await expect(changeRole(env, stale, target.id, { role: 'admin' }), how).rejects.toEqual(conflict);
    await expect(removeMember(env, stale, target.id, undefined), how).rejects.toEqual(conflict);
    expect((await as(team.owner, 'GET', '/api/audit')).body.data, how).toHaveLength(before);
    expect((await as(target, 'GET', '/api/me')).body.role).toBe('developer');
  }
});

it('takes nobody out twice', async () => {
  const team = await newTeam();
  const member = await newMember(team.id, 'viewer');
  const actor = { kind: 'member', userId: member.id, workspaceId: team.id, role: 'viewer' } as const;
  const left = await Promise.allSettled([leaveWorkspace(env, actor), leaveWorkspace(env, actor)]);
  expect(left.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});
