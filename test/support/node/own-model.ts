import { addModel, type ModelOptions, modelId, type World } from './world.ts';

let models = 0;

/** The id of a new model with an endpoint in each of these lanes: what fails would be passed over by the next test. */
export async function ownModel(
  world: World,
  lanes: readonly string[],
  options?: ModelOptions,
): Promise<string> {
  const name = `model-${models++}`;
  await addModel(world, name, lanes, options);
  return modelId(name);
}
