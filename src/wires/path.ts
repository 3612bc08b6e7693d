import type { Target } from './types.ts';

/** Where a request goes: the host's own path, else the wire's. */
export function pathOf({ quirks, upstreamModel }: Target, stream: boolean, own: string): string {
  const path = stream ? quirks.path?.stream : quirks.path?.whole;
  return path === undefined ? own : path.replace('{model}', () => encodeSegment(upstreamModel));
}

/** Where a request of another kind goes; `{model}` stands for the model. */
export function kindPath(path: string | undefined, upstreamModel: string, own: string): string {
  return path?.replace('{model}', () => encodeSegment(upstreamModel)) ?? own;
}

/** Whether the host has the model in the path; it does not take it in the body then. */
export function hasModelInPath({ quirks }: Target): boolean {
  return quirks.path?.whole.includes('{model}') ?? false;
}

/** A model as one segment of a path. `@` and `:` are allowed there (RFC 3986 §3.3), and hosts show them so. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll('%40', '@').replaceAll('%3A', ':');
}
