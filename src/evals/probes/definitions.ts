import { asArray, asObject, asString, isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import { RED_PNG, toneWav, zebraPdf } from './samples.ts';
import type { Observed, Probe, Verdict } from './types.ts';

const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city now',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

const COLOURS = ['vermilion', 'teal'];
const SCHEMA = {
  type: 'object',
  properties: { zq_colour: { type: 'string', enum: COLOURS }, zq_count: { type: 'integer' } },
  required: ['zq_colour', 'zq_count'],
  additionalProperties: false,
};

/** Over 1024 tokens, the least that providers cache. */
const LONG = Array.from({ length: 400 }, (_, i) => `Line ${i} of the manual.`).join(' ');

const ask = (content: string | JsonObject[], more: JsonObject = {}): JsonObject => ({
  messages: [{ role: 'user', content }],
  max_completion_tokens: 64,
  ...more,
});

/** Asked before all others: an endpoint that cannot answer this is not probed. */
export const BASELINE = ask('Say hi.');

/** All probes. Where words could bring about what a parameter should, they ask for the opposite. */
export const PROBES: readonly Probe[] = [
  {
    ability: 'tools',
    body: ask('What is the weather in Paris? Use the tool.', { tools: [WEATHER] }),
    parameters: ['tools'],
    judge: ([answer]) => {
      const [first] = callsOf(answer);
      const city = asString(asObject(parseJson(first?.arguments ?? ''))?.city);
      return yesOrNo(
        first?.name === 'get_weather' && city !== undefined,
        `called ${JSON.stringify(first)}`,
        answer,
      );
    },
  },
  {
    ability: 'parallel_tool_calls',
    body: ask('What is the weather in Paris and in Rome? Call the tool for both at once.', {
      tools: [WEATHER],
      parallel_tool_calls: true,
    }),
    parameters: ['tools', 'parallel_tool_calls'],
    judge: ([answer]) => {
      const { length } = callsOf(answer);
      return yesOrNo(length > 1, `${length} calls in one answer`, answer);
    },
  },
  {
    ability: 'tool_choice',
    body: ask('Say hello. Do not use tools.', {
      tools: [WEATHER],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    }),
    parameters: ['tool_choice'],
    judge: ([answer]) => yesOrNo(callsOf(answer).length > 0, 'called the tool that was forced', answer),
  },
  {
    ability: 'json_mode',
    body: ask('Describe the colour red in plain prose, not as JSON.', {
      response_format: { type: 'json_object' },
    }),
    parameters: ['response_format'],
    judge: ([answer]) =>
      yesOrNo(asObject(parseJson(textOf(answer))) !== undefined, 'answered an object', answer),
  },
  {
    ability: 'json_schema',
    body: ask('Say hello in plain prose, not as JSON.', {
      response_format: { type: 'json_schema', json_schema: { name: 'probe', strict: true, schema: SCHEMA } },
    }),
    parameters: ['response_format'],
    judge: ([answer]) => {
      const value = asObject(parseJson(textOf(answer)));
      const fits =
        value !== undefined &&
        Object.keys(value).length === 2 &&
        COLOURS.includes(asString(value.zq_colour) ?? '') &&
        Number.isInteger(value.zq_count);
      if (fits)
        return { result: 'honoured', evidence: 'enforced: the answer fits the schema against its words' };
      if (value)
        return {
          result: 'ignored',
          evidence: `encouraged: JSON that does not fit, ${shown(textOf(answer))}`,
        };
      return yesOrNo(false, '', answer);
    },
  },
  {
    ability: 'logprobs',
    body: ask('Say hi.', { logprobs: true, top_logprobs: 2 }),
    parameters: ['logprobs'],
    judge: ([answer]) => {
      const content = asArray(asObject(choicesOf(answer)[0]?.logprobs)?.content);
      return yesOrNo(content.length > 0, `${content.length} tokens with log probabilities`, answer);
    },
  },
  {
    ability: 'seed',
    body: ask('Write sixteen random letters.', { seed: 7, temperature: 1 }),
    parameters: ['seed'],
    times: 2,
    judge: ([first, second]) =>
      yesOrNo(textOf(first) !== '' && textOf(first) === textOf(second), 'twice the same text', second),
  },
  {
    ability: 'n',
    body: ask('Say hi.', { n: 2 }),
    parameters: ['n'],
    judge: ([answer]) => {
      const { length } = choicesOf(answer);
      return yesOrNo(length === 2, `${length} choices`, answer);
    },
  },
  {
    ability: 'penalties',
    body: ask('Write the word "la" forty times, with spaces between.', {
      frequency_penalty: 2,
      presence_penalty: 2,
      max_completion_tokens: 128,
    }),
    parameters: ['frequency_penalty', 'presence_penalty'],
    judge: ([answer]) => {
      const times = textOf(answer).match(/\bla\b/gi)?.length ?? 0;
      return yesOrNo(times < 30, `wrote it ${times} times of forty`, answer);
    },
  },
  {
    ability: 'logit_bias',
    body: ask('Say hi.', { logit_bias: { '1000': 100 }, max_completion_tokens: 16 }),
    parameters: ['logit_bias'],
    judge: ([answer]) =>
      yesOrNo(/^\s*(\S{1,20}?\s?)\1{3,}/.test(textOf(answer)), 'the favoured token over and over', answer),
  },
  {
    ability: 'stop',
    body: ask('Count from 1 to 9 in digits, with spaces between.', { stop: ['6'] }),
    parameters: ['stop'],
    judge: ([answer]) => {
      const text = textOf(answer);
      return yesOrNo(text.includes('5') && !/[6-9]/.test(text), 'ended before the word', answer);
    },
  },
  {
    ability: 'reasoning_effort',
    body: ask('What is 17 times 23?', { reasoning_effort: 'low', max_completion_tokens: 1024 }),
    parameters: ['reasoning_effort'],
    judge: ([answer]) => {
      const tokens = answer?.usage?.reasoningTokens ?? 0;
      const told =
        asString(messageOf(answer)?.reasoning) ?? asString(messageOf(answer)?.reasoning_content) ?? '';
      return yesOrNo(tokens > 0 || told !== '', `${tokens} tokens of reasoning`, answer);
    },
  },
  {
    ability: 'images',
    body: ask([
      { type: 'text', text: 'Which colour is this? One word.' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${RED_PNG}` } },
    ]),
    parameters: [],
    judge: ([answer]) => yesOrNo(/\bred\b/i.test(textOf(answer)), 'saw that the image is red', answer),
  },
  {
    ability: 'pdfs',
    body: ask([
      { type: 'text', text: 'Which animal does this document name? One word.' },
      {
        type: 'file',
        file: { filename: 'page.pdf', file_data: `data:application/pdf;base64,${zebraPdf()}` },
      },
    ]),
    parameters: [],
    judge: ([answer]) => yesOrNo(/zebra/i.test(textOf(answer)), 'read the word in the document', answer),
  },
  {
    ability: 'audio',
    body: ask([
      { type: 'text', text: 'Is this a tone or a voice? One word.' },
      { type: 'input_audio', input_audio: { data: toneWav(), format: 'wav' } },
    ]),
    parameters: [],
    judge: ([answer]) => {
      const tokens = answer?.usage?.inputAudioTokens ?? 0;
      return yesOrNo(tokens > 0, `${tokens} tokens of audio counted`, answer);
    },
  },
  {
    ability: 'prompt_caching',
    body: ask(`${LONG} Say hi.`),
    parameters: [],
    times: 2,
    judge: ([, answer]) => {
      const tokens = answer?.usage?.cachedInputTokens ?? 0;
      return yesOrNo(tokens > 0, `${tokens} tokens from the cache at the second time`, answer);
    },
  },
  {
    ability: 'assistant_prefill',
    body: {
      messages: [
        { role: 'user', content: 'Say exactly: alpha beta gamma delta' },
        { role: 'assistant', content: 'alpha beta' },
      ],
      max_completion_tokens: 64,
    },
    parameters: [],
    judge: ([answer]) =>
      yesOrNo(
        /gamma/i.test(textOf(answer)) && !/alpha/i.test(textOf(answer)),
        'went on where it was',
        answer,
      ),
  },
  {
    ability: 'streaming_usage',
    body: ask('Say hi.', { stream: true, stream_options: { include_usage: true } }),
    parameters: ['stream_options'],
    judge: ([answer]) => yesOrNo(answer?.usage != null, 'usage came with the stream', answer),
  },
];

function yesOrNo(seen: boolean, evidence: string, answer: Observed | undefined): Verdict {
  if (seen) return { result: 'honoured', evidence };
  const calls = callsOf(answer).length;
  return {
    result: 'ignored',
    evidence: `answered ${shown(textOf(answer))}${calls > 0 ? ` and ${calls} calls` : ''}`,
  };
}

/** The beginning of a text: evidence is for people. */
function shown(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}

function choicesOf(answer: Observed | undefined): JsonObject[] {
  return asArray(answer?.completion.choices).filter(isObject);
}

function messageOf(answer: Observed | undefined): JsonObject | undefined {
  return asObject(choicesOf(answer)[0]?.message);
}

function textOf(answer: Observed | undefined): string {
  return asString(messageOf(answer)?.content) ?? '';
}

function callsOf(answer: Observed | undefined): { name: string; arguments: string }[] {
  return asArray(messageOf(answer)?.tool_calls).flatMap((call) => {
    const called = asObject(asObject(call)?.function);
    return called ? [{ name: asString(called.name) ?? '', arguments: asString(called.arguments) ?? '' }] : [];
  });
}
