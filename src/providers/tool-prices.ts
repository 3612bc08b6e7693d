import type { CatalogueEndpoint } from '../registry/catalogue/types.ts';

type Tools = Readonly<Record<string, number>>;

/** What a provider charges for tools that it runs, at some of its models. */
interface ToolPrices {
  provider: string;
  /** The provider's names of the models that it holds for. */
  models: RegExp;
  /** Letters of what the endpoint must be known to take, or with a `!` not to take. */
  can?: string;
  /** USD per 1,000 calls; with `_prompt` behind the name per 1,000 answers. */
  usd: Tools;
  /** URL of what says so. */
  source: string;
}

const OPENAI = 'https://platform.openai.com/docs/pricing#built-in-tools';
const XAI = 'https://docs.x.ai/developers/pricing';
const CLAUDE = 'https://platform.claude.com/docs/en/about-claude/pricing#specific-tool-pricing';
const GEMINI = 'https://ai.google.dev/gemini-api/docs/pricing';

/** Chat models of OpenAI: others call no tools. */
const CHAT = /^(gpt-(?!image|.*(transcribe|tts))|o\d)/;

/**
 * Left out, since what is billed cannot be told from an answer: OpenAI's containers, which are billed when they are made,
 * whether or not code runs in them; its `image_generation`, billed by the tokens of another model; searches of its
 * smallest models, billed as a fixed block of tokens; Anthropic's `code_execution`, billed by the hour.
 */
const TOOL_PRICES: readonly ToolPrices[] = [
  { provider: 'openai', models: CHAT, usd: { file_search: 2.5, mcp: 0 }, source: OPENAI },
  {
    provider: 'openai',
    models: /^(?!gpt-4o-mini|gpt-4\.1-mini|gpt-4\.1-nano)(gpt-(?!image|.*(transcribe|tts))|o\d)/,
    usd: { web_search: 10 },
    source: OPENAI,
  },
  { provider: 'openai', models: CHAT, can: 'r', usd: { web_search_preview: 10 }, source: OPENAI },
  { provider: 'openai', models: CHAT, can: '!r', usd: { web_search_preview: 25 }, source: OPENAI },
  {
    provider: 'anthropic',
    models: /^claude-/,
    usd: { web_search: 10, web_fetch: 0, mcp: 0 },
    source: CLAUDE,
  },
  {
    provider: 'xai',
    models: /^grok-(?!imagine)/,
    usd: {
      web_search: 5,
      x_search: 5,
      code_interpreter: 5,
      code_execution: 5,
      file_search: 2.5,
      collections_search: 2.5,
    },
    source: XAI,
  },
  { provider: 'google', models: /^gemini-[23]/, usd: { url_context: 0, code_execution: 0 }, source: GEMINI },
  { provider: 'google', models: /^gemini-2/, usd: { google_search_prompt: 35 }, source: GEMINI },
  { provider: 'google', models: /^gemini-3/, usd: { google_search: 14 }, source: GEMINI },
];

/** An endpoint of the catalogue with what its provider charges for tools; those without a price have none of these. */
export function withToolPrices(endpoint: CatalogueEndpoint): CatalogueEndpoint {
  const { price, provider, upstream, can } = endpoint;
  // Tools are for models that take any.
  if (!price || !/^[^!]*t/.test(can)) return endpoint;
  const tools: Record<string, number> = {};
  for (const prices of TOOL_PRICES) {
    if (prices.provider !== provider || !prices.models.test(upstream) || !fits(can, prices.can)) continue;
    for (const [tool, usd] of Object.entries(prices.usd)) tools[tool] = Math.round(usd * 1_000_000_000);
  }
  return Object.keys(tools).length === 0 ? endpoint : { ...endpoint, price: { ...price, tools } };
}

function fits(can: string, wanted = ''): boolean {
  const [takes = '', refuses = ''] = can.split('!');
  return wanted.startsWith('!') ? refuses.includes(wanted.slice(1)) : takes.includes(wanted);
}
