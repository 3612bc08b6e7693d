import type { JsonObject } from '../../lib/json.ts';
import type { Usage } from '../../wires/types.ts';

/** What can be asked of an endpoint, one small request each. */
export const ABILITIES = [
  'tools',
  'parallel_tool_calls',
  'tool_choice',
  'json_mode',
  'json_schema',
  'logprobs',
  'seed',
  'n',
  'penalties',
  'logit_bias',
  'stop',
  'reasoning_effort',
  'images',
  'pdfs',
  'audio',
  'prompt_caching',
  'assistant_prefill',
  'streaming_usage',
] as const;
export type Ability = (typeof ABILITIES)[number];

/**
 * What an endpoint made of it: `honoured`, `ignored` without a word, `refused` as invalid; `inconclusive`
 * where something else went wrong, and `skipped` where it might have cost more than probing may.
 */
export type ProbeResult = 'honoured' | 'ignored' | 'refused' | 'inconclusive' | 'skipped';

export interface Verdict {
  result: ProbeResult;
  /** In a few words what was seen. */
  evidence: string;
}

/** One answer, as a client of the gateway would see it. */
export interface Observed {
  /** A `chat.completion` object; of a stream only its usage is kept. */
  completion: JsonObject;
  usage: Usage | null;
}

/** How an ability is probed: a request, and what its answer shows. Pure. */
export interface Probe {
  ability: Ability;
  /** Of the request: without `model`. */
  body: JsonObject;
  /** Top-level parameters that the probe is about: left out by the wire, they are ignored. */
  parameters: readonly string[];
  /** How often the same request is sent; once unless comparing answers tells. */
  times?: number;
  /** @param answers as many as `times`, never empty. */
  judge(answers: readonly Observed[]): Verdict;
}
