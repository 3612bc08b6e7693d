import { type ErrorCode, GatewayError, type UpstreamFault } from '../../errors.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';

/**
 * By `error.status` (https://ai.google.dev/gemini-api/docs/troubleshooting). FAILED_PRECONDITION is said
 * of the account behind the key (no free tier in its country, billing off), never of the request alone.
 */
const BY_RPC_STATUS: Readonly<Record<string, ErrorCode>> = {
  INVALID_ARGUMENT: 'upstream_invalid_request',
  OUT_OF_RANGE: 'upstream_invalid_request',
  FAILED_PRECONDITION: 'upstream_credentials_rejected',
  UNAUTHENTICATED: 'upstream_credentials_rejected',
  PERMISSION_DENIED: 'upstream_credentials_rejected',
  NOT_FOUND: 'upstream_model_not_found',
  RESOURCE_EXHAUSTED: 'upstream_rate_limited',
  ABORTED: 'upstream_error',
  CANCELLED: 'upstream_error',
  DATA_LOSS: 'upstream_error',
  INTERNAL: 'upstream_error',
  UNIMPLEMENTED: 'upstream_error',
  UNKNOWN: 'upstream_error',
  UNAVAILABLE: 'upstream_overloaded',
  DEADLINE_EXCEEDED: 'upstream_timeout',
};

const BY_HTTP_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'upstream_credentials_rejected',
  402: 'upstream_credentials_rejected',
  403: 'upstream_credentials_rejected',
  404: 'upstream_model_not_found',
  408: 'upstream_timeout',
  409: 'upstream_error',
  413: 'request_too_large',
  429: 'upstream_rate_limited',
  499: 'upstream_error',
  503: 'upstream_overloaded',
  504: 'upstream_timeout',
};

/**
 * `reason`s of a google.rpc.ErrorInfo that speak of the key or the project behind it; they come with any
 * status, an invalid key with 400
 * (https://github.com/googleapis/googleapis/blob/master/google/api/error_reason.proto).
 */
const ACCOUNT_REASONS: ReadonlySet<string> = new Set([
  'ACCESS_TOKEN_EXPIRED',
  'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
  'ACCESS_TOKEN_TYPE_UNSUPPORTED',
  'ACCOUNT_STATE_INVALID',
  'API_KEY_ANDROID_APP_BLOCKED',
  'API_KEY_EXPIRED',
  'API_KEY_HTTP_REFERRER_BLOCKED',
  'API_KEY_INVALID',
  'API_KEY_IOS_APP_BLOCKED',
  'API_KEY_IP_ADDRESS_BLOCKED',
  'API_KEY_SERVICE_BLOCKED',
  'BILLING_DISABLED',
  'CONSUMER_INVALID',
  'CONSUMER_SUSPENDED',
  'CREDENTIALS_MISSING',
  'SERVICE_DISABLED',
  'USER_PROJECT_DENIED',
]);

const QUOTA_REASONS: ReadonlySet<string> = new Set(['RATE_LIMIT_EXCEEDED', 'RESOURCE_QUOTA_EXCEEDED']);

const SHOWN: ReadonlySet<ErrorCode> = new Set(['upstream_invalid_request', 'request_too_large']);

const RAW_LIMIT = 1024;

/**
 * Maps an answer that is not 2xx: by the reason in the details, the RPC status, then the HTTP status. The
 * provider's message is shown only for faults of the request.
 */
export function readError(status: number, headers: Headers, body: string): GatewayError {
  return toError(status, errorMember(parseJson(body)), body, retryAfterHeader(headers));
}

/** The `error` object of a body or an event; a stream asked for without SSE wraps it in an array. */
export function errorMember(value: unknown): JsonObject | undefined {
  const holder = Array.isArray(value) ? value.find((entry) => isObject(entry) && entry.error) : value;
  return asObject(asObject(holder)?.error);
}

/** Maps an `error` object; status 200 means inside a stream. */
export function toError(
  status: number,
  error: JsonObject | undefined,
  body: string,
  retryAfter: number | null = null,
): GatewayError {
  const details = asArray(error?.details).filter(isObject);
  const reason = details.map((detail) => asString(detail.reason)).find((name) => name !== undefined);
  const rpcStatus = asString(error?.status);
  const message = asString(error?.message);
  const upstream: UpstreamFault = { status, body: body.slice(0, RAW_LIMIT) };
  const code = reason ?? error?.code;
  if (rpcStatus !== undefined) upstream.type = rpcStatus;
  if (typeof code === 'string' || typeof code === 'number') upstream.code = String(code);
  const mapped = mapCode(status >= 400 ? status : (asNumber(error?.code) ?? status), rpcStatus, reason);
  const wait = retryDelay(details) ?? retryAfter;
  return new GatewayError(mapped, {
    upstream,
    ...(message && SHOWN.has(mapped) ? { message } : {}),
    ...(wait !== null ? { retryAfterMs: wait } : {}),
  });
}

/** The error for data that is not what the API promises. */
export function unreadable(data: string): GatewayError {
  return new GatewayError('upstream_invalid_response', {
    upstream: { status: 200, body: data.slice(0, RAW_LIMIT) },
  });
}

/** The error for an answer that the provider gave up (malformed call, reason unknown, …). */
export function abandoned(reason: string, body: string): GatewayError {
  return new GatewayError('upstream_error', {
    message: `The provider stopped before the answer was complete (${reason}).`,
    upstream: { status: 200, type: reason, body: body.slice(0, RAW_LIMIT) },
  });
}

function mapCode(status: number, rpcStatus: string | undefined, reason: string | undefined): ErrorCode {
  if (reason !== undefined && ACCOUNT_REASONS.has(reason)) return 'upstream_credentials_rejected';
  if (reason !== undefined && QUOTA_REASONS.has(reason)) return 'upstream_rate_limited';
  const known = rpcStatus !== undefined && Object.hasOwn(BY_RPC_STATUS, rpcStatus);
  const byRpc = known ? BY_RPC_STATUS[rpcStatus] : undefined;
  if (status === 413) return 'request_too_large';
  if (byRpc) return byRpc;
  const byHttp = BY_HTTP_STATUS[status];
  if (byHttp) return byHttp;
  return status >= 400 && status < 500 ? 'upstream_invalid_request' : 'upstream_error';
}

/** `retryDelay` of a google.rpc.RetryInfo, a protobuf duration such as `34.4s`, in milliseconds. */
function retryDelay(details: readonly JsonObject[]): number | null {
  for (const detail of details) {
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(asString(detail.retryDelay) ?? '')?.[1];
    if (seconds !== undefined) return Math.ceil(Math.round(Number(seconds) * 1e6) / 1e3);
  }
  return null;
}

/** `retry-after` in seconds or as an HTTP date; a date is taken relative to the answer's own `date`. */
function retryAfterHeader(headers: Headers): number | null {
  const value = headers.get('retry-after')?.trim();
  if (!value) return null;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const until = Date.parse(value);
  const sent = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(until) || Number.isNaN(sent) ? null : Math.max(0, until - sent);
}
