import { answerOnce } from '../cache/idempotency/answer-once.ts';
import { checkIdempotencyKey } from '../cache/idempotency/key.ts';
import { GatewayError } from '../errors.ts';
import { checkCaller } from '../gateway/admit.ts';
import { idempotencyClient } from '../objects/idempotency/client.ts';
import type { KeyScope } from '../objects/idempotency/types.ts';
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
  const props = c.executionCtx.props as Partial<RunProps>;
  if (props.run !== undefined) {
    joinRun(c, scope, { ...props, run: props.run });
    return await handler(c);
  }
  checkCaller(caller, c.req.header('cf-connecting-ip') ?? null);
  return await answerOnce(c.env, scope, request, await readBody(request));
}

/** Tells the handler who asks for its answer: the object of the key. */
function joinRun(c: HttpContext, scope: KeyScope, { run, begun, waived }: RunProps): void {
  const client = idempotencyClient(c.env, scope);
  c.set('waived', waived);
  c.set('keeper', {
    mayBill: (ending) => client.mayBill(run, ending, c.get('generationId') ?? ''),
    ended: (billed) => client.ended(run, billed),
  });
  c.set('beginning', {
    earlier: begun ?? null,
    async remember(coming) {
      const isKnown = await client.begins(run, coming).catch((cause: unknown) => {
        throw new GatewayError('storage_unavailable', { cause });
      });
      if (!isKnown) throw new GatewayError('storage_unavailable');
    },
  });
}
