import { GatewayError } from '../../errors.ts';
import { parseBody } from '../../json-body.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { type JsonMember, memberText, scanMembers } from '../../lib/json-members.ts';
import { EXTENSIONS } from '../../wires/extensions.ts';
import { checkResponseFormat } from '../../wires/response-format.ts';
import type {
  ChatBody,
  ChatRequest,
  ModelKind,
  PlainKind,
  PlainRequest,
  Received,
  RequestBody,
} from '../../wires/types.ts';
import type { Control } from '../types.ts';
import { READ_TOO, type ReadHeader, readControl } from './control.ts';

/** Members that are parsed in any case; all others only when a wire needs the whole body. */
const ACTED_ON = new Set<string>([...EXTENSIONS, ...READ_TOO, 'model', 'stream', 'stream_options']);

/** Up to this many bytes the whole body is parsed at once, so that every syntax error is ours to tell. */
const PARSE_WHOLE_BYTES = 256 * 1024;

/**
 * Reads a chat completion request, loosely: only what the gateway acts on is checked.
 * @param readHeader the request's headers, some of which are twins of members.
 * @throws GatewayError `invalid_json`, `missing_parameter`, `invalid_type`, `invalid_value` or
 *   `unsupported_parameter`, naming the parameter.
 */
export function readChatRequest(
  bytes: Uint8Array,
  readHeader?: ReadHeader,
): { request: ChatRequest; control: Control } {
  const read = readRequest<'chat', ChatBody>('chat', bytes, readHeader);
  const { members } = read.request;
  checkMessages(bytes, lastOf(members, 'messages'));
  const format = lastOf(members, 'response_format');
  if (format) checkResponseFormat(parseValue(memberText(bytes, format)));
  return read;
}

/**
 * Reads a request of another kind; what its endpoint acts on beside, it checks itself.
 * @param mayStream whether its answers are streamed to who asks for it.
 * @param usualModel whom a request asks that names no model.
 * @throws GatewayError as `readChatRequest`.
 */
export function readPlainRequest(
  kind: PlainKind,
  bytes: Uint8Array,
  readHeader?: ReadHeader,
  mayStream = false,
  usualModel?: string,
): { request: PlainRequest; control: Control } {
  const read = readRequest<PlainKind, RequestBody>(kind, bytes, readHeader, usualModel);
  if (read.request.stream && !mayStream) {
    throw new GatewayError('unsupported_parameter', {
      param: 'stream',
      message: 'stream is not supported here: answers of this endpoint come whole.',
    });
  }
  return read;
}

/** What all requests have: members, control and extensions. */
function readRequest<Kind extends ModelKind, Body extends RequestBody>(
  kind: Kind,
  bytes: Uint8Array,
  readHeader: ReadHeader | undefined,
  usualModel?: string,
): { request: Received<Kind, Body>; control: Control } {
  const members = scanMembers(bytes);
  if (!members) throw unreadable(bytes);

  let parsed: Body | undefined;
  const body = (): Body => {
    parsed ??= withoutExtensions<Body>(parseBody(bytes));
    return parsed;
  };
  if (bytes.byteLength <= PARSE_WHOLE_BYTES) body();

  const extensions = EXTENSIONS.filter((name) => members.some((member) => member.name === name));
  const { control, stream, includeUsage } = readControl(
    withModel(headOf(bytes, members), usualModel),
    extensions,
    readHeader,
  );
  return { request: { kind, bytes, members, stream, includeUsage, body, extensions }, control };
}

function withoutExtensions<Body extends RequestBody>(body: JsonObject): Body {
  const rest: JsonObject = { ...body };
  for (const name of EXTENSIONS) delete rest[name];
  return rest as Body;
}

function unreadable(bytes: Uint8Array): GatewayError {
  // Small bodies are parsed to tell JSON that is no object from what is no JSON.
  if (bytes.byteLength <= PARSE_WHOLE_BYTES) parseBody(bytes);
  return new GatewayError('invalid_json');
}

function headOf(bytes: Uint8Array, members: readonly JsonMember[]): JsonObject {
  const head: JsonObject = {};
  for (const member of members) {
    // Of a name that stands twice the last counts, as in JSON.parse.
    if (ACTED_ON.has(member.name)) head[member.name] = parseValue(memberText(bytes, member));
  }
  return head;
}

function withModel(head: JsonObject, usual: string | undefined): JsonObject {
  return usual !== undefined && head.model == null ? { ...head, model: usual } : head;
}

function lastOf(members: readonly JsonMember[], name: string): JsonMember | undefined {
  return members.findLast((member) => member.name === name);
}

function parseValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new GatewayError('invalid_json', { cause });
  }
}

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** `messages` may be megabytes: its type shows in its first byte, and emptiness in the next. */
function checkMessages(bytes: Uint8Array, member: JsonMember | undefined): void {
  if (!member)
    throw new GatewayError('missing_parameter', { param: 'messages', message: 'messages is required.' });
  if (bytes[member.valueStart] !== OPEN_BRACKET) {
    throw new GatewayError('invalid_type', { param: 'messages', message: 'messages must be an array.' });
  }
  let at = member.valueStart + 1;
  while ((bytes[at] ?? CLOSE_BRACKET) <= 0x20) at++;
  if (bytes[at] === CLOSE_BRACKET) {
    throw new GatewayError('invalid_value', { param: 'messages', message: 'messages must not be empty.' });
  }
}
