import type { InferSelectModel } from 'drizzle-orm';
import type { BatchStatus, batches } from '../db/schema/batches.ts';
import { toSeconds } from '../tenancy/page.ts';

export type StoredBatch = InferSelectModel<typeof batches>;

/** Why a batch failed as a whole. */
export interface BatchError {
  code: string;
  message: string;
  line: number | null;
  param: string | null;
}

/** A batch as OpenAI's API shows it (https://platform.openai.com/docs/api-reference/batch/object); Unix seconds. */
export interface BatchView {
  id: string;
  object: 'batch';
  endpoint: string;
  /** The one that all lines name; null where they name several. */
  model: string | null;
  errors: { object: 'list'; data: BatchError[] } | null;
  input_file_id: string;
  completion_window: '24h';
  status: BatchStatus;
  output_file_id: string | null;
  error_file_id: string | null;
  created_at: number;
  in_progress_at: number | null;
  expires_at: number;
  finalizing_at: number | null;
  completed_at: number | null;
  failed_at: number | null;
  expired_at: number | null;
  cancelling_at: number | null;
  cancelled_at: number | null;
  request_counts: { total: number; completed: number; failed: number };
  usage: {
    input_tokens: number;
    input_tokens_details: { cached_tokens: number };
    output_tokens: number;
    output_tokens_details: { reasoning_tokens: number };
    total_tokens: number;
  };
  metadata: Record<string, string> | null;
}

export function batchView(row: StoredBatch): BatchView {
  return {
    id: row.id,
    object: 'batch',
    endpoint: row.endpoint,
    model: row.model,
    errors: row.errors && { object: 'list', data: row.errors },
    input_file_id: row.inputFileId,
    completion_window: '24h',
    status: row.status,
    output_file_id: row.outputFileId,
    error_file_id: row.errorFileId,
    created_at: toSeconds(row.createdAt),
    in_progress_at: seconds(row.inProgressAt),
    expires_at: toSeconds(row.expiresAt),
    finalizing_at: seconds(row.finalizingAt),
    completed_at: seconds(row.completedAt),
    failed_at: seconds(row.failedAt),
    expired_at: seconds(row.expiredAt),
    cancelling_at: seconds(row.cancellingAt),
    cancelled_at: seconds(row.cancelledAt),
    request_counts: { total: row.total, completed: row.completed, failed: row.failed },
    usage: usageView(row.usage),
    metadata: row.metadata,
  };
}

/** What has been counted so far. */
function usageView(usage: StoredBatch['usage']): BatchView['usage'] {
  const { input, cached, output, reasoning } = usage ?? { input: 0, cached: 0, output: 0, reasoning: 0 };
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

function seconds(milliseconds: number | null): number | null {
  return milliseconds === null ? null : toSeconds(milliseconds);
}
