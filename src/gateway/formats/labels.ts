import type { SurfaceLabels } from '../../wires/surfaces.ts';
import type { Call } from '../types.ts';

/** What the answer to a call is labelled with in other formats than our own. */
export function labelsOf({ generationId, startedAt, control, archive }: Call): SurfaceLabels {
  const created = Math.floor(startedAt / 1000);
  return { id: generationId, created, model: control.model, store: archive !== undefined };
}
