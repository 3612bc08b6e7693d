import { call, newKey, newWorkspace } from './gateway.ts';

/** A workspace with an admin's key and one that calls models. */
export interface Tenant {
  id: string;
  admin: string;
  key: string;
}

export async function newTenant(): Promise<Tenant> {
  const { id } = await newWorkspace();
  return { id, admin: (await newKey(id, 'admin')).key, key: (await newKey(id)).key };
}

/** One request to the management API about a rule, its name URL-encoded. */
export function rule(method: string, resource: string, name: string, key: string, body?: object) {
  const path = `/api/${resource}/${encodeURIComponent(name)}`;
  return call(method, path, { key, ...(body === undefined ? {} : { body }) });
}
