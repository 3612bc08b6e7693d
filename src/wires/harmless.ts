import { asArray, isObject, type Json, type JsonObject } from '../lib/json.ts';

/** By field of chat completions, whether a value asks for nothing that would not happen anyway. */
export type Harmless = Readonly<Record<string, (value: Json) => boolean>>;

export const isEmptyObject = (value: Json): boolean => isObject(value) && Object.keys(value).length === 0;

/** Values that ask nothing of an API which has no such fields. */
export const HARMLESS: Harmless = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  logit_bias: isEmptyObject,
  store: (value) => value === false,
  modalities: (value) => asArray(value).every((kind) => kind === 'text'),
  verbosity: (value) => value === 'medium',
};

/** Reports every field that an API has nothing for, unless its value makes no difference. */
export function reportUnknown(
  body: JsonObject,
  known: ReadonlySet<string>,
  dropped: { add(name: string): void },
  harmless: Harmless = HARMLESS,
): void {
  for (const [name, value] of Object.entries(body)) {
    if (known.has(name) || value === null || value === undefined) continue;
    if (!Object.hasOwn(harmless, name) || !harmless[name]?.(value)) dropped.add(name);
  }
}
