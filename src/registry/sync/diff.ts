import { hash } from 'node:crypto';
import { type EndpointRow, endpointRows, modelRow } from '../import.ts';
import type { Price } from '../types.ts';
import { comparable } from './known.ts';
import { isZero, jumpOf } from './price-jump.ts';
import type { Change, Desired, Difference, Known, KnownEndpoint } from './types.ts';

/** When more than this share of a provider's endpoints is gone at once, its source is not believed. */
const MOST_VANISHED = 2 / 3;

/** Of so few endpoints all may go. */
const FEW = 3;

/**
 * What the registry lacks of what the sources say. Pure.
 * @param believed providers that may lose as many endpoints as they do.
 */
export function diff(desired: Desired, known: Known, believed: readonly string[] = []): Difference {
  const changes: Change[] = [];
  const rows = endpointRows(desired.endpoints).filter(({ model }) => !known.operators.has(model));
  const wanted = new Set(rows.map(({ id }) => id));
  const gone = [...known.endpoints.values()].filter(({ id, retired }) => !retired && !wanted.has(id));
  const doubted = doubtedProviders(gone, known, believed);
  for (const [provider, vanished] of doubted) changes.push({ kind: 'provider.doubted', provider, vanished });

  const usable = rows.filter(({ provider }) => !doubted.has(provider));
  const served = new Set(usable.map(({ model }) => model));
  const models = desired.models.filter((model) => {
    if (!served.has(model.id) || known.operators.has(model.id)) return false;
    const before = known.models.get(model.id);
    if (before === comparable(modelRow(model))) return false;
    changes.push({ kind: before === undefined ? 'model.new' : 'model.changed', model: model.id });
    return true;
  });
  const endpoints = usable.filter((row) => {
    const kind = endpointChange(row, known.endpoints.get(row.id));
    if (kind) changes.push({ kind, endpoint: row.id });
    return kind !== null;
  });
  const vanished = gone.filter(({ provider }) => !doubted.has(provider)).map(({ id }) => id);
  for (const endpoint of vanished) changes.push({ kind: 'endpoint.vanished', endpoint });
  for (const row of usable) {
    const change = priceChange(row, known);
    if (change) changes.push(change);
  }
  for (const upstream of desired.unknown) changes.push({ kind: 'model.unknown', upstream });
  const aliases = desired.models
    .filter(({ id }) => served.has(id))
    .flatMap(({ id, aliases: names = [] }) => names.map((name): [string, string] => [name, id]));
  return {
    changes,
    models,
    endpoints,
    vanished,
    aliases,
    judged: [...usable.map(({ id }) => id), ...vanished],
  };
}

/** Names a held price: the same endpoint with the same prices is the same question. */
export function holdId(endpoint: string, before: Price, after: Price): string {
  return `chg_${hash('sha256', `${endpoint} ${sorted(before)} ${sorted(after)}`).slice(0, 24)}`;
}

function doubtedProviders(
  gone: readonly KnownEndpoint[],
  known: Known,
  believed: readonly string[],
): Map<string, number> {
  const counts = Map.groupBy(
    [...known.endpoints.values()].filter(({ retired }) => !retired),
    ({ provider }) => provider,
  );
  const doubted = new Map<string, number>();
  for (const [provider, lost] of Map.groupBy(gone, (endpoint) => endpoint.provider)) {
    const all = counts.get(provider)?.length ?? 0;
    const isMuch = all > FEW && lost.length > all * MOST_VANISHED;
    if (isMuch && !believed.includes(provider)) doubted.set(provider, lost.length);
  }
  return doubted;
}

type EndpointChange = 'endpoint.new' | 'endpoint.returned' | 'endpoint.changed';

function endpointChange(row: EndpointRow, known: KnownEndpoint | undefined): EndpointChange | null {
  if (!known) return 'endpoint.new';
  if (known.retired) return 'endpoint.returned';
  const same =
    known.upstream === row.upstream &&
    known.context === (row.context ?? null) &&
    known.output === (row.output ?? null) &&
    known.regions === JSON.stringify(row.regions ?? []) &&
    known.quantization === (row.quantization ?? null) &&
    known.deprecated === (row.deprecated ?? null) &&
    known.rank === row.rank &&
    known.capabilities === JSON.stringify(row.capabilities);
  return same ? null : 'endpoint.changed';
}

/** A source that says nothing of a price, or nothing but zero of one that is not known, changes none. */
function priceChange(row: EndpointRow, known: Known): Change | null {
  const after = row.price;
  const before = known.endpoints.get(row.id)?.price ?? null;
  if (!after || (before !== null && sorted(before) === sorted(after))) return null;
  const isGap = isZero(after) && !/\bfree$/.test(row.upstream);
  if (before === null) {
    return isGap ? null : { kind: 'price.changed', endpoint: row.id, before, after };
  }
  const reason = jumpOf(before, after);
  if (!reason) return { kind: 'price.changed', endpoint: row.id, before, after };
  const isRejected = known.decisions.get(holdId(row.id, before, after)) === 'rejected';
  return isRejected ? null : { kind: 'price.held', endpoint: row.id, before, after, reason };
}

/** A price as text that does not depend on the order of its members. */
function sorted(price: Price): string {
  return JSON.stringify(price, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
