import { keepSpeech } from '../batches/speech/keep.ts';
import { GatewayError } from '../errors.ts';
import type { HttpContext } from './context.ts';
import { createSpeech } from './v1/audio.ts';
import { callerOf } from './v1/run-call.ts';

/**
 * Speech for a line of a batch: a file keeps the sound, and the answer names it.
 * @throws GatewayError as `createSpeech` and `keepSpeech`; what broke the sound off, where something did.
 */
export async function createSpeechFile(c: HttpContext): Promise<Response> {
  const spoken = await createSpeech(c);
  const run = c.get('line');
  if (!run || !spoken.body) throw new GatewayError('internal_error');
  const { workspaceId, projectId } = callerOf(c);
  const { batch, line, generationId } = run;
  const contentType = spoken.headers.get('content-type')?.split(';')[0]?.trim() ?? 'application/octet-stream';
  try {
    const { id, bytes } = await keepSpeech(
      c.env,
      { workspaceId, projectId, batchId: batch.id, line, generationId },
      contentType,
      spoken.body,
    );
    return c.json({ object: 'audio.speech', file_id: id, content_type: contentType, bytes });
  } catch (thrown) {
    throw thrown instanceof GatewayError ? thrown : (batch.failure ?? thrown);
  }
}
