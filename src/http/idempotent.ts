import { answerOnce } from '../cache/idempotency/answer-once.ts';
import { checkIdempotencyKey } from '../cache/idempotency/key.ts';
import { checkCaller } from '../gateway/admit.ts';
import { idempotencyClient } from '../objects/idempotency/client.ts';
import type { RunProps } from '../objects/runs/types.ts';
import type { HttpContext } from './context.ts';
import { readBody } from './middleware/body.ts';

export type Handler = (c: HttpContext) => Response | Promise<Response>;

/** A handler of the data plane that answers a POST with an `Idempotency-Key` once. */
export function idempotent(handler: Handler): Handler {
  return (c) => {
    const key = c.req.raw.headers.get('idempotency-key');
    return key === null || c.req.raw.method !== 'POST' ? handler(c) : handleOnce(c, key, handler);
  };
}

async function handleOnce(c: HttpContext, key: string, handler: Handler): Promise<Response> {
  const caller = c.get('principal');
  if (caller.kind !== 'key') return await handler(c);
  checkIdempotencyKey(key);
  const scope = { workspaceId: caller.workspaceId, projectId: caller.projectId, key };
  const request = c.req.raw;
  const { run } = c.executionCtx.props as Partial<RunProps>;
  if (run !== undefined) {
    const client = idempotencyClient(c.env, scope);
    c.set('keeper', {
      ended: (billed) => client.ended(run, billed),
      gaveUp: () => client.gaveUp(run),
    });
    return await handler(c);
  }
  checkCaller(caller, c.req.header('cf-connecting-ip') ?? null);
  return await answerOnce(c.env, scope, request, await readBody(request));
}
