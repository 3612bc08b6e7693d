import { parseJson } from '../../lib/json.ts';
import { type JsonMember, memberText, scanMembers } from '../../lib/json-members.ts';
import { MAX_CUSTOM_ID } from '../limits.ts';
import type { LineFault } from './error-line.ts';

/** What a line of the input says (https://platform.openai.com/docs/api-reference/batch/request-input). */
export interface CheckedLine {
  /** Null where it cannot be read, or is none. */
  customId: string | null;
  /** The model that its body names. */
  model: string | null;
  /** Why it cannot be run; null where it can. */
  fault: LineFault | null;
}

/** Up to so many bytes a line is parsed whole; of a larger one the gateway finds faults of its body's syntax. */
const PARSE_WHOLE_BYTES = 256 * 1024;

const OPEN_BRACE = 0x7b;

/** Checks a line of the input. @param endpoint what the batch calls. */
export function checkLine(bytes: Uint8Array, endpoint: string): CheckedLine {
  const members = bytes.byteLength <= PARSE_WHOLE_BYTES && !isJson(bytes) ? undefined : scanMembers(bytes);
  if (!members)
    return {
      customId: null,
      model: null,
      fault: fault('invalid_json_line', 'The line is not a JSON object.'),
    };
  const id = read(bytes, members, 'custom_id');
  const found = faultOf(bytes, members, id, endpoint);
  return {
    // One that is too long is not kept: it may be as long as the line.
    customId: isCustomId(id) || id === '' ? id : null,
    model: found === null ? modelOf(bytes, members) : null,
    fault: found,
  };
}

/** Not with half of a surrogate pair: such text cannot be stored as it is. */
function isCustomId(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= MAX_CUSTOM_ID && value.isWellFormed()
  );
}

function modelOf(bytes: Uint8Array, members: readonly JsonMember[]): string | null {
  const body = find(members, 'body');
  const content = body && bytes.subarray(body.valueStart, body.end);
  const inner = content && scanMembers(content);
  const model = inner && read(content, inner, 'model');
  return typeof model === 'string' ? model : null;
}

/** The body of a line that was checked, byte for byte. */
export function bodyOf(line: Uint8Array): Uint8Array {
  const member = find(scanMembers(line) ?? [], 'body');
  return member ? line.subarray(member.valueStart, member.end) : new Uint8Array();
}

function faultOf(
  bytes: Uint8Array,
  members: readonly JsonMember[],
  customId: unknown,
  endpoint: string,
): LineFault | null {
  if (customId === undefined)
    return fault('missing_required_parameter', 'custom_id is required.', 'custom_id');
  if (!isCustomId(customId)) {
    return fault(
      'invalid_value',
      `custom_id must be a string of 1 to ${MAX_CUSTOM_ID} characters.`,
      'custom_id',
    );
  }
  const method = read(bytes, members, 'method');
  if (method !== 'POST') return fault('invalid_method', 'method must be "POST".', 'method');
  const url = read(bytes, members, 'url');
  if (url !== endpoint) return fault('invalid_url', `url must be that of the batch, "${endpoint}".`, 'url');
  const body = find(members, 'body');
  if (!body) return fault('missing_required_parameter', 'body is required.', 'body');
  if (bytes[body.valueStart] !== OPEN_BRACE) return fault('invalid_value', 'body must be an object.', 'body');
  const content = bytes.subarray(body.valueStart, body.end);
  const inner = scanMembers(content);
  if (!inner) return fault('invalid_json_line', 'body is not a JSON object.', 'body');
  const unsupported = ['stream', 'background'].find((name) => read(content, inner, name) === true);
  if (unsupported !== undefined) {
    return fault(
      'unsupported_parameter',
      `${unsupported} is not supported in batches.`,
      `body.${unsupported}`,
    );
  }
  if (read(content, inner, 'stream_format') !== 'sse') return null;
  return fault('unsupported_parameter', 'Events are not supported in batches.', 'body.stream_format');
}

function fault(code: string, message: string, param: string | null = null): LineFault {
  return { code, message, param };
}

function isJson(bytes: Uint8Array): boolean {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) !== undefined;
  } catch {
    return false;
  }
}

/** Of a name that stands twice the last counts, as in JSON.parse. */
function find(members: readonly JsonMember[], name: string): JsonMember | undefined {
  return members.findLast((member) => member.name === name);
}

/** A value that is short; undefined where it is absent, or no JSON. */
function read(bytes: Uint8Array, members: readonly JsonMember[], name: string): unknown {
  const member = find(members, name);
  return member && parseJson(memberText(bytes, member));
}
