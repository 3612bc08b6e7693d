import type OpenAI from 'openai';
import { type Conversation, schemaOf, TOOLS } from './workshop.ts';

/** An agent on POST /v1/chat/completions. */
export function chatConversation(client: OpenAI, model: string, task: string): Conversation {
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: task }];
  const tools = Object.keys(TOOLS).map(
    (name): OpenAI.ChatCompletionTool => ({
      type: 'function',
      function: { name, parameters: schemaOf(name) },
    }),
  );
  const begin = () => client.chat.completions.stream({ model, messages, tools });
  return {
    async leave() {
      const running = begin();
      let id = '';
      running.once('chunk', (chunk) => (id = chunk.id));
      running.once('content', () => running.abort());
      await running.done().catch(() => {});
      return id;
    },
    async ask() {
      const completion = await begin().finalChatCompletion();
      const message = completion.choices[0]?.message;
      if (!message) throw new Error('No message');
      messages.push(message);
      const [call] = message.tool_calls ?? [];
      return {
        id: completion.id,
        text: message.content ?? '',
        call:
          call?.type === 'function'
            ? { id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) }
            : null,
      };
    },
    tell: ({ id }, content) => void messages.push({ role: 'tool', tool_call_id: id, content }),
  };
}
