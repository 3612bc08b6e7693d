import { type ErrorCode, type ErrorDetails, GatewayError, type UpstreamFault } from '../../errors.ts';
import {
  asArray,
  asNumber,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../lib/json.ts';

/**
 * Codes and types of OpenAI and its hosts that say more than the status. `string_above_max_length` is not
 * among them: tool names have it too.
 */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  context_length_exceeded: 'context_length_exceeded',
  content_filter: 'content_filter',
  content_policy_violation: 'content_filter',
  invalid_prompt: 'content_filter',
  data_inspection_failed: 'content_filter',
  ResponsibleAIPolicyViolation: 'content_filter',
  // Reasoning that it cannot open; also told within a stream, without a status.
  invalid_encrypted_content: 'upstream_invalid_request',
  thinking_signature_invalid: 'upstream_invalid_request',
  model_not_found: 'upstream_model_not_found',
  model_decommissioned: 'upstream_model_not_found',
  DeploymentNotFound: 'upstream_model_not_found',
  invalid_api_key: 'upstream_credentials_rejected',
  insufficient_quota: 'upstream_credentials_rejected',
  billing_hard_limit_reached: 'upstream_credentials_rejected',
  account_deactivated: 'upstream_credentials_rejected',
  rate_limit_exceeded: 'upstream_rate_limited',
  server_error: 'upstream_error',
  model_loading: 'upstream_waking',
  // llama.cpp, as long as it loads a model: its server's README, "GET /health".
  unavailable_error: 'upstream_waking',
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'upstream_credentials_rejected',
  402: 'upstream_credentials_rejected',
  403: 'upstream_credentials_rejected',
  404: 'upstream_model_not_found',
  408: 'upstream_timeout',
  409: 'upstream_error',
  413: 'request_too_large',
  425: 'upstream_overloaded',
  429: 'upstream_rate_limited',
  // Groq: the flex tier is out of capacity.
  498: 'upstream_overloaded',
  503: 'upstream_overloaded',
  504: 'upstream_timeout',
  524: 'upstream_timeout',
  529: 'upstream_overloaded',
};

/** Maps an answer that is not 2xx, by status and code. The provider's words are shown for faults of the request only. */
export function readError(status: number, headers: Headers, body: string): GatewayError {
  const parsed = parseJson(body);
  const error = errorObject(parsed);
  const wait = retryAfterMs(headers);
  // Hugging Face says how many seconds a model takes to load: {"error": "…", "estimated_time": 20}.
  const loading =
    status === 503
      ? (asNumber(asObject(parsed)?.estimated_time) ?? asNumber(error.estimated_time))
      : undefined;
  if (loading === undefined) return mapError(status, error, body, wait);
  return mapError(status, { ...error, code: 'model_loading' }, body, wait ?? loading * 1000);
}

/** Maps an error object inside a 200, by the status that it would have had, where the host tells it. */
export function inBandError(error: Json, body: string): GatewayError {
  const object = errorObject({ error });
  return mapError(toldStatus(object), object, body, undefined);
}

/** `code` is an HTTP status with OpenRouter and vLLM, `status_code` with Groq. */
function toldStatus(error: JsonObject): number {
  for (const told of [error.code, error.status_code, error.status]) {
    const status = Number(told);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  return error.type === 'invalid_request_error' ? 400 : 200;
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
  const told =
    byCode(inner) ??
    byCode(code) ??
    byCode(type) ??
    (isModeration(error) ? 'content_filter' : byStatus(status));
  // OpenAI calls an overload `server_error` as well; its status says more.
  const mapped = told === 'upstream_error' ? (BY_STATUS[status] ?? told) : told;
  const upstream: UpstreamFault = { status, body: body.slice(0, 1024) };
  if (type !== undefined) upstream.type = type;
  if (code !== undefined) upstream.code = code;
  const details: ErrorDetails = { upstream };
  if (wait !== undefined) details.retryAfterMs = wait;
  if (isFaultOfRequest(mapped)) {
    const message = wordsOf(error.message);
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

/** OpenRouter refuses content with a 403 that lists why: https://openrouter.ai/docs/api/reference/errors-and-debugging. */
function isModeration(error: JsonObject): boolean {
  return Array.isArray(asObject(error.metadata)?.reasons);
}

const FAULTS_OF_REQUEST: readonly ErrorCode[] = [
  'upstream_invalid_request',
  'request_too_large',
  'context_length_exceeded',
  'content_filter',
];

function isFaultOfRequest(code: ErrorCode): boolean {
  return FAULTS_OF_REQUEST.includes(code);
}

/** What a host says: text, or the list of faults of hosts that check requests with pydantic, `[{loc, msg}]`. */
function wordsOf(value: Json | undefined): string | undefined {
  if (isObject(value)) return wordsOf(value.detail);
  if (!Array.isArray(value)) return asString(value);
  const faults = value.flatMap((fault) => {
    const said = asString(asObject(fault)?.msg);
    const where = asArray(asObject(fault)?.loc).join('.');
    return said === undefined ? [] : [where === '' ? said : `${where}: ${said}`];
  });
  return faults.length === 0 ? undefined : faults.join('; ');
}

/** The error among the shapes that compatible hosts send: {error:{…}}, {error:"…"}, [{error}], {message}, {detail}. */
function errorObject(body: Json | undefined): JsonObject {
  const root = Array.isArray(body) ? body[0] : body;
  if (!isObject(root)) return {};
  if (isObject(root.error)) return root.error;
  const message = wordsOf(root.error) ?? wordsOf(root.message) ?? wordsOf(root.detail);
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
