import { ERRORS, type ErrorCode, type ErrorEnvelope } from '../../../errors.ts';
import type { JsonObject } from '../../../lib/json.ts';

/** Codes that say more than their status. */
const BY_CODE: Partial<Record<ErrorCode, string>> = {
  budget_exceeded: 'billing_error',
  conflict: 'conflict_error',
  upstream_overloaded: 'overloaded_error',
  upstream_waking: 'overloaded_error',
};

const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
};

/** By this the SDK's tool runner knows to send the whole conversation itself. */
const UNTHREADED = { error_code: 'thread_unsupported_request', unsupported: ['thread'] };

/**
 * An error as the Messages API tells it (https://platform.claude.com/docs/en/api/errors). The gateway's own code
 * and the parameter stand beside its type.
 */
export function messagesError(error: ErrorEnvelope['error']): JsonObject {
  const { code, message, param, request_id } = error;
  const { status } = ERRORS[code];
  const type = BY_CODE[code] ?? BY_STATUS[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
  return {
    type: 'error',
    error: {
      type,
      message: code === 'context_length_exceeded' ? tooLong(message) : message,
      code,
      ...(param === null ? {} : { param }),
      ...(code === 'unsupported_parameter' && param === 'thread' ? { details: UNTHREADED } : {}),
    },
    request_id,
  };
}

/**
 * The API has no type for a request that is longer than the context: clients that shorten their conversation then know
 * it by these words (https://github.com/anthropics/claude-code/issues/820).
 */
function tooLong(message: string): string {
  return /prompt is too long/i.test(message) ? message : `prompt is too long: ${message}`;
}
