import { asObject, parseJson } from '../../lib/json.ts';
import type { Quirks } from '../types.ts';
import type { Draft } from './draft.ts';

/** Switches usage on beside the caller's own options; hosts that are not asked for it may refuse the field. */
export function askForUsage(draft: Draft, quirks: Quirks): void {
  const options = asObject(parseJson(draft.text('stream_options') ?? 'null'));
  if ((quirks.streamUsage ?? 'opt-in') === 'opt-in') {
    if (options?.include_usage === true) return;
    draft.set('stream_options', JSON.stringify({ ...options, include_usage: true }));
    return;
  }
  draft.take('stream_options');
  for (const [name, value] of Object.entries(options ?? {})) {
    if (name !== 'include_usage' && value !== null) draft.dropped.push(`stream_options.${name}`);
  }
}
