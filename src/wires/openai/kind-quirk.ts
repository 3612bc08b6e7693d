import type { KindQuirk } from '../types.ts';
import type { Draft } from './draft.ts';

/** Renames and leaves out what a host knows by another name, or not at all; what is left out is reported. */
export function applyKindQuirk(draft: Draft, { rename, drop }: KindQuirk): void {
  for (const [from, to] of Object.entries(rename ?? {})) {
    const text = draft.take(from);
    if (text !== undefined && draft.text(to) === undefined) draft.set(to, text, draft.origin(from));
  }
  for (const name of drop ?? []) {
    if (draft.take(name) !== undefined) draft.dropped.push(draft.origin(name));
  }
}
