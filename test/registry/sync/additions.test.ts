import { describe, expect, it } from 'vitest';
import { additions } from '../../../src/providers/catalogue-additions.ts';
import { desire } from '../../../src/registry/sync/desired.ts';
import type { Gathered, Known } from '../../../src/registry/sync/types.ts';

const [first, second] = additions();
if (!first || !second) throw new Error('Nothing is added');
const idOf = ({ endpoint }: typeof first): string => `${endpoint.model}@${endpoint.provider}`;

const GATHERED: Gathered = { models: [], endpoints: [], canonical: [], own: new Map(), present: new Map() };
const known = (retired: boolean) =>
  ({
    models: new Map(),
    operators: new Set(),
    benchmarks: new Map(),
    endpoints: new Map([[idOf(first), { retired }]]),
  }) as unknown as Known;

describe('models that no source has', () => {
  it('stay where they are, as no source says that they are gone', () => {
    const desired = desire(GATHERED, known(false));
    expect(desired.models).toEqual([first.model]);
    expect(desired.endpoints).toEqual([first.endpoint]);
  });

  it('do not come back once they were retired', () => {
    expect(desire(GATHERED, known(true)).endpoints).toEqual([]);
  });
});
