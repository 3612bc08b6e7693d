import type { GatewayError } from '../errors.ts';
import { asArray, isObject, type Json, type JsonObject } from '../lib/json.ts';

/** How hosts speak of reasoning that they cannot open; docs/sealed-reasoning.md has their own words. */
const OF_REASONING = /encrypted[ _]content|decrypt|signature|thinking|thought|reasoning|compaction blob/i;

/** How they speak of items that other hosts have made, by ids that mean nothing to them. */
const OF_ITEMS = /an ID that begins with|invalid_id_prefix|Items are not persisted/i;

/**
 * Whether a host may have refused a request for the sealed reasoning in it, rather than for anything else. Few have
 * a code for that, so words decide; they decide no more than whether it is asked once more, without.
 */
export function mayRefuseSealed({ code, upstream }: Pick<GatewayError, 'code' | 'upstream'>): boolean {
  const body = upstream?.body ?? '';
  // An item that is not found is a 404, as an unknown model is.
  if (code === 'upstream_model_not_found') return OF_ITEMS.test(body);
  return code === 'upstream_invalid_request' && (OF_REASONING.test(body) || OF_ITEMS.test(body));
}

/** Names of what was left out that is earlier reasoning and no parameter of the request. */
const REASONING_NAMES: ReadonlySet<string> = new Set([
  'messages.reasoning',
  'messages.reasoning_details',
  'messages.thinking',
  'input.encrypted_content',
  'input.reasoning',
]);

/** Whether it is earlier reasoning that goes by this name in `x-dropped-params`. */
export function isReasoning(name: string): boolean {
  return REASONING_NAMES.has(name);
}

/** Members of the assistant's messages that are reasoning, in the names of all hosts. */
const REASONING_MEMBERS = ['reasoning_details', 'reasoning_content', 'reasoning'] as const;

/** The messages of a chat completion without earlier reasoning and without signatures; null where there are none. */
export function withoutReasoning(messages: readonly Json[]): Json[] | null {
  const bare = messages.map(bareMessage);
  return bare.some((message, index) => message !== messages[index]) ? bare : null;
}

function bareMessage(message: Json): Json {
  if (!isObject(message) || message.role !== 'assistant') return message;
  const bare = withoutSignatures(message);
  const members = REASONING_MEMBERS.filter((name) => message[name] !== undefined);
  if (members.length === 0 && bare === message) return message;
  const rest: JsonObject = { ...bare };
  for (const name of members) delete rest[name];
  return rest;
}

/** Signatures of Google on calls, pictures and parts of its own. */
function withoutSignatures(message: JsonObject): JsonObject {
  const out: JsonObject = { ...message };
  let found = false;
  for (const name of ['tool_calls', 'images'] as const) {
    const entries = asArray(message[name]);
    if (!entries.some((entry) => isObject(entry) && entry.extra_content !== undefined)) continue;
    found = true;
    out[name] = entries.map((entry) => {
      if (!isObject(entry)) return entry;
      const { extra_content: _, ...rest } = entry;
      return rest;
    });
  }
  const spelled = message.provider_data === undefined ? '' : JSON.stringify(message.provider_data);
  if (spelled.includes('"thoughtSignature"')) {
    found = true;
    out.provider_data = JSON.parse(spelled, (name, value: Json) =>
      name === 'thoughtSignature' ? undefined : value,
    ) as Json;
  }
  return found ? out : message;
}
