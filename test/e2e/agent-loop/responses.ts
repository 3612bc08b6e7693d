import type OpenAI from 'openai';
import type { ResponseInput, ResponseInputItem } from 'openai/resources/responses/responses';
import { type Conversation, schemaOf, TOOLS } from './workshop.ts';

/** An agent on POST /v1/responses that keeps its history itself. */
export function responsesConversation(client: OpenAI, model: string, task: string): Conversation {
  const input: ResponseInput = [{ role: 'user', content: task }];
  const tools = Object.keys(TOOLS).map((name) => ({
    type: 'function' as const,
    name,
    parameters: schemaOf(name),
    strict: true,
  }));
  const begin = () => client.responses.stream({ model, input, tools, store: false });
  return {
    async leave() {
      const running = begin();
      let id = '';
      running.once('response.created', ({ response }) => (id = response.id));
      running.once('response.output_text.delta', () => running.abort());
      await running.done().catch(() => {});
      return id;
    },
    async ask() {
      const response = await begin().finalResponse();
      input.push(...(response.output as ResponseInputItem[]));
      const call = response.output.find((item) => item.type === 'function_call');
      return {
        id: response.id,
        text: response.output_text,
        call: call ? { id: call.call_id, name: call.name, arguments: JSON.parse(call.arguments) } : null,
      };
    },
    tell: ({ id }, output) => void input.push({ type: 'function_call_output', call_id: id, output }),
  };
}
