import { modelTraits } from '../claude/models.ts';
import { claude } from './claude.ts';
import type { ModelFamily } from './model-fields.ts';
import { fixed, gptOss, nova2 } from './reasoning.ts';

/** Families by the names of their models, in any region's profile of them. */
const FAMILIES: readonly (readonly [RegExp, ModelFamily])[] = [
  [/amazon\.nova-2-/, nova2],
  [/openai\.gpt-oss-/, gptOss],
];

/** @param model in the provider's words. */
export function familyOf(model: string): ModelFamily {
  if (modelTraits(model).claude) return claude;
  return FAMILIES.find(([name]) => name.test(model))?.[1] ?? fixed;
}

/** Parameters that say nothing to a model here, whatever it is able to. */
export function unsayable(model: string): readonly string[] {
  return familyOf(model).steerable ? [] : ['reasoning', 'reasoning_effort'];
}
