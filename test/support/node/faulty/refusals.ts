import type { WireName } from '../fixtures.ts';
import type { Refusal } from './behaviour.ts';

/** An answer that is not 2xx. */
export interface Refused {
  status: number;
  headers: Record<string, string>;
  body: object;
}

/** How each provider says no, in its own words. */
export function refused(wire: WireName, refusal: Refusal): Refused {
  switch (refusal.kind) {
    case 'limit': {
      const headers = refusal.retryAfter === null ? {} : { 'retry-after': String(refusal.retryAfter) };
      return { status: 429, headers, body: LIMITED[wire] };
    }
    case 'fault':
      return { status: 500, headers: {}, body: BROKEN };
    case 'down':
      return { status: 503, headers: {}, body: BROKEN };
    case 'too_long':
      return { status: 400, headers: {}, body: TOO_LONG[wire] };
    case 'filter':
      return { status: 400, headers: {}, body: FILTERED };
    case 'loading':
      return {
        status: 503,
        headers: {},
        body:
          refusal.seconds === null
            ? { error: { message: 'Loading model', type: 'server_error', code: 'model_loading' } }
            : { error: 'Model is currently loading', estimated_time: refusal.seconds },
      };
  }
}

/** A prefill that the model does not take. */
export const NO_PREFILL: Refused = {
  status: 400,
  headers: {},
  body: {
    type: 'error',
    error: {
      type: 'invalid_request_error',
      message: 'This model does not support assistant message prefill.',
    },
  },
};

const BROKEN = { error: { message: 'The server had an error', type: 'server_error' } };
const FILTERED = {
  error: {
    message: 'The response was filtered.',
    type: 'invalid_request_error',
    code: 'content_filter',
    param: 'prompt',
  },
};
const LIMITED: Record<WireName, object> = {
  openai: { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } },
  anthropic: { type: 'error', error: { type: 'rate_limit_error', message: 'Too many requests' } },
  google: { error: { code: 429, message: 'Quota exceeded', status: 'RESOURCE_EXHAUSTED' } },
  bedrock: { message: 'Too many requests, please wait before trying again.' },
};
const TOO_LONG: Record<WireName, object> = {
  openai: {
    error: {
      message: "This model's maximum context length is 8192 tokens.",
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
      param: 'messages',
    },
  },
  anthropic: {
    type: 'error',
    error: { type: 'invalid_request_error', message: 'prompt is too long: 200001 tokens > 200000 maximum' },
  },
  google: {
    error: {
      code: 400,
      message: 'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
      status: 'INVALID_ARGUMENT',
    },
  },
  bedrock: { message: 'Input is too long for requested model.' },
};
