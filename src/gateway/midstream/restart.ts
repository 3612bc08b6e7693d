import type { ErrorCode } from '../../errors.ts';

/**
 * The announcement, as SSE text, that the answer starts anew: all that the client has of it is void. It is no
 * chunk, so it goes only to clients that allowed `restart`.
 * @param reason why the stream broke.
 * @param id the generation id, which stays.
 * @param model the canonical id of the model that answers now.
 */
export function restartEvent(restart: { reason: ErrorCode; id: string; model: string }): string {
  const { reason, id, model } = restart;
  return `data: ${JSON.stringify({ object: 'gateway.event', type: 'restart', reason, id, model })}\n\n`;
}
