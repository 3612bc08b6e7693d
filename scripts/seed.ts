/**
 * A key that works: the one of an earlier start, or that of a new demo workspace.
 * @throws Error with the gateway's answer when seeding fails.
 */
export async function seedDemo(url: string, adminKey: string, known: string | null): Promise<string> {
  if (known && (await works(url, known))) return known;
  const workspace = await post<{ id: string }>(url, adminKey, '/api/workspaces', {
    name: 'Demo',
    credits: 20,
  });
  const key = await post<{ key: string }>(url, adminKey, '/api/keys', {
    name: 'Demo key',
    workspace: workspace.id,
    role: 'admin',
  });
  return key.key;
}

async function works(url: string, key: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  await response.body?.cancel();
  return response.ok;
}

async function post<T>(url: string, adminKey: string, path: string, body: unknown): Promise<T> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text) as T;
}
