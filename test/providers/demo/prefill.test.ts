import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { demoFetch } from '../../../src/providers/demo/index.ts';
import { ask, askStream, chat, textOf } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const begunWith = (user: string, begun: string): Request =>
  chat('demo-echo', user, {
    messages: [
      { role: 'user', content: user },
      { role: 'assistant', content: begun },
    ],
  });

it.each([
  ['its own answer', 'one two three four', 'one two', ' three four'],
  ['the answer of the model that breaks', 'Hi', 'This answer has thirty', ' words, so a third of it is ten'],
  ['nothing it knows', 'one two', 'seven', 'one two'],
])('demo-echo goes on with %s', async (_, user, begun, rest) => {
  const { body } = await ask(begunWith(user, begun));
  expect(body.choices[0]?.message.content?.slice(0, rest.length)).toBe(rest);
});

it('what demo-break leaves unsaid, demo-echo says', async () => {
  const { chunks } = await askStream(chat('demo-break', 'Hi', { stream: true }));
  const begun = textOf(chunks);
  expect(begun.split(' ')).toHaveLength(10);
  const { body } = await ask(begunWith('Hi', begun));
  const whole = begun + body.choices[0]?.message.content;
  expect(whole.split(' ')).toHaveLength(30);
  expect(whole.endsWith('the model fell silent.')).toBe(true);
});

it('demo-sleepy says how long it takes to load, and answers then', async () => {
  const asleep = await demoFetch(chat('demo-sleepy', 'Hi'));
  expect(asleep.status).toBe(503);
  expect(await asleep.json()).toMatchObject({ error: { code: 'model_loading' } });
  expect(asleep.headers.get('retry-after')).toBe('2');
  vi.advanceTimersByTime(8_000);
  const { body } = await ask(chat('demo-sleepy', 'Hi'));
  expect(body.choices[0]?.message.content).toBe('Hi');
});
