import { refutedParameters } from '../registry/probed.ts';
import { type Estimator, LEAST_OUTPUT } from './estimate.ts';
import type { Check } from './exclude.ts';
import type { Row } from './rows.ts';
import type { RequestFacts, Situation } from './situation.ts';

/** Names of a request's parameters that an endpoint is known not to take. */
export function refusedParameters(row: Row, { body, needs, paramOf }: RequestFacts): string[] {
  const { endpoint, provider } = row;
  const given = (name: string): boolean => body[name] !== undefined && body[name] !== null;
  const refused = new Set(refutedParameters(endpoint, body));
  for (const name of provider.quirks?.drop ?? []) if (given(name)) refused.add(name);
  if (endpoint.capabilities.temperature === false && given('temperature')) refused.add('temperature');
  if (!row.tools && needs.tools) refused.add('tools');
  if (!row.schema && needs.schema) refused.add('response_format');
  return paramOf ? [...refused].map(paramOf) : [...refused];
}

/** The request's parameters, where all must be taken. */
export function parametersCheck({ request }: Situation): Check {
  const missing = (row: Row): string[] => refusedParameters(row, request);
  return {
    constraint: 'require_parameters',
    fails: (row) => missing(row).length > 0,
    miss: (row) => {
      const names = missing(row);
      return { detail: `it does not support ${names.join(', ')}`, distance: names.length / 10 };
    },
  };
}

/** What the content and the length of a request ask for. */
export function abilityChecks({ request }: Situation, estimator: Estimator): Check[] {
  const { needs } = request;
  const checks: Check[] = [];
  const modality = (needed: 'image' | 'audio', detail: string): Check => ({
    constraint: 'modalities',
    fails: ({ model }) => !model.inputModalities.includes(needed),
    miss: () => ({ detail, distance: 1 }),
  });
  if (needs.images) checks.push(modality('image', 'it takes no images'));
  if (needs.audio) checks.push(modality('audio', 'it takes no audio'));
  if (needs.tools) {
    checks.push({
      constraint: 'tools',
      fails: ({ tools }) => !tools,
      miss: () => ({ detail: 'it calls no tools', distance: 1 }),
    });
  }
  if (needs.schema) {
    checks.push({
      constraint: 'schema',
      fails: ({ schema }) => !schema,
      miss: () => ({ detail: 'it keeps to no JSON schema', distance: 1 }),
    });
  }
  checks.push(contextCheck(request, estimator));
  return checks;
}

function contextCheck({ maxOutputTokens, prompts = 1 }: RequestFacts, estimator: Estimator): Check {
  const output = maxOutputTokens ?? LEAST_OUTPUT;
  // Of several it is not told how long each is: the least that the longest can be.
  const needed = (row: Row): number => Math.ceil(estimator.inputTokens(row.model.id) / prompts) + output;
  return {
    constraint: 'context_length',
    fails: (row) => row.contextLength !== null && needed(row) > row.contextLength,
    miss: (row) => ({
      detail: `its context is ${row.contextLength} tokens, the request takes about ${needed(row)}`,
      distance: 1 - (row.contextLength ?? 0) / needed(row),
    }),
  };
}
