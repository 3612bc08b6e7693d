import { describe, expect, test } from 'vitest';
import { isObject, type Json } from '../../../src/lib/json.ts';
import type { FinishReason, Quirks, Usage } from '../../../src/wires/types.ts';
import { usage } from '../../support/usage.ts';
import { decode, fixture, fixturesWith, parse } from './support.ts';

interface Expected {
  quirks?: Quirks;
  /** What must be added for OpenAI's schema (+) or taken away (-); without any, all bytes but the id stay. */
  repairs: string[];
  content: string | null;
  reasoning?: string;
  call?: { id: string; name: string; arguments: string };
  finish?: FinishReason;
  usage: [input: number, output: number];
  parts?: Partial<Usage>;
}

const LOGPROBS = '+choices.0.logprobs';
const REFUSAL = '+choices.0.message.refusal';
const CONTENT = '+choices.0.message.content';
const REASONING = '+choices.0.message.reasoning';
const NO_CALLS = '-choices.0.message.tool_calls';

const ANSWERS: Record<string, Expected> = {
  'alibaba-chat-j-alibaba-text-0': {
    repairs: [REFUSAL],
    content: '## The Festival of Forgotten Things (Obsidiana)',
    usage: [18, 1064],
  },
  // What the filters of Azure found stays beside the choices and in them.
  'azure-chat-j-deepseek-reasoning-0': {
    repairs: [LOGPROBS, REFUSAL, REASONING],
    content: 'Absolutely! Based on the most recent Knicks game in my knowledge base.',
    reasoning: 'We need to invent a new holiday around the latest Knicks game.',
    usage: [19, 1969],
  },
  'cerebras-chat-j-openai-model-cerebras-provider-0': {
    repairs: [LOGPROBS, REFUSAL],
    content: 'The capital of France is Paris.',
    usage: [42, 8],
  },
  'cerebras-chat-j-openai-model-cerebras-provider-qwen-3-coder-1': {
    repairs: [LOGPROBS, CONTENT, REFUSAL],
    content: null,
    call: { id: 'b8847f144', name: 'final_result', arguments: '{"city": "Paris", "country": "France"}' },
    finish: 'tool_calls',
    usage: [364, 33],
  },
  'deepseek-chat-j-deepseek-text-0': {
    repairs: [REFUSAL],
    content: '## **Holiday Name: Gratitude of Small Things Day (GST Day)**',
    finish: 'length',
    usage: [13, 300],
  },
  // The total says 100: 28 tokens of thinking that are counted nowhere else.
  'google-openai-chat-j-compatible-api-with-tool-calls-without-id-1': {
    quirks: { reasoningOutsideCompletion: true },
    repairs: [LOGPROBS, REFUSAL],
    content: 'The current time is Noon.',
    usage: [66, 34],
  },
  'groq-chat-j-tool-use-failed-error-2': {
    repairs: [REFUSAL],
    content: 'The first call failed due to missing and extra parameters, as expected.',
    reasoning: 'We need to respond to user request.',
    usage: [336, 96],
    parts: { cachedInputTokens: 256, reasoningTokens: 59 },
  },
  'groq-chat-j-tool-use-failed-error-with-text-1': {
    repairs: [CONTENT, REFUSAL],
    content: null,
    reasoning: 'The user wants me to fix the errors.',
    call: {
      id: 'fc_beee8d84-e6d7-4980-bec6-298d3ec7a73f',
      name: 'final_result',
      arguments: '{"response":"yes"}',
    },
    finish: 'tool_calls',
    usage: [254, 174],
    parts: { reasoningTokens: 147 },
  },
  // The deployment is in the address, and the answer names neither its object nor its model.
  'hand-j-azure-deployments-chat-completion': {
    repairs: ['+object', '+model', LOGPROBS, REFUSAL],
    content: "Ahoy matey! So ye be wantin' to care for a fine squawkin' parrot, eh?",
    usage: [33, 557],
  },
  // Reasoning that the host writes into the text is the text's.
  'hand-j-bedrock-openai-text': {
    repairs: [],
    content: '<reasoning>The user says hello.</reasoning>Hello! How can I help you today?',
    usage: [78, 34],
  },
  'hand-j-cohere-haiku': {
    repairs: [LOGPROBS, NO_CALLS, '-choices.0.message.function_call'],
    content: "Recursive loops,\nUnraveling code's depths,\nEndless, yet complete.",
    usage: [8, 16],
  },
  'hand-j-deepinfra-cost': {
    repairs: [LOGPROBS, REFUSAL, NO_CALLS],
    content: "Hello! It's nice to meet you.",
    usage: [15, 16],
    parts: { upstreamCostUsd: 0.0000268 },
  },
  'hand-j-nebius-reasoning': {
    repairs: [REASONING],
    content: "Hello! It's nice to meet you.",
    reasoning: 'The user greets me.',
    usage: [5, 26],
  },
  'huggingface-chat-j-max-completion-tokens-0': {
    repairs: [REFUSAL],
    content: '<think>\nHmm, the user just said "hello".',
    finish: 'length',
    usage: [4, 100],
  },
  'mistral-chat-j-mistral-forwards-penalties-0': {
    repairs: [LOGPROBS, REFUSAL, NO_CALLS],
    content: 'Hello! 😊 How can I assist you today?',
    usage: [4, 36],
  },
  'mistral-chat-j-mistral-tool-call-0': {
    repairs: [LOGPROBS, CONTENT, REFUSAL, '+choices.0.message.tool_calls.0.type'],
    content: null,
    call: { id: 'gSIMJiOkT', name: 'weather', arguments: '{"location": "San Francisco"}' },
    finish: 'tool_calls',
    usage: [124, 22],
  },
  'mistral-chat-j-tool-choice-matrix-auto-mistral-1': {
    repairs: [LOGPROBS, REFUSAL, NO_CALLS],
    content: 'The current weather in **Paris** is **sunny** with a temperature of **22°C**.',
    usage: [100, 29],
    parts: { cachedInputTokens: 99 },
  },
  'moonshotai-chat-j-moonshotai-reasoning-0': {
    repairs: [LOGPROBS, REFUSAL, REASONING],
    content: 'There are three.',
    reasoning: 'Let me count the letters carefully.',
    usage: [20, 30],
    parts: { cachedInputTokens: 10, reasoningTokens: 22 },
  },
  'ollama-chat-j-ollama-cloud-prompted-output-0': {
    repairs: [LOGPROBS, REFUSAL],
    content: '{"name":"Loki","animal":"cat","age":3}',
    reasoning: 'We need to output JSON with name, animal, age.',
    usage: [172, 88],
  },
  'openai-chat-j-document-as-binary-content-input-with-tool-0': {
    repairs: [],
    content: null,
    call: {
      id: 'call_qkJ5pxpAXuEdMLTHIwrUk9Q4',
      name: 'get_upper_case',
      arguments: '{"text":"Dummy PDF file"}',
    },
    finish: 'tool_calls',
    usage: [281, 17],
  },
  'openai-chat-j-image-url-tool-response-1': {
    repairs: [],
    content: 'The image shows a potato.',
    usage: [503, 8],
  },
  'openai-chat-j-multimodal-tool-return-matrix-direct-url-document-openai-cha-2': {
    repairs: [LOGPROBS],
    content: 'I retrieved file 99631f (a one‐page PDF).',
    usage: [1126, 824],
    parts: { reasoningTokens: 576 },
  },
  'openai-chat-j-openai-model-without-system-prompt-0': {
    repairs: [LOGPROBS],
    content: "That's right—I am a potato!",
    usage: [11, 809],
    parts: { reasoningTokens: 768 },
  },
  'openai-chat-j-openai-tool-call-roundtrip-wire-stable-vercel-2': {
    repairs: [],
    content: 'OK',
    usage: [64, 1],
  },
  'openai-chat-j-prefect-agent-with-model-retry-1': {
    repairs: [],
    content: null,
    call: {
      id: 'call_2IrUdlpgInWUCEEqKKvUZ7pR',
      name: 'get_weather_in_city',
      arguments: '{"city":"Mexico City"}',
    },
    finish: 'tool_calls',
    usage: [87, 17],
  },
  'openrouter-chat-j-openrouter-cache-all-settings-real-api-1': {
    repairs: [],
    content: '**Step-by-step breakdown:**',
    finish: 'length',
    usage: [2649, 100],
    parts: { cachedInputTokens: 2569, cacheWriteTokens: 79, upstreamCostUsd: 0.00256995 },
  },
  'openrouter-chat-j-openrouter-preserve-reasoning-block-1': {
    repairs: [],
    content: 'Short answer: Very large.',
    usage: [41, 1457],
    parts: { reasoningTokens: 704 },
  },
  // With the search, which upstream_inference_cost leaves out.
  'openrouter-chat-j-openrouter-web-search-annotations-0': {
    repairs: [],
    content: 'https://github.com/pydantic/pydantic-ai',
    usage: [2315, 40],
    parts: { upstreamCostUsd: 0.007637029 },
  },
  'perplexity-chat-j-perplexity-text-0': {
    repairs: [LOGPROBS, REFUSAL],
    content: '**EcoVista Day** is a new annual holiday',
    usage: [11, 392],
  },
  'xai-chat-j-xai-text-0': {
    quirks: { reasoningOutsideCompletion: true },
    repairs: [LOGPROBS, REASONING],
    content: 'Hello',
    reasoning: 'First, the user said: "Say a single word."',
    usage: [12, 229],
    parts: {
      cachedInputTokens: 2,
      reasoningTokens: 228,
      upstreamCostUsd: expect.closeTo(0.00011765, 12),
    },
  },
  'zai-chat-j-zai-reasoning-effort-0': {
    repairs: [LOGPROBS, REFUSAL, REASONING],
    content: '2 + 2 = 4',
    reasoning: '1.  Identify the core question:',
    usage: [20, 67],
    parts: { reasoningTokens: 58 },
  },
};

/** Members that were added (+), taken away (-) or changed (~), as paths. */
function changes(from: Json | undefined, to: Json | undefined, path = ''): string[] {
  if (from === undefined) return [`+${path}`];
  if (to === undefined) return [`-${path}`];
  const [a, b] = [from, to].map((value) => (Array.isArray(value) ? { ...value } : value));
  if (!isObject(a) || !isObject(b)) return Object.is(a, b) ? [] : [`~${path}`];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) =>
    changes(a[name] as Json, b[name] as Json, path === '' ? name : `${path}.${name}`),
  );
}

test('every recorded answer has its expectations', () => {
  const answers = fixturesWith('response.json').filter(
    (name) => parse(fixture(name, 'meta.json')).status === 200,
  );
  expect(Object.keys(ANSWERS).toSorted()).toEqual(answers.toSorted());
});

describe.each(Object.entries(ANSWERS))('%s', (name, expected) => {
  const text = fixture(name, 'response.json');
  const upstream = parse(text);
  const { answer, completion, choices, message } = decode(text, expected.quirks);

  test('only the id and what the schema demands differs', () => {
    expect(completion.id).toBe('gen_1');
    const differences = changes(upstream, completion).filter((change) => change !== '~id');
    expect(differences.toSorted()).toEqual(expected.repairs.toSorted());
    if (expected.repairs.length === 0) {
      expect(answer.text).toBe(text.replace(`"id": "${String(upstream.id)}"`, '"id": "gen_1"'));
    }
    for (const added of [choices[0]?.logprobs, message.refusal]) expect(added).toBeNull();
  });

  test('text, reasoning and calls', () => {
    if (expected.content === null) expect(message.content).toBeNull();
    else expect(String(message.content).startsWith(expected.content)).toBe(true);
    expect(String(message.reasoning ?? '').startsWith(expected.reasoning ?? '')).toBe(true);
    if (expected.call) {
      const { id, ...named } = expected.call;
      expect(message.tool_calls).toEqual([{ id, type: 'function', function: named }]);
    } else {
      expect(message.tool_calls ?? []).toEqual([]);
    }
  });

  test('reason, usage, labels', () => {
    const finish = expected.finish ?? 'stop';
    expect(choices[0]?.finish_reason).toBe(finish);
    expect(answer).toMatchObject({
      finishReason: finish,
      rawFinishReason: finish,
      upstreamId: upstream.id,
      upstreamModel: upstream.model ?? null,
    });
    const [inputTokens, outputTokens] = expected.usage;
    expect(answer.usage).toEqual(
      usage({ inputTokens, outputTokens, ...expected.parts, raw: upstream.usage ?? null }),
    );
  });
});
