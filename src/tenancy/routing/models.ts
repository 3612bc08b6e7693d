import { GatewayError } from '../../errors.ts';

/** What rules go by of a model; a part of registry/types.ts. */
export interface NamedModel {
  /** Canonical id. */
  id: string;
  kind: string;
  contextLength: number | null;
  inputModalities: readonly string[];
}

/** What rules go by of the registry: registry/snapshot.ts. */
export interface ModelNames {
  /** The model that has a name as its canonical id or slug. */
  find(name: string): NamedModel | undefined;
  /** Ids of the models whose names are most like the asked one. */
  nearest(name: string): string[];
  endpoints(modelId: string): readonly {
    contextLength: number | null;
    capabilities: { tools?: boolean; structuredOutput?: boolean };
    probed?: Readonly<Record<string, string>>;
  }[];
}

/**
 * The model that a rule names, as models are named themselves, so that rules never lead to aliases or splits.
 * @throws GatewayError `invalid_value`.
 */
export function modelNamed(name: string, models: ModelNames, param: string): NamedModel {
  const model = models.find(name);
  if (model) return model;
  const nearest = models.nearest(name);
  const hint = nearest.length > 0 ? ` Did you mean ${nearest.join(', ')}?` : '';
  throw new GatewayError('invalid_value', {
    param,
    message: `There is no model ${JSON.stringify(name)}.${hint}`,
  });
}

/** What requests may need, and how it is said that a model lacks it. Documents are put into words where a model reads none. */
const INPUTS = [
  ['image', 'takes no images', 'image requests'],
  ['audio', 'takes no audio', 'audio requests'],
] as const;

const ABILITIES = [
  ['tools', 'tools', 'calls no tools', 'requests with tools'],
  ['structuredOutput', 'json_schema', 'keeps to no JSON schema', 'requests with a JSON schema'],
] as const;

/** What a step lacks that the model before it has, for people: one sentence each. */
export function lacks(step: NamedModel, model: NamedModel, models: ModelNames): string[] {
  const inputs = INPUTS.filter(
    ([modality]) => model.inputModalities.includes(modality) && !step.inputModalities.includes(modality),
  );
  const abilities = ABILITIES.filter(
    ([claimed, probed]) => can(model, claimed, probed, models) && !can(step, claimed, probed, models),
  );
  const lacking = [...inputs, ...abilities.map(([, ...ability]) => ability)];
  const sentences = lacking.map(([, lack, requests]) => `${step.id} ${lack}: ${requests} skip it`);
  const [has, takes] = [longest(model, models), longest(step, models)];
  if (has !== null && takes !== null && takes < has)
    sentences.push(`${step.id} holds ${takes} tokens, ${model.id} ${has}: longer requests skip it`);
  return sentences;
}

/** Whether an endpoint of the model has an ability: what probes saw counts, else what is claimed; unknown is able. */
function can(
  model: NamedModel,
  claimed: (typeof ABILITIES)[number][0],
  probed: (typeof ABILITIES)[number][1],
  models: ModelNames,
): boolean {
  return models.endpoints(model.id).some((endpoint) => {
    const seen = endpoint.probed?.[probed];
    return seen === undefined ? endpoint.capabilities[claimed] !== false : seen === 'honoured';
  });
}

/** Tokens that the roomiest endpoint of a model holds; null when it is not known. */
function longest(model: NamedModel, models: ModelNames): number | null {
  const known = models.endpoints(model.id).map(({ contextLength }) => contextLength ?? model.contextLength);
  const lengths = known.length === 0 ? [model.contextLength] : known;
  return lengths.reduce<number | null>((most, one) => (one === null ? most : Math.max(most ?? 0, one)), null);
}
