import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What a deployment uploads, KiB after gzip. */
export function bundleKib(root: string): number {
  const dist = join(root, 'dist');
  const uploaded = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(js|mjs|wasm|html|sql|txt|bin)$/.test(name),
  );
  const bytes = uploaded.reduce((sum, name) => sum + gzipSync(readFileSync(join(dist, name))).length, 0);
  return bytes / 1024;
}

/** The part of a V8 CPU profile that is used here: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string } }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

/** CPU of the Worker's start-up, milliseconds, as `wrangler check startup` profiles it. */
export function startupMs(root: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'interline-startup-'));
  const file = join(folder, 'startup.cpuprofile');
  try {
    execFileSync('npx', ['wrangler', 'check', 'startup', '--outfile', file, '--args=--minify'], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
    const idle = profile.nodes.find((node) => node.callFrame.functionName === '(idle)')?.id;
    const active = profile.samples.map((id, at) => (id === idle ? 0 : (profile.timeDeltas[at] ?? 0)));
    return active.reduce((sum, delta) => sum + delta, 0) / 1000;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
