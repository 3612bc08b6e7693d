import type Anthropic from '@anthropic-ai/sdk';
import { type Conversation, schemaOf, TOOLS } from './workshop.ts';

/** An agent on POST /v1/messages. */
export function messagesConversation(client: Anthropic, model: string, task: string): Conversation {
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: task }];
  const tools = Object.keys(TOOLS).map((name): Anthropic.Tool => ({ name, input_schema: schemaOf(name) }));
  const begin = () => client.messages.stream({ model, messages, tools, max_tokens: 4_000 });
  return {
    async leave() {
      const running = begin();
      let id = '';
      running.once('streamEvent', (event) => {
        if (event.type === 'message_start') id = event.message.id;
      });
      running.once('text', () => running.abort());
      await running.done().catch(() => {});
      return id;
    },
    async ask() {
      const { id, content } = await begin().finalMessage();
      messages.push({ role: 'assistant', content });
      const call = content.find((block) => block.type === 'tool_use');
      return {
        id,
        text: content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
        call: call ? { id: call.id, name: call.name, arguments: call.input as Record<string, string> } : null,
      };
    },
    tell: ({ id }, content) =>
      void messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content }] }),
  };
}
