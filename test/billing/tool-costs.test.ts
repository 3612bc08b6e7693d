import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chargeAtMost, chargeFor } from '../../src/billing/charge.ts';
import { costOf, hasUnpricedCalls, toolFee } from '../../src/billing/cost.ts';
import { DEFAULT_PRICING } from '../../src/billing/pricing.ts';
import type { Price } from '../../src/registry/types.ts';
import type { Usage } from '../../src/wires/types.ts';
import { usage } from '../support/usage.ts';

const used = (toolCalls: Record<string, number>, inputTokens = 0): Usage => usage({ inputTokens, toolCalls });
/** @param tools USD per 1,000 calls. */
const priced = (tools: Record<string, number>, input = 0): Price => ({
  input: input * 1e9,
  output: 0,
  tools: Object.fromEntries(Object.entries(tools).map(([tool, usd]) => [tool, Math.round(usd * 1e9)])),
});

describe('calls of a provider’s tools', () => {
  it('stand on lines of their own beside the tokens, free ones too', () => {
    const price = priced({ web_search: 10, web_fetch: 0, x_search: 5 }, 3);
    expect(costOf(used({ web_search: 3, web_fetch: 2 }, 1000), price)).toEqual({
      total: 3_000_000 + 30_000_000,
      lines: [
        { unit: 'input', quantity: 1000, rate: 3_000_000_000, amount: 3_000_000 },
        { unit: 'tool:web_search', quantity: 3, rate: 10_000_000_000, amount: 30_000_000 },
        { unit: 'tool:web_fetch', quantity: 2, rate: 0, amount: 0 },
      ],
    });
  });

  it('are charged once for an answer where that is how they are priced', () => {
    const price = priced({ google_search_prompt: 35 });
    expect(costOf(used({ google_search: 4 }), price).lines).toEqual([
      { unit: 'tool:google_search_prompt', quantity: 1, rate: 35_000_000_000, amount: 35_000_000 },
    ]);
    expect(costOf(used({}), price).total).toBe(0);
    expect(toolFee(price, 'google_search')).toBe(35_000_000_000);
  });

  it('are of unknown cost without a price, and never take it from an object’s own members', () => {
    const price = priced({ web_search: 10 });
    expect(hasUnpricedCalls(price, used({ web_search: 1 }))).toBe(false);
    expect(hasUnpricedCalls(price, used({ web_search: 1, shell: 1 }))).toBe(true);
    expect(toolFee(price, 'constructor')).toBeUndefined();
    expect(toolFee({ input: 1, output: 1 }, 'web_search')).toBeUndefined();
  });

  const name = fc.constantFrom('web_search', 'x_search', 'file_search', 'mcp', 'maps');
  const calls = fc.dictionary(name, fc.nat({ max: 10_000 }));
  const fees = fc.dictionary(name, fc.nat({ max: 1_000_000_000_000 }));

  it('cost within half a nano-dollar what they come to, and the lines add up, with a margin too', () => {
    fc.assert(
      fc.property(calls, fees, fc.nat({ max: 5000 }), (toolCalls, tools, margin) => {
        const cost = costOf(used(toolCalls), { input: 0, output: 0, tools });
        let exact = 0n;
        for (const [tool, count] of Object.entries(toolCalls))
          exact += BigInt(count) * BigInt(tools[tool] ?? 0);
        const error = 2n * (BigInt(cost.total) * 1000n - exact);
        expect(error <= 1000n && error > -1000n).toBe(true);
        const pricing = { ...DEFAULT_PRICING, margin_percent: margin / 100 };
        for (const { lines, total } of [cost, chargeFor(cost, pricing, 'a/b', 'operator')]) {
          expect(lines.reduce((sum, { amount }) => sum + amount, 0)).toBe(total);
        }
      }),
    );
  });

  it('are reserved at no less than as many cost', () => {
    fc.assert(
      fc.property(calls, fees, (tools, rates) => {
        const price = { input: 0, output: 0, tools: rates };
        const { fixed } = chargeAtMost(0, price, DEFAULT_PRICING, 'a/b', 'operator', { tools });
        expect(fixed).toBeGreaterThanOrEqual(costOf(used(tools), price).total);
      }),
    );
  });
});
