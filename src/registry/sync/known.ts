import type { Db } from '../../db/client.ts';
import { endpoints, models } from '../../db/schema/registry.ts';
import { registryChanges } from '../../db/schema/registry-changes.ts';
import type { ModelRow } from '../import.ts';
import { PRICES_IN_FORCE, type PriceInForce } from '../read.ts';
import type { Price } from '../types.ts';
import type { Known } from './types.ts';

/** What a sync may change, in one consistent read. @throws when D1 fails. */
export async function readKnown(db: Db): Promise<Known> {
  const [modelRows, endpointRows, priceRows, changeRows] = await db.batch([
    db.select().from(models),
    db.select().from(endpoints),
    db.all<PriceInForce>(PRICES_IN_FORCE),
    db.select({ id: registryChanges.id, state: registryChanges.state }).from(registryChanges),
  ]);
  const priceOf = new Map(priceRows.map((row) => [row.endpoint_id, row.price]));
  const operators = new Set(modelRows.filter(({ source }) => source === 'operator').map(({ id }) => id));
  return {
    operators,
    models: new Map(
      modelRows
        .filter(({ id }) => !operators.has(id))
        .map((row) => [
          row.id,
          comparable({
            ...row,
            context: row.contextLength,
            output: row.maxOutputTokens,
            takes: row.inputModalities,
            gives: row.outputModalities,
            released: row.releaseDate,
            open: row.openWeights,
            benchmarks: row.benchmarks,
          }),
        ]),
    ),
    benchmarks: new Map(modelRows.flatMap(({ id, benchmarks }) => (benchmarks ? [[id, benchmarks]] : []))),
    endpoints: new Map(
      endpointRows
        .filter(({ modelId, source }) => source === 'catalogue' && !operators.has(modelId))
        .map((row) => [
          row.id,
          {
            id: row.id,
            model: row.modelId,
            provider: row.providerId,
            upstream: row.upstreamModel,
            context: row.contextLength,
            output: row.maxOutputTokens,
            regions: JSON.stringify(row.regions),
            capabilities: JSON.stringify(row.capabilities),
            quantization: row.quantization,
            deprecated: row.deprecatedAt,
            rank: row.rank,
            retired: row.retiredAt !== null,
            price: JSON.parse(priceOf.get(row.id) ?? 'null') as Price | null,
          },
        ]),
    ),
    decisions: new Map(changeRows.map(({ id, state }) => [id, state])),
  };
}

type Comparable = { [Member in Exclude<keyof ModelRow, 'id'>]?: ModelRow[Member] | null | undefined };

/** Equal for models of which the sources say the same. */
export function comparable(row: Comparable): string {
  return JSON.stringify([
    row.name,
    row.vendor,
    row.family ?? null,
    row.kind,
    row.context ?? null,
    row.output ?? null,
    row.takes,
    row.gives,
    row.knowledge ?? null,
    row.released ?? null,
    row.open ?? null,
    row.benchmarks ?? null,
  ]);
}
