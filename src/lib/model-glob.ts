import picomatch from 'picomatch';
import { LruMap } from './lru.ts';

const matchers = new LruMap<string, (id: string) => boolean>(1000);

/**
 * Whether a glob means a model, by its canonical id: `openai/*`, `*`, `anthropic/claude-*`. A star stands for
 * slashes too; case does not matter, and dots and dashes are equal, as in names.
 */
export function matchesModel(glob: string, modelId: string): boolean {
  let matcher = matchers.get(glob);
  if (!matcher) {
    matcher = picomatch(fold(glob), { bash: true, dot: true, nonegate: true });
    matchers.set(glob, matcher);
  }
  return matcher(fold(modelId));
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll('.', '-');
}
