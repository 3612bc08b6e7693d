import { GatewayError } from '../errors.ts';
import type { OpenStream } from './open-stream.ts';

/** After the upstream's last event its connection gets this long to end by itself, so that it can be used again. */
const DRAIN_MS = 1_000;

/** Lets the upstream's connection end by itself; an upstream that goes on is cut. */
export async function drain({ reader, cutoff }: Pick<OpenStream, 'reader' | 'cutoff'>): Promise<void> {
  if (cutoff.reason) return;
  const timer = setTimeout(() => cutoff.cut(new GatewayError('upstream_timeout')), DRAIN_MS);
  try {
    while (!(await reader.read()).done);
  } catch {
    // It ended, if not politely.
  }
  clearTimeout(timer);
}
