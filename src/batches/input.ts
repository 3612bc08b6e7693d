import * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';
import { inputError } from '../invalid-input.ts';
import { parseBody } from '../json-body.ts';
import { BATCH_ENDPOINTS, type BatchEndpoint } from './endpoints.ts';

/** What a new batch is asked to be. */
export interface NewBatch {
  inputFileId: string;
  endpoint: BatchEndpoint;
  metadata: Record<string, string> | null;
  /** How long the files that it writes are kept. */
  outputExpiresAfterS: number | null;
}

const MOST_PAIRS = 16;

/** https://platform.openai.com/docs/api-reference/batch/create */
const Body = z.object({
  input_file_id: z.string().check(z.minLength(1), z.maxLength(100)),
  endpoint: z.enum(BATCH_ENDPOINTS),
  completion_window: z.literal('24h'),
  metadata: z.nullish(z.record(z.string().check(z.maxLength(64)), z.string().check(z.maxLength(512)))),
  output_expires_after: z.nullish(
    z.object({
      anchor: z.literal('created_at'),
      seconds: z.int().check(z.minimum(3_600), z.maximum(2_592_000)),
    }),
  ),
});

/**
 * Reads the body of a request for a batch.
 * @throws GatewayError `invalid_json`, `missing_parameter`, `invalid_type`, `invalid_value`, naming the parameter.
 */
export function readNewBatch(bytes: Uint8Array): NewBatch {
  const given = parseBody(bytes);
  const { success, data, error } = Body.safeParse(given);
  if (!success) throw inputError(error.issues[0], given);
  const { input_file_id, endpoint, metadata, output_expires_after } = data;
  if (metadata && Object.keys(metadata).length > MOST_PAIRS) {
    throw new GatewayError('invalid_value', {
      param: 'metadata',
      message: `metadata must have at most ${MOST_PAIRS} pairs.`,
    });
  }
  return {
    inputFileId: input_file_id,
    endpoint,
    metadata: metadata ?? null,
    outputExpiresAfterS: output_expires_after?.seconds ?? null,
  };
}
