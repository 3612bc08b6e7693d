import { type ErrorCode, type ErrorDetails, GatewayError, type UpstreamFault } from '../../errors.ts';
import { asObject, asString, isObject, type Json, type JsonObject, parseJson } from '../../lib/json.ts';

/** Codes and types of OpenAI and its hosts that say more than the status. */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  context_length_exceeded: 'context_length_exceeded',
  string_above_max_length: 'context_length_exceeded',
  content_filter: 'content_filter',
  content_policy_violation: 'content_filter',
  ResponsibleAIPolicyViolation: 'content_filter',
  model_not_found: 'upstream_model_not_found',
  DeploymentNotFound: 'upstream_model_not_found',
  invalid_api_key: 'upstream_credentials_rejected',
  insufficient_quota: 'upstream_credentials_rejected',
  billing_hard_limit_reached: 'upstream_credentials_rejected',
  account_deactivated: 'upstream_credentials_rejected',
  rate_limit_exceeded: 'upstream_rate_limited',
  server_error: 'upstream_error',
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'upstream_credentials_rejected',
  402: 'upstream_credentials_rejected',
  403: 'upstream_credentials_rejected',
  404: 'upstream_model_not_found',
  408: 'upstream_timeout',
  425: 'upstream_overloaded',
  429: 'upstream_rate_limited',
  503: 'upstream_overloaded',
  504: 'upstream_timeout',
  524: 'upstream_timeout',
  529: 'upstream_overloaded',
};

/** Maps an answer that is not 2xx, by status and code. The provider's words are shown for faults of the request only. */
export function readError(status: number, headers: Headers, body: string): GatewayError {
  const parsed = parseJson(body);
  return mapError(status, errorObject(parsed), body, retryAfterMs(headers));
}

/** Maps an error object inside a 200: its `code` may be an HTTP status, as with OpenRouter. */
export function inBandError(error: Json, body: string): GatewayError {
  const object = errorObject({ error });
  const status = Number(object.code ?? object.status);
  return mapError(
    Number.isInteger(status) && status >= 400 && status < 600 ? status : 200,
    object,
    body,
    undefined,
  );
}

/** An answer or event that cannot be read. */
export function unreadable(body: string): GatewayError {
  return new GatewayError('upstream_invalid_response', {
    upstream: { status: 200, body: body.slice(0, 1024) },
  });
}

function mapError(status: number, error: JsonObject, body: string, wait: number | undefined): GatewayError {
  const code = asString(error.code);
  const type = asString(error.type);
  const inner = asString(asObject(error.innererror)?.code);
  const mapped = byCode(inner) ?? byCode(code) ?? byCode(type) ?? byStatus(status);
  const upstream: UpstreamFault = { status, body: body.slice(0, 1024) };
  if (type !== undefined) upstream.type = type;
  if (code !== undefined) upstream.code = code;
  const details: ErrorDetails = { upstream };
  if (wait !== undefined) details.retryAfterMs = wait;
  if (isFaultOfRequest(mapped)) {
    const message = asString(error.message);
    const param = asString(error.param);
    if (message) details.message = message;
    if (param) details.param = param;
  }
  return new GatewayError(mapped, details);
}

function byCode(code: string | undefined): ErrorCode | undefined {
  return code === undefined ? undefined : Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
}

function byStatus(status: number): ErrorCode {
  const known = BY_STATUS[status];
  if (known) return known;
  return status >= 400 && status < 500 ? 'upstream_invalid_request' : 'upstream_error';
}

function isFaultOfRequest(code: ErrorCode): boolean {
  return (
    code === 'upstream_invalid_request' || code === 'context_length_exceeded' || code === 'content_filter'
  );
}

/** The error among the shapes that compatible hosts send: {error:{…}}, {error:"…"}, [{error}], {message}, {detail}. */
function errorObject(body: Json | undefined): JsonObject {
  const root = Array.isArray(body) ? body[0] : body;
  if (!isObject(root)) return {};
  if (isObject(root.error)) return root.error;
  const message = asString(root.error) ?? asString(root.message) ?? asString(root.detail);
  return message === undefined ? root : { ...root, message };
}

/** `retry-after-ms`, or `retry-after` in seconds or as a date (RFC 9110, 10.2.3). */
function retryAfterMs(headers: Headers): number | undefined {
  const exact = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return exact;
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
