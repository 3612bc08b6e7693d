import { matchesModel } from '../lib/model-glob.ts';
import type { ServedApi } from '../wires/types.ts';

/** Models that answer at one API, and not at that of chat completions. */
interface Served {
  providers: readonly string[];
  /** Globs over the provider's own names. */
  models: readonly string[];
  api: ServedApi;
  /** URL of what says so. */
  source: string;
}

const MODELS = 'https://developers.openai.com/api/docs/models';
/** `ResponsesOnlyModel` of OpenAI's description of its API. */
const DESCRIPTION = 'https://github.com/openai/openai-openapi';
const OPENAI = ['openai', 'azure'] as const;

/** OpenAI's models that complete texts, at its own API. */
export const COMPLETES: readonly string[] = ['gpt-3.5-turbo-instruct*', 'davinci-002', 'babbage-002'];

const SERVED: readonly Served[] = [
  // Azure: https://learn.microsoft.com/azure/foundry/openai/concepts/models-sold-directly-by-azure says the same of its own.
  { providers: OPENAI, models: ['o1-pro*', 'o3-pro*'], api: 'responses', source: DESCRIPTION },
  {
    providers: OPENAI,
    models: ['o3-deep-research*', 'o4-mini-deep-research*'],
    api: 'responses',
    source: DESCRIPTION,
  },
  { providers: OPENAI, models: ['computer-use-preview*'], api: 'responses', source: DESCRIPTION },
  { providers: OPENAI, models: ['gpt-5-pro*'], api: 'responses', source: `${MODELS}/gpt-5-pro` },
  { providers: OPENAI, models: ['gpt-5.2-pro*'], api: 'responses', source: `${MODELS}/gpt-5.2-pro` },
  { providers: OPENAI, models: ['gpt-5.4-pro*'], api: 'responses', source: `${MODELS}/gpt-5.4-pro` },
  { providers: OPENAI, models: ['gpt-5.5-pro*'], api: 'responses', source: `${MODELS}/gpt-5.5-pro` },
  { providers: OPENAI, models: ['gpt-5-codex*'], api: 'responses', source: `${MODELS}/gpt-5-codex` },
  {
    providers: OPENAI,
    models: ['gpt-5.1-codex', 'gpt-5.1-codex-mini*'],
    api: 'responses',
    source: 'https://github.com/openai/openai-cookbook/blob/main/examples/gpt-5-codex_prompting_guide.ipynb',
  },
  { providers: OPENAI, models: ['gpt-5.1-codex-max*'], api: 'responses', source: DESCRIPTION },
  {
    providers: OPENAI,
    models: ['gpt-5.2-codex*', 'gpt-5.3-codex*'],
    api: 'responses',
    source: 'https://neon.com/docs/ai-gateway/openai-responses',
  },
  {
    providers: OPENAI,
    models: ['codex-mini-latest'],
    api: 'responses',
    source: `${MODELS}/codex-mini-latest`,
  },
  { providers: ['openai'], models: COMPLETES, api: 'completions', source: `${MODELS}/davinci-002` },
];

/**
 * The one API that a model answers at, for an endpoint of the catalogue; {} where that is chat completions.
 * @param upstream the provider's own name of the model.
 */
export function servedAt(provider: string, upstream: string): { api?: ServedApi } {
  const found = SERVED.find(
    ({ providers, models }) =>
      providers.includes(provider) && models.some((glob) => matchesModel(glob, upstream)),
  );
  return found ? { api: found.api } : {};
}
