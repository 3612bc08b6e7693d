import { exports } from 'cloudflare:workers';
import { expect } from 'vitest';

/** The operator key that vitest.config.ts gives the Worker. */
export const OPERATOR = 'operator-key-of-the-tests';

const worker = (exports as unknown as { default: Fetcher }).default;

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed body; the text where it is not JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape.
  body: any;
}

/** One request to the Worker, as a client would send it. */
export async function call(
  method: string,
  path: string,
  { key, body, headers }: { key?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await send(method, path, {
    ...(key ? { key } : {}),
    body,
    ...(headers ? { headers } : {}),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text) };
}

/** The same, with the response as it comes. */
export function send(
  method: string,
  path: string,
  {
    key,
    body,
    headers,
    signal,
  }: { key?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<Response> {
  const isText = typeof body === 'string' || body instanceof ReadableStream || body instanceof Uint8Array;
  return worker.fetch(`http://interline.test${path}`, {
    method,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isText ? (body as BodyInit) : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A new workspace with credits. */
export async function newWorkspace(name = 'Test'): Promise<{ id: string }> {
  const answer = await call('POST', '/api/workspaces', { key: OPERATOR, body: { name, credits: 10 } });
  expect(answer.status).toBe(201);
  return answer.body;
}

/** A new key of a workspace. */
export async function newKey(
  workspace: string,
  role: 'inference' | 'read' | 'developer' | 'admin' = 'inference',
): Promise<{ id: string; key: string; project: string }> {
  const answer = await call('POST', '/api/keys', { key: OPERATOR, body: { name: role, workspace, role } });
  expect(answer.status).toBe(201);
  return answer.body;
}

/** Says that an answer is an error in OpenAI's envelope, with our id, and answers its code and parameter. */
export function errorOf(answer: Answer): { status: number; code: string; param: string | null } {
  expect(answer.headers.get('content-type')).toBe('application/json');
  const { error } = answer.body;
  expect(Object.keys(error).sort()).toEqual(['code', 'message', 'param', 'request_id', 'type']);
  expect(error.message).toEqual(expect.any(String));
  expect(error.request_id).toBe(answer.headers.get('x-request-id'));
  return { status: answer.status, code: error.code, param: error.param };
}
