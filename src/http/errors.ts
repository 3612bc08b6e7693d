import { errorResponse, GatewayError, toGatewayError } from '../errors.ts';
import { messagesErrorBody } from '../gateway/formats/messages-format.ts';
import { newId } from '../lib/id.ts';
import type { HttpContext } from './context.ts';

/** The answer to anything thrown while a request was handled. */
export function handleError(thrown: unknown, c: HttpContext): Response {
  const error = toGatewayError(thrown);
  const requestId = c.get('requestId') ?? newId('request');
  if (error.type === 'server_error') {
    console.error(JSON.stringify({ request_id: requestId, error: error.code, cause: describe(error.cause) }));
  }
  const body = bodyFor(c.req.path, error, requestId);
  const response = errorResponse(error, requestId, body);
  if (body) response.headers.set('request-id', requestId);
  const generationId = c.get('generationId');
  if (generationId) response.headers.set('x-generation-id', generationId);
  return response;
}

/** The error as those who call this path expect it; undefined for our own envelope. */
function bodyFor(path: string, error: GatewayError, requestId: string): object | undefined {
  const ofMessages = path === '/v1/messages' || path.startsWith('/v1/messages/');
  return ofMessages ? messagesErrorBody(error, requestId) : undefined;
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

/**
 * A fault's name and place for the log. Messages of faults may hold what users sent, so they stay out, but
 * for the database's own, which name tables and columns.
 */
function describe(thrown: unknown): string {
  let cause = thrown;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return typeof cause;
  const message = cause.message.startsWith('D1_ERROR') ? ` ${cause.message.slice(0, 300)}` : '';
  return `${cause.name}${message} ${cause.stack?.split('\n').slice(1, 4).join(' ').trim() ?? ''}`;
}
