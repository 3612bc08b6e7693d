import * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';
import { inputError } from '../invalid-input.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { isObject } from '../lib/json.ts';
import { type JsonMember, memberText, scanMembers } from '../lib/json-members.ts';
import type { ChatBody, ChatRequest } from '../wires/types.ts';
import type { Control } from './types.ts';

/** Extensions of the body that are the gateway's own; no upstream may see them. */
const EXTENSIONS = [
  'models',
  'provider',
  'require_parameters',
  'workflow',
  'cache',
  'midstream',
  'policy',
] as const;

/** Read, but without effect in this version: said in `x-dropped-params`. */
const UNUSED = ['workflow', 'cache', 'midstream'];

/** Members that are parsed in any case; all others only when a wire needs the whole body. */
const ACTED_ON = new Set<string>([
  ...EXTENSIONS,
  'model',
  'stream',
  'stream_options',
  'n',
  'max_tokens',
  'max_completion_tokens',
]);

/** Up to this many bytes the whole body is parsed at once, so that every syntax error is ours to tell. */
const PARSE_WHOLE_BYTES = 256 * 1024;

const Strings = z.array(z.string().check(z.minLength(1)));

const Head = z.looseObject({
  model: z.string().check(z.minLength(1)),
  stream: z.nullish(z.boolean()),
  stream_options: z.nullish(z.looseObject({ include_usage: z.nullish(z.boolean()) })),
  n: z.nullish(z.int().check(z.minimum(1))),
  max_tokens: z.nullish(z.int().check(z.minimum(1))),
  max_completion_tokens: z.nullish(z.int().check(z.minimum(1))),
  models: z.nullish(Strings),
  require_parameters: z.nullish(z.boolean()),
  provider: z.nullish(
    z.strictObject({
      order: z.nullish(Strings),
      only: z.nullish(Strings),
      ignore: z.nullish(Strings),
      allow_fallbacks: z.nullish(z.boolean()),
      require_parameters: z.nullish(z.boolean()),
    }),
  ),
});

/**
 * Reads a chat completion request, loosely: only what the gateway acts on is checked.
 * @throws GatewayError `invalid_json`, `missing_parameter`, `invalid_type`, `invalid_value` or
 *   `unsupported_parameter`, naming the parameter.
 */
export function readChatRequest(bytes: Uint8Array): { request: ChatRequest; control: Control } {
  const members = scanMembers(bytes);
  if (!members) throw notAnObject(bytes);

  let parsed: ChatBody | undefined;
  const body = (): ChatBody => {
    parsed ??= withoutExtensions(parse(new TextDecoder().decode(bytes)));
    return parsed;
  };
  if (bytes.byteLength <= PARSE_WHOLE_BYTES) body();

  const head = readHead(bytes, members);
  const requireParameters = head.require_parameters ?? head.provider?.require_parameters ?? undefined;
  const extensions = EXTENSIONS.filter((name) => members.some((member) => member.name === name));
  return {
    request: {
      bytes,
      members,
      stream: head.stream ?? false,
      includeUsage: head.stream_options?.include_usage ?? false,
      body,
      extensions,
    },
    control: {
      model: head.model,
      fallbackModels: head.models ?? [],
      maxOutputTokens: head.max_completion_tokens ?? head.max_tokens ?? null,
      answers: head.n ?? 1,
      policy: requireParameters === undefined ? {} : { require_parameters: requireParameters },
      policyName: null,
      workflow: null,
      sessionId: null,
      preferences: {
        order: head.provider?.order ?? [],
        only: head.provider?.only ?? [],
        ignore: head.provider?.ignore ?? [],
        allowFallbacks: head.provider?.allow_fallbacks ?? true,
        sort: null,
        maxPrice: null,
        quantizations: [],
        preferredMaxLatencyMs: null,
        preferredMinThroughput: null,
      },
      unused: extensions.filter((name) => UNUSED.includes(name)),
    },
  };
}

function parse(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as Json;
    if (isObject(value)) return value;
  } catch (cause) {
    throw new GatewayError('invalid_json', { cause });
  }
  throw new GatewayError('invalid_type', { message: 'The request body must be a JSON object.' });
}

function withoutExtensions(body: JsonObject): ChatBody {
  const rest: JsonObject = { ...body };
  for (const name of EXTENSIONS) delete rest[name];
  return rest as ChatBody;
}

function notAnObject(bytes: Uint8Array): GatewayError {
  if (bytes.byteLength === 0)
    return new GatewayError('invalid_json', { message: 'The request body is empty.' });
  // Small bodies are parsed to tell JSON that is no object from what is no JSON.
  if (bytes.byteLength <= PARSE_WHOLE_BYTES) parse(new TextDecoder().decode(bytes));
  return new GatewayError('invalid_json');
}

function readHead(bytes: Uint8Array, members: readonly JsonMember[]): z.infer<typeof Head> {
  const head: JsonObject = {};
  let messages: JsonMember | undefined;
  for (const member of members) {
    // Of a name that stands twice the last counts, as in JSON.parse.
    if (member.name === 'messages') messages = member;
    else if (ACTED_ON.has(member.name)) head[member.name] = parseValue(memberText(bytes, member));
  }
  const result = Head.safeParse(head);
  if (!result.success) throw inputError(result.error.issues[0], head);
  checkMessages(bytes, messages);
  if (head.policy !== undefined && head.policy !== null) {
    throw new GatewayError('unsupported_parameter', {
      param: 'policy',
      message: 'Routing policies are not supported by this version of the gateway.',
    });
  }
  return result.data;
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
