import type { BatchOrder, StopReason } from '../../objects/batch/types.ts';
import { generationIdOf } from '../generation-id.ts';

/** Why a line was not run, or came to nothing. */
export interface LineFault {
  /** Stable: docs/batches.md lists them. */
  code: string;
  message: string;
  /** What of the line is wrong. */
  param: string | null;
}

/** A line of a batch, as results name it. */
export interface NamedLine {
  line: number;
  customId: string | null;
  /** 0 for one that was never run. */
  attempt: number;
}

type Named = Pick<BatchOrder, 'batchId' | 'createdAt'>;

const STOPPED: Record<StopReason, LineFault> = {
  expired: {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
    param: null,
  },
  cancelled: {
    code: 'batch_cancelled',
    message: 'This request was not executed before the batch was cancelled.',
    param: null,
  },
};

/** The line of the error file for a line without an answer. */
export function errorLine(batch: Named, named: NamedLine, { code, message, param }: LineFault): string {
  return JSON.stringify({
    id: resultIdOf(batch, named),
    custom_id: named.customId,
    response: null,
    error: { code, message, param, line: named.line },
  });
}

/** The same for a line that was not run. */
export function stoppedLine(batch: Named, named: NamedLine, reason: StopReason): string {
  return errorLine(batch, named, STOPPED[reason]);
}

/**
 * The line of the output or error file for a line with an answer
 * (https://platform.openai.com/docs/api-reference/batch/request-output).
 * @param body JSON text, taken over as it is written.
 */
export function answerLine(
  batch: Named,
  named: NamedLine,
  answer: { status: number; requestId: string; body: string },
): string {
  const id = JSON.stringify(resultIdOf(batch, named));
  const head = `"status_code":${answer.status},"request_id":${JSON.stringify(answer.requestId)}`;
  // Strings of JSON hold no line ends: those that there are stand between its parts.
  const body = answer.body.replace(/[\r\n]+/g, ' ');
  return `{"id":${id},"custom_id":${JSON.stringify(named.customId)},"response":{${head},"body":${body}},"error":null}`;
}

/** `batch_req_…`, the stem being that of the generation. */
function resultIdOf(batch: Named, { line, attempt }: NamedLine): string {
  return `batch_req_${generationIdOf(batch, line, attempt).slice('gen_'.length)}`;
}
