import type { Endpoint, Modality, Model, ModelKind, Price } from '../../registry/types.ts';
import type { Capabilities } from '../../wires/types.ts';
import type { Provider } from '../types.ts';
import { CONTEXT_LENGTH, MAX_OUTPUT_TOKENS } from './tokens.ts';

/** Made up, and small: 0.10 USD per 1M tokens in, 0.40 out, as nano-USD. */
const PRICE: Price = { input: 100_000_000, output: 400_000_000, cachedInput: 10_000_000 };
/** Who leaves the choice to the gateway gets the echo, and none that is slow or fails on purpose. */
const ABLE_PRICE = times(2, PRICE);
const TROUBLED_PRICE = times(3, PRICE);
/** Dearer than those they stand in for, so that receipts show which of two endpoints served. */
const BACKUP_PRICE = times(2, TROUBLED_PRICE);
const ABLE = new Set(['tools', 'json', 'sloppy', 'reasoning']);
const PRICE_VERSION = 'demo-2';

const DEMO: Provider = {
  id: 'demo',
  name: 'Demo',
  baseUrl: 'https://demo.interline.invalid/v1',
  wire: 'openai',
  auth: { kind: 'none' },
  transport: 'internal',
  quirks: { transcription: { format: 'verbose_json' } },
};

/** The same provider under a second name, so that a fallback goes to another provider. */
const BACKUP: Provider = {
  ...DEMO,
  id: 'demo-backup',
  name: 'Demo backup',
  baseUrl: 'https://demo-backup.interline.invalid/v1',
};

/** Providers that the Worker itself serves; registered only where it runs locally. */
export const DEMO_PROVIDERS: Provider[] = [DEMO, BACKUP];

const MODEL_NAMES: Readonly<Record<string, string>> = {
  echo: 'Demo Echo: says the last user message',
  slow: 'Demo Slow: the echo, late and haltingly',
  reasoning: 'Demo Reasoning: thinks aloud, then answers',
  tools: 'Demo Tools: calls the first tool, then quotes its result',
  json: 'Demo JSON: answers JSON that fits the schema',
  sloppy: 'Demo Sloppy: JSON that does not fit the schema, until it is told so',
  fail: 'Demo Fail: always 500',
  flaky: 'Demo Flaky: every second request is 503',
  limited: 'Demo Limited: always 429',
  break: 'Demo Break: the stream ends after a third of the answer',
  stall: 'Demo Stall: the stream falls silent after five tokens',
  resilient: 'Demo Resilient: its first endpoint fails, its second answers',
  continued: 'Demo Continued: its first endpoint breaks off, its second goes on',
  sleepy: 'Demo Sleepy: scaled to zero, it takes eight seconds to wake',
};

/** Models of other kinds, and what they cost. */
const OTHERS: Readonly<Record<string, { name: string; kind: ModelKind; gives: Modality; price: Price }>> = {
  embed: {
    name: 'Demo Embed: texts with the same words are near each other',
    kind: 'embedding',
    gives: 'text',
    price: { input: 20_000_000, output: 0 },
  },
  image: {
    name: 'Demo Image: a small pattern, another for every prompt',
    kind: 'image',
    gives: 'image',
    price: { input: 0, output: 0, perImage: 10_000_000 },
  },
  moderation: {
    name: 'Demo Moderation: flags texts by a list of words',
    kind: 'moderation',
    gives: 'text',
    price: { input: 0, output: 0 },
  },
  rerank: {
    name: 'Demo Rerank: documents with the words of the query come first',
    kind: 'rerank',
    gives: 'text',
    // 2 USD per 1,000 searches.
    price: { input: 0, output: 0, perSearch: 2_000_000 },
  },
  speech: {
    name: 'Demo Speech: says the text in tones',
    kind: 'speech',
    gives: 'audio',
    // 15 USD per 1M characters.
    price: { input: 0, output: 0, characters: 15_000_000_000 },
  },
  transcribe: {
    name: 'Demo Transcribe: understands Demo Speech',
    kind: 'transcription',
    gives: 'text',
    // 0.006 USD a minute.
    price: { input: 0, output: 0, audioHour: 360_000_000 },
  },
};

export const DEMO_MODELS: Model[] = [
  ...Object.entries(MODEL_NAMES).map(([slug, name]) => demoModel(slug, name, 'chat', 'text')),
  ...Object.entries(OTHERS).map(([slug, { name, kind, gives }]) => demoModel(slug, name, kind, gives)),
];

export const DEMO_ENDPOINTS: Endpoint[] = [
  ...Object.keys(MODEL_NAMES)
    .filter((slug) => slug !== 'resilient' && slug !== 'continued')
    .map((slug) => endpoint(slug, DEMO, `demo-${slug}`, priceOf(slug))),
  ...Object.entries(OTHERS).map(([slug, { price }]) => endpoint(slug, DEMO, `demo-${slug}`, price)),
  // In this order: the first fails, the second answers.
  endpoint('resilient', DEMO, 'demo-fail', TROUBLED_PRICE),
  endpoint('resilient', BACKUP, 'demo-echo', BACKUP_PRICE),
  // The first breaks in the middle of its answer, the second goes on with it.
  endpoint('continued', DEMO, 'demo-break', TROUBLED_PRICE),
  endpoint('continued', BACKUP, 'demo-echo', BACKUP_PRICE),
];

/** `demo-echo` → `demo/echo`, and so on: the names the models have on the wire. */
export const DEMO_ALIASES: Record<string, string> = Object.fromEntries(
  [...Object.keys(MODEL_NAMES), ...Object.keys(OTHERS)].map((slug) => [`demo-${slug}`, `demo/${slug}`]),
);

function demoModel(slug: string, name: string, kind: ModelKind, gives: Modality): Model {
  return {
    id: `demo/${slug}`,
    name,
    vendor: 'demo',
    family: null,
    kind,
    contextLength: CONTEXT_LENGTH,
    maxOutputTokens: kind === 'chat' ? MAX_OUTPUT_TOKENS : null,
    inputModalities: [kind === 'transcription' ? 'audio' : 'text'],
    outputModalities: [gives],
    knowledge: null,
    releaseDate: null,
    openWeights: null,
  };
}

function priceOf(slug: string): Price {
  if (slug === 'echo') return PRICE;
  return ABLE.has(slug) ? ABLE_PRICE : TROUBLED_PRICE;
}

function times(factor: number, { input, output, cachedInput = 0 }: Price): Price {
  return { input: factor * input, output: factor * output, cachedInput: factor * cachedInput };
}

function endpoint(slug: string, provider: Provider, upstreamModel: string, price: Price): Endpoint {
  const model = `demo/${slug}`;
  return {
    id: `${model}@${provider.id}`,
    model,
    provider: provider.id,
    upstreamModel,
    price,
    priceVersion: PRICE_VERSION,
    contextLength: CONTEXT_LENGTH,
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    regions: [],
    capabilities: capabilitiesOf(upstreamModel),
    ...(upstreamModel === 'demo-echo' ? { probed: { assistant_prefill: 'honoured' } } : {}),
    ...(upstreamModel === 'demo-json' ? { probed: { json_mode: 'honoured', json_schema: 'honoured' } } : {}),
    ...(upstreamModel === 'demo-sleepy' ? { scalesToZero: true } : {}),
  };
}

function capabilitiesOf(upstreamModel: string): Capabilities {
  return {
    tools: upstreamModel === 'demo-tools',
    reasoning: upstreamModel === 'demo-reasoning',
    structuredOutput: upstreamModel === 'demo-json' || upstreamModel === 'demo-sloppy',
    temperature: false,
    attachments: false,
  };
}
