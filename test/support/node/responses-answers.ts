import type { Parts, Says } from './answers.ts';
import { answer } from './scripts.ts';
import type { Script } from './upstream.ts';

/** What a model says that is served by one API alone. */
export interface SaysThere extends Omit<Says, 'thought'> {
  /** `seal` is its `encrypted_content`. */
  thought?: { text: string; seal: string };
}

/** https://platform.openai.com/docs/api-reference/responses/object */
export function responsesWhole(says: SaysThere): object {
  return { ...SHELL, status: 'completed', output: itemsOf(says), usage: usageOf(says) };
}

/** https://platform.openai.com/docs/api-reference/responses-streaming */
export function responsesStream(says: SaysThere): Parts<string> {
  let number = 0;
  const event = (type: string, more: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...more, sequence_number: number++ })}\n\n`;
  const begun = { ...SHELL, status: 'in_progress', output: [], usage: null };
  const head = [
    event('response.created', { response: begun }),
    event('response.in_progress', { response: begun }),
  ];
  for (const [index, item] of itemsOf(says).entries()) {
    const place = { item_id: item.id, output_index: index };
    if (item.type === 'reasoning') {
      const { encrypted_content: _, ...bare } = item;
      head.push(event('response.output_item.added', { ...place, item: { ...bare, summary: [] } }));
      const delta = says.thought?.text ?? '';
      head.push(event('response.reasoning_summary_text.delta', { ...place, summary_index: 0, delta }));
    } else if (item.type === 'message') {
      head.push(event('response.output_item.added', { ...place, item: { ...item, content: [] } }));
      for (const delta of says.text ?? [])
        head.push(event('response.output_text.delta', { ...place, content_index: 0, delta, logprobs: [] }));
    } else {
      head.push(event('response.output_item.added', { ...place, item: { ...item, arguments: '' } }));
      const given = JSON.stringify(says.call?.arguments);
      for (const delta of [given.slice(0, 3), given.slice(3)])
        head.push(event('response.function_call_arguments.delta', { ...place, delta }));
    }
    head.push(event('response.output_item.done', { ...place, item }));
  }
  return { head, finish: [event('response.completed', { response: responsesWhole(says) })], tail: [] };
}

/** Answers at one path; elsewhere as OpenAI does for a model that it does not serve there. */
export function servedAt(path: string, script: Script): Script {
  const message = `This model is only supported in v1${path} and not in v1/chat/completions.`;
  const refused = answer(
    { error: { message, type: 'invalid_request_error', param: 'model', code: null } },
    404,
  );
  return (response, request) => (request.path === path ? script : refused)(response, request);
}

const SHELL = {
  id: 'resp_up',
  object: 'response',
  created_at: 1_760_000_000,
  model: 'up-model-1',
  error: null,
  incomplete_details: null,
  parallel_tool_calls: true,
  store: false,
};

interface Item {
  id: string;
  type: string;
  [member: string]: unknown;
}

function itemsOf({ thought, text, call }: SaysThere): Item[] {
  const items: Item[] = [];
  if (thought) {
    const summary = [{ type: 'summary_text', text: thought.text }];
    items.push({ id: 'rs_up', type: 'reasoning', summary, encrypted_content: thought.seal });
  }
  if (text) {
    const content = [{ type: 'output_text', text: text.join(''), annotations: [], logprobs: [] }];
    items.push({ id: 'msg_up', type: 'message', status: 'completed', role: 'assistant', content });
  }
  if (call) {
    const named = { call_id: call.id, name: call.name, arguments: JSON.stringify(call.arguments) };
    items.push({ id: 'fc_up', type: 'function_call', status: 'completed', ...named });
  }
  return items;
}

function usageOf({ input = 100, cached = 0, output = 20 }: SaysThere): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cached },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}
