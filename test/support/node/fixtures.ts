import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const WIRES = ['openai', 'anthropic', 'google'] as const;
export type WireName = (typeof WIRES)[number];

const ROOT = 'test/fixtures';

/** A recorded answer of an upstream. */
export interface Recording {
  /** `<wire>/<case>` */
  name: string;
  wire: WireName;
  /** HTTP status of the recorded answer. */
  status: number;
  stream: boolean;
  /** The answer as it came. */
  bytes: Buffer;
}

/** Every recording of a wire. */
export function recordings(wire: WireName): Recording[] {
  return readdirSync(join(ROOT, wire))
    .sort()
    .map((name) => recording(`${wire}/${name}`));
}

/** @param name `<wire>/<case>` */
export function recording(name: string): Recording {
  const folder = join(ROOT, name);
  const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as { status?: number };
  const stream = existsSync(join(folder, 'stream.txt'));
  return {
    name,
    wire: name.split('/')[0] as WireName,
    status: meta.status ?? 200,
    stream,
    bytes: readFileSync(join(folder, stream ? 'stream.txt' : 'response.json')),
  };
}
