import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const WIRES = ['openai', 'anthropic', 'google', 'bedrock'] as const;
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
  const binary = join(folder, 'stream.base64.txt');
  const text = join(folder, 'stream.txt');
  return {
    name,
    wire: name.split('/')[0] as WireName,
    status: meta.status ?? 200,
    ...(existsSync(binary)
      ? { stream: true, bytes: Buffer.from(readFileSync(binary, 'utf8'), 'base64') }
      : existsSync(text)
        ? { stream: true, bytes: readFileSync(text) }
        : { stream: false, bytes: readFileSync(join(folder, 'response.json')) }),
  };
}
