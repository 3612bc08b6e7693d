import { type Answer, call, newKey, newWorkspace, OPERATOR } from '../../support/gateway.ts';

/** A workspace with two projects, the first with the key of `owner`, the second with that of `neighbour`. */
export async function twoProjects() {
  const workspace = (await newWorkspace()).id;
  const owner = await newKey(workspace);
  const project = await call('POST', '/api/projects', { key: OPERATOR, body: { name: 'Next', workspace } });
  const made = await call('POST', '/api/keys', {
    key: OPERATOR,
    body: { name: 'next', workspace, project: project.body.id, role: 'inference' },
  });
  return { workspace, owner, neighbour: made.body.key as string };
}

export const createResponse = (key: string, body: object): Promise<Answer> =>
  call('POST', '/v1/responses', { key, body: { model: 'demo-echo', input: 'one two', ...body } });

/** @param path - behind /v1/responses/ */
export const readResponse = (key: string, path: string): Promise<Answer> =>
  call('GET', `/v1/responses/${path}`, { key });
