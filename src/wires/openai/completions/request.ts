import { asObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { ChatBody } from '../../types.ts';
import { invalid, unsupported, wrongType } from '../responses/refuse.ts';
import { readPrompt } from './prompt.ts';

/** Members of chat completions that a completion says otherwise, or whose answer it has no place for. */
export const OF_CHAT: Readonly<Record<string, string>> = {
  messages: 'A completion has a `prompt`: send `messages` to /v1/chat/completions.',
  max_completion_tokens: 'Say it as `max_tokens`.',
  top_logprobs: 'Say it as `logprobs`, the number itself.',
  tools: 'A completion calls no tools: send them to /v1/chat/completions.',
  tool_choice: 'A completion calls no tools.',
  parallel_tool_calls: 'A completion calls no tools.',
  functions: 'A completion calls no functions: send them to /v1/chat/completions.',
  function_call: 'A completion calls no functions.',
  modalities: 'A completion is text.',
  audio: 'A completion is text.',
  web_search_options: 'A completion has no place for what was found: send it to /v1/chat/completions.',
};

/** What is read here and said in other words, or not at all. */
export const READ: ReadonlySet<string> = new Set([
  'prompt',
  'suffix',
  'echo',
  'best_of',
  'logprobs',
  'max_tokens',
  'stream_options',
]);

/** The most alternatives of a token that the API gives. */
const MOST_LOGPROBS = 5;

/** What a completion asks for. */
export interface CompletionRequest {
  chat: ChatBody;
  dropped: readonly string[];
  /** What every choice begins with: the prompt, or nothing. */
  echo: string;
  /** The caller asked for `stream_options.include_usage`. */
  includeUsage: boolean;
}

/**
 * The chat completion that a completion amounts to: its prompt is what a user says. What is not known here travels
 * as it is: the gateway's extensions, parameters that both formats share, and those that only hosts know.
 * @throws GatewayError as `Surface.read`.
 */
export function readCompletionRequest(body: JsonObject): CompletionRequest {
  const prompt = readPrompt(body.prompt);
  refuseInsertion(body.suffix);
  refuseSelection(body);
  const options = readStreamOptions(body.stream_options);
  const chat = {
    ...travelling(body),
    messages: [{ role: 'user', content: prompt }],
    ...readLimit(body.max_tokens),
    ...readLogprobs(body.logprobs),
    ...options.members,
  };
  const echoed = readEcho(body);
  return {
    // Whether there is a model, and which, is for the gateway to check, as with its own requests.
    chat: chat as JsonObject as ChatBody,
    dropped: options.dropped,
    echo: echoed ? prompt : '',
    includeUsage: options.includeUsage,
  };
}

function travelling(body: JsonObject): JsonObject {
  const chat: JsonObject = {};
  for (const [name, value] of Object.entries(body)) {
    if (READ.has(name) || !isGiven(value)) continue;
    const refused = Object.hasOwn(OF_CHAT, name) ? OF_CHAT[name] : undefined;
    if (refused !== undefined) throw unsupported(name, `${name} is not of completions. ${refused}`);
    chat[name] = value;
  }
  return chat;
}

function refuseInsertion(suffix: Json | undefined): void {
  if (!isGiven(suffix) || suffix === '') return;
  if (typeof suffix !== 'string') throw wrongType('suffix', 'a string');
  const message =
    'A chat model does not insert text before a suffix: say in the prompt what stands on both sides.';
  throw unsupported('suffix', message);
}

/** Choosing the likeliest of several answers needs probabilities that chat completions do not give. */
function refuseSelection({ best_of: given, n }: JsonObject): void {
  if (!isGiven(given)) return;
  const bestOf = integer(given, 'best_of');
  const answers = typeof n === 'number' ? n : 1;
  if (bestOf < answers) throw invalid('best_of', 'best_of must not be less than n.');
  if (bestOf === answers) return;
  throw unsupported('best_of', 'The best of several answers is not chosen here: ask for them all with `n`.');
}

/** The API's own limit of 16 tokens is that of models which never stop; a chat model ends by itself. */
function readLimit(given: Json | undefined): JsonObject {
  if (!isGiven(given)) return {};
  const limit = integer(given, 'max_tokens');
  if (limit === 0) throw unsupported('max_tokens', 'A chat model writes at least 1 token.');
  if (limit < 0) throw invalid('max_tokens', 'max_tokens must be at least 1.');
  return { max_completion_tokens: limit };
}

function readLogprobs(given: Json | undefined): JsonObject {
  if (!isGiven(given)) return {};
  const alternatives = integer(given, 'logprobs');
  if (alternatives < 0 || alternatives > MOST_LOGPROBS) {
    throw invalid('logprobs', `logprobs must be between 0 and ${MOST_LOGPROBS}.`);
  }
  return alternatives === 0 ? { logprobs: true } : { logprobs: true, top_logprobs: alternatives };
}

function readEcho({ echo, logprobs }: JsonObject): boolean {
  if (!isGiven(echo)) return false;
  if (typeof echo !== 'boolean') throw wrongType('echo', 'a boolean');
  if (echo && isGiven(logprobs)) {
    const message =
      'The log probabilities of a prompt cannot be had from a chat model: leave out `echo`, or `logprobs`.';
    throw unsupported('echo', message);
  }
  return echo;
}

/** Nothing is padded here, and what a host pads is taken off. */
function readStreamOptions(given: Json | undefined): {
  members: JsonObject;
  dropped: string[];
  includeUsage: boolean;
} {
  const options = asObject(given);
  // What is no object is for the gateway to refuse, as in its own requests.
  if (!options)
    return { members: isGiven(given) ? { stream_options: given } : {}, dropped: [], includeUsage: false };
  const { include_obfuscation: padded, ...rest } = options;
  return {
    members: Object.keys(rest).length > 0 ? { stream_options: rest } : {},
    dropped: padded === true ? ['stream_options.include_obfuscation'] : [],
    includeUsage: rest.include_usage === true,
  };
}

function integer(value: Json, param: string): number {
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw wrongType(param, 'an integer');
}

function isGiven(value: Json | undefined): value is Exclude<Json, null> {
  return value !== undefined && value !== null;
}
