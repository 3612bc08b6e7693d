import * as z from 'zod/mini';
import { inputError } from '../invalid-input.ts';
import { parseBody } from '../json-body.ts';
import { checkMetadata } from '../metadata.ts';
import { BATCH_ENDPOINTS, type BatchEndpoint } from './endpoints.ts';

/** What a new batch is asked to be. */
export interface NewBatch {
  inputFileId: string;
  endpoint: BatchEndpoint;
  metadata: Record<string, string> | null;
  /** How long the files that it writes are kept. */
  outputExpiresAfterS: number | null;
}

/** https://platform.openai.com/docs/api-reference/batch/create */
const Body = z.object({
  input_file_id: z.string().check(z.minLength(1), z.maxLength(100)),
  endpoint: z.enum(BATCH_ENDPOINTS),
  completion_window: z.literal('24h'),
  metadata: z.optional(z.unknown()),
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
  return {
    inputFileId: input_file_id,
    endpoint,
    metadata: checkMetadata(metadata),
    outputExpiresAfterS: output_expires_after?.seconds ?? null,
  };
}
