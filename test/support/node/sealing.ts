import { randomBytes } from 'node:crypto';
import { answer, either, stream } from './scripts.ts';
import type { Script } from './upstream.ts';

/** Hosts that seal their reasoning, and refuse what they cannot open in the words of those whom they stand for. */

type Item = Record<string, unknown>;

const list = (value: unknown): Item[] => (Array.isArray(value) ? (value as Item[]) : []);

/** A host of the Responses API: opens what its own organization has sealed. @param says its answers' text. */
export function sealingResponses(organization: string, says: string): Script {
  return (response, request) => {
    for (const [at, { id, type, encrypted_content: sealed }] of list(request.json.input).entries()) {
      const prefix = { message: 'msg', reasoning: 'rs' }[String(type)];
      if (id !== undefined && prefix && !String(id).startsWith(prefix)) {
        return answer(wrongId(at, String(id), prefix), 400)(response, request);
      }
      if (type !== 'reasoning' || String(sealed).startsWith(`gAAAAA${organization}`)) continue;
      if (!sealed) return answer(notKept(String(id)), 404)(response, request);
      return answer(cannotVerify(String(id)), 400)(response, request);
    }
    const whole = responseOf(organization, says);
    return either(answer(whole), stream(eventsOf(whole)))(response, request);
  };
}

/** https://github.com/BerriAI/litellm/issues/21992 and others report it so. */
function cannotVerify(id: string): object {
  return {
    error: {
      message: `The encrypted content for item ${id} could not be verified. Reason: Encrypted content organization_id did not match the target organization.`,
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_encrypted_content',
    },
  };
}

const wrongId = (at: number, id: string, prefix: string): object => ({
  error: {
    message: `Invalid 'input[${at}].id': '${id}'. Expected an ID that begins with '${prefix}'.`,
    type: 'invalid_request_error',
    param: `input[${at}].id`,
    code: 'invalid_value',
  },
});

const notKept = (id: string): object => ({
  error: {
    message: `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    type: 'invalid_request_error',
    param: 'input',
    code: null,
  },
});

function responseOf(organization: string, says: string): Item & { output: Item[] } {
  const nonce = randomBytes(4).toString('hex');
  // The padding is spelled as some serialisers do.
  const sealed = `gAAAAA${organization}${nonce}/w==`;
  return {
    id: `resp_${nonce}`,
    object: 'response',
    created_at: 1_780_000_000,
    status: 'completed',
    model: 'up-model-1',
    output: [
      { id: `rs_${nonce}`, type: 'reasoning', summary: [], encrypted_content: sealed },
      {
        id: `msg_${nonce}`,
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: says, annotations: [], logprobs: [] }],
      },
    ],
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    temperature: 1,
    top_p: 1,
    usage: {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 10 },
      total_tokens: 120,
    },
  };
}

function eventsOf(whole: Item & { output: Item[] }): string {
  let number = 0;
  const event = (type: string, more: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...more, sequence_number: number++ }).replaceAll('/', '\\/')}\n\n`;
  const text = '{"type":"output_text","text":"","annotations":[],"logprobs":[]}';
  return [
    event('response.created', { response: { ...whole, status: 'in_progress', output: [] } }),
    ...whole.output.flatMap((item, index) => {
      const place = { item_id: item.id, output_index: index, content_index: 0 };
      const [part] = list(item.content);
      const words = part
        ? [
            event('response.content_part.added', { ...place, part: JSON.parse(text) }),
            event('response.output_text.delta', { ...place, delta: part.text, logprobs: [] }),
            event('response.output_text.done', { ...place, text: part.text, logprobs: [] }),
            event('response.content_part.done', { ...place, part }),
          ]
        : [];
      const begun = part ? { ...item, status: 'in_progress', content: [] } : item;
      return [
        event('response.output_item.added', { output_index: index, item: begun }),
        ...words,
        event('response.output_item.done', { output_index: index, item }),
      ];
    }),
    event('response.completed', { response: whole }),
  ].join('');
}

/**
 * A host of Claude: opens what any host of Claude has sealed, and thinks with a budget in a turn only that began with
 * thinking. @param calls whether it calls a tool.
 */
export function sealingClaude(calls: boolean): Script {
  return (response, request) => {
    const fault = faultOfClaude(request.json);
    if (fault) return answer(invalid(fault), 400)(response, request);
    return answer(messageOf('EqClaude', calls))(response, request);
  };
}

/** Another maker's host of the Messages API, which looks at no signature. */
export function sealingOther(calls: boolean): Script {
  return answer(messageOf('mk-0123', calls));
}

const invalid = (message: string): object => ({
  type: 'error',
  error: { type: 'invalid_request_error', message },
  request_id: 'req_1',
});

function faultOfClaude({ messages, thinking }: Item): string | null {
  const turns = list(messages);
  for (const [at, { content }] of turns.entries()) {
    for (const [index, block] of list(content).entries()) {
      const seal = block.type === 'thinking' ? block.signature : 'EqClaude';
      if (!String(seal).startsWith('EqClaude')) {
        return `messages.${at}.content.${index}: Invalid \`signature\` in \`thinking\` block`;
      }
    }
  }
  const isResult = ({ content }: Item): boolean => list(content).some(({ type }) => type === 'tool_result');
  const last = turns.at(-1);
  if ((thinking as Item | undefined)?.type !== 'enabled' || !last || !isResult(last)) return null;
  const asked = turns.findLastIndex((turn) => turn.role === 'user' && !isResult(turn));
  const type = list(turns[asked + 1]?.content)[0]?.type;
  if (type === 'thinking' || type === 'redacted_thinking') return null;
  return `messages.${asked + 1}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`;
}

function messageOf(seal: string, calls: boolean): object {
  const call = { type: 'tool_use', id: 'toolu_1', name: 'look', input: {} };
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'up-model-1',
    content: [
      { type: 'thinking', thinking: 'Hm.', signature: `${seal}${randomBytes(4).toString('hex')}` },
      calls ? call : { type: 'text', text: 'Done.' },
    ],
    stop_reason: calls ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 100, output_tokens: 20 },
  };
}
