import { errorResponse, GatewayError, toGatewayError } from '../errors.ts';
import type { HttpContext } from './context.ts';

/** The answer to anything thrown while a request was handled. */
export function handleError(thrown: unknown, c: HttpContext): Response {
  const error = toGatewayError(thrown);
  if (error.code === 'internal_error') {
    console.error(
      JSON.stringify({
        request_id: c.get('requestId'),
        error: 'internal_error',
        cause: describe(error.cause),
      }),
    );
  }
  const response = errorResponse(error, c.get('requestId') ?? null);
  const generationId = c.get('generationId');
  if (generationId) response.headers.set('x-generation-id', generationId);
  return response;
}

/** The answer to a path that nothing serves. */
export function handleNotFound(c: HttpContext): Response {
  return handleError(
    new GatewayError('not_found', { message: `There is nothing at ${c.req.method} ${c.req.path}.` }),
    c,
  );
}

/** The answer to a known path asked with another method. */
export function methodNotAllowed(allow: string): (c: HttpContext) => Response {
  return (c) => {
    const message = `${c.req.path} takes ${allow}, not ${c.req.method}.`;
    const response = handleError(new GatewayError('method_not_allowed', { message }), c);
    response.headers.set('allow', allow);
    return response;
  };
}

/** A fault's name and place for the log: messages of faults may hold what users sent. */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  return `${cause.name} ${cause.stack?.split('\n').slice(1, 4).join(' ').trim() ?? ''}`;
}
