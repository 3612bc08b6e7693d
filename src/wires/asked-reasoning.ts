import { asNumber, asObject, asString } from '../lib/json.ts';
import type { DroppedNames } from './dropped.ts';
import type { ChatBody } from './types.ts';

/** What a request says about reasoning by `reasoning` (OpenRouter's) and `reasoning_effort` (OpenAI's). */
export interface AskedReasoning {
  /** The field that says it, as it is reported when it cannot be sent. */
  field: 'reasoning' | 'reasoning_effort';
  /** Whether it asks for reasoning, or for none; undefined: it says nothing of that. */
  on: boolean | undefined;
  /** `minimal` … `max`, or whatever else was written. */
  effort: string | undefined;
  /** Tokens. */
  budget: number | undefined;
  /** The text of the reasoning is not wanted. */
  exclude: boolean;
}

const REASONING_FIELDS: ReadonlySet<string> = new Set(['effort', 'max_tokens', 'enabled', 'exclude']);

/** Reads what a request says about reasoning. What its two fields say against each other is reported. */
export function askedReasoning(body: ChatBody, dropped: DroppedNames): AskedReasoning {
  const reasoning = asObject(body.reasoning);
  for (const [name, value] of Object.entries(reasoning ?? {})) {
    if (!REASONING_FIELDS.has(name) && value !== null && value !== undefined)
      dropped.add(`reasoning.${name}`);
  }
  const plain = asString(body.reasoning_effort);
  const effort = asString(reasoning?.effort) ?? plain;
  if (plain !== undefined && plain !== effort) dropped.add('reasoning_effort');
  const budget = asNumber(reasoning?.max_tokens);
  const off = reasoning?.enabled === false || effort === 'none';
  const on = effort !== undefined || budget !== undefined || reasoning?.enabled === true;
  return {
    field: reasoning ? 'reasoning' : 'reasoning_effort',
    on: off ? false : on ? true : undefined,
    effort,
    budget,
    exclude: reasoning?.exclude === true,
  };
}
