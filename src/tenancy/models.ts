import { matchesModel } from '../lib/model-glob.ts';
import type { KeyGrant } from './types.ts';

/** Whether a key may call a model: both its own list and the workspace's must allow it. */
export function mayCall(grant: Pick<KeyGrant, 'models' | 'workspaceModels'>, modelId: string): boolean {
  return allows(grant.models, modelId) && allows(grant.workspaceModels, modelId);
}

/** Whether one of the globs means the model; null allows all. */
export function allows(globs: readonly string[] | null, modelId: string): boolean {
  return globs === null || globs.some((glob) => matchesModel(glob, modelId));
}
