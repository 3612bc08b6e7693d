import { abilityChecks, parametersCheck } from './abilities.ts';
import { type Estimator, LEAST_OUTPUT } from './estimate.ts';
import { usd } from './figures.ts';
import type { Policy } from './policy/types.ts';
import { servedWithin } from './region.ts';
import type { Row, Rows } from './rows.ts';
import type { Group, Situation } from './situation.ts';
import type { Constraint, Excluded } from './types.ts';

/** One constraint of a request. */
export interface Check {
  constraint: Constraint;
  fails(row: Row): boolean;
  /** What an endpoint that fails would have taken, for people, and how far off it is: 0 is just missed, 1 far. */
  miss(row: Row): { detail: string; distance: number };
}

/** Fields of a policy that bear on who may serve. */
const HARD = [
  'max_cost_usd',
  'min_accuracy',
  'region',
  'allow',
  'deny',
  'require_parameters',
  'data_collection',
] as const satisfies (keyof Policy)[];

/** Whether a policy leaves anybody out. */
export function isHard(policy: Policy): boolean {
  return HARD.some((field) => policy[field] !== undefined);
}

/** The constraints that hold for a group, and no others: what nobody asks for is not looked at. */
export function checksFor(situation: Situation, group: Group, estimator: Estimator): Check[] {
  const { policy } = situation;
  const checks = [...callerChecks(situation), ...providerChecks(situation, estimator)];
  const { speaks, barrier } = situation.request;
  if (speaks) checks.push(formatCheck(speaks));
  if (barrier) checks.push(...barrierChecks(barrier, situation.caller));
  if (policy.allow) checks.push(allowCheck(policy.allow, situation.rows));
  if (policy.deny?.length) checks.push(denyCheck(policy.deny, situation.rows));
  if (policy.region !== undefined) checks.push(regionCheck(policy.region));
  if (policy.data_collection === 'deny') checks.push(DATA_CHECK);
  if (policy.require_parameters) checks.push(parametersCheck(situation));
  // Who names a model, and sets no limits, is told by its provider what it cannot do.
  if (group.kind !== 'named' || isHard(policy)) checks.push(...abilityChecks(situation, estimator));
  if (policy.min_accuracy !== undefined) {
    checks.push(accuracyCheck(policy.min_accuracy, policy.allow_unrated ?? false, estimator));
  }
  if (policy.max_cost_usd !== undefined) checks.push(costCheck(policy.max_cost_usd, estimator));
  return checks;
}

/** Everything that an endpoint fails, as one entry under the first of it. */
export function excludedBy(row: Row, checks: readonly Check[]): Excluded | null {
  const failed = checks.filter((check) => check.fails(row));
  const [first] = failed;
  if (!first) return null;
  const misses = failed.map((check) => check.miss(row));
  return {
    model: row.model,
    endpoint: row.endpoint,
    constraint: first.constraint,
    also: failed.slice(1).map((check) => check.constraint),
    detail: misses.map(({ detail }) => detail).join('; '),
    // Who fails one constraint by far is still nearer than who fails two.
    distance: failed.length - 1 + Math.max(...misses.map(({ distance }) => distance)),
  };
}

/** Far off, and nothing that the request could say would bring it nearer. */
const OUT_OF_REACH = 10;

function callerChecks({ caller, rows }: Situation): Check[] {
  const paid = new Map<string, boolean>();
  const checks: Check[] = [
    {
      constraint: 'not_configured',
      fails: ({ provider }) => {
        let configured = paid.get(provider.id);
        if (configured === undefined) {
          configured = caller.paidBy(provider) !== null;
          paid.set(provider.id, configured);
        }
        return !configured;
      },
      miss: ({ provider }) => ({
        detail: `no credential for ${provider.id} is configured`,
        distance: OUT_OF_REACH,
      }),
    },
  ];
  for (const globs of caller.models) {
    if (globs === null) continue;
    const sets = globs.map((glob) => rows.matching(glob));
    checks.push({
      constraint: 'model_not_enabled',
      fails: ({ model }) => !sets.some((ids) => ids.has(model.id)),
      miss: () => ({
        detail: 'the model is not enabled for this key or its workspace',
        distance: OUT_OF_REACH,
      }),
    });
  }
  return checks;
}

function providerChecks({ preferences }: Situation, estimator: Estimator): Check[] {
  const { only, ignore, quantizations, maxPrice } = preferences;
  const checks: Check[] = [];
  if (only.length > 0 || ignore.length > 0) {
    checks.push({
      constraint: 'provider',
      fails: ({ provider }) =>
        (only.length > 0 && !only.includes(provider.id)) || ignore.includes(provider.id),
      miss: ({ provider }) => ({ detail: `the request does not allow ${provider.id}`, distance: 1 }),
    });
  }
  if (quantizations.length > 0) {
    const has = ({ endpoint }: Row): string => endpoint.quantization?.toLowerCase() ?? 'unknown';
    checks.push({
      constraint: 'quantizations',
      fails: (row) => !quantizations.includes(has(row)),
      miss: (row) => ({
        detail: `its quantization is ${has(row)}, the request allows ${quantizations.join(', ')}`,
        distance: 1,
      }),
    });
  }
  if (maxPrice) checks.push(priceCheck(maxPrice, estimator));
  return checks;
}

function priceCheck(most: NonNullable<Situation['preferences']['maxPrice']>, estimator: Estimator): Check {
  /** What is too dear, as times the limit. */
  const dear = (row: Row): { name: string; price: number; limit: number } | null => {
    const { price } = row.endpoint;
    if (!price) return { name: 'request', price: Infinity, limit: 0 };
    const factor = estimator.factor(row) / 1_000_000_000;
    const named = [
      { name: 'prompt', price: price.input * factor, limit: most.prompt },
      { name: 'completion', price: price.output * factor, limit: most.completion },
      { name: 'request', price: (price.perRequest ?? 0) * factor, limit: most.request },
    ];
    for (const { name, price, limit } of named) {
      if (limit !== undefined && price > limit) return { name, price, limit };
    }
    return null;
  };
  return {
    constraint: 'max_price',
    fails: (row) => dear(row) !== null,
    miss: (row) => {
      const found = dear(row);
      if (!found || found.price === Infinity) return { detail: 'its price is not known', distance: 1 };
      const unit = found.name === 'request' ? 'a request' : `1M ${found.name} tokens`;
      return {
        detail: `${unit} costs ${usd(found.price)} USD, the request allows ${usd(found.limit)}`,
        distance: 1 - found.limit / found.price,
      };
    },
  };
}

/** A request is left to those who know its format, or one that it can be translated to. */
function formatCheck(speaks: (row: Row) => boolean): Check {
  return {
    constraint: 'format',
    fails: (row) => !speaks(row),
    miss: () => ({
      detail: 'it does not know the format of the request',
      distance: 1,
    }),
  };
}

/** What only credentials of a workspace's own may be used for. */
function barrierChecks(
  barrier: NonNullable<Situation['request']['barrier']>,
  { paidBy }: Situation['caller'],
): Check[] {
  return (['tool_price', 'account_objects'] as const).map((constraint) => {
    const found = (row: Row): string | null => {
      if (paidBy(row.provider) === 'workspace') return null;
      const one = barrier(row);
      return one?.constraint === constraint ? one.detail : null;
    };
    return {
      constraint,
      fails: (row) => found(row) !== null,
      miss: (row) => ({ detail: found(row) ?? '', distance: 1 }),
    };
  });
}

function allowCheck(globs: readonly string[], rows: Rows): Check {
  const sets = globs.map((glob) => rows.matching(glob));
  return {
    constraint: 'allow',
    fails: ({ model }) => !sets.some((ids) => ids.has(model.id)),
    miss: () => ({ detail: `the policy allows ${globs.join(', ')}`, distance: 1 }),
  };
}

function denyCheck(globs: readonly string[], rows: Rows): Check {
  const sets = globs.map((glob) => rows.matching(glob));
  return {
    constraint: 'deny',
    fails: ({ model }) => sets.some((ids) => ids.has(model.id)),
    miss: () => ({ detail: `the policy denies ${globs.join(', ')}`, distance: 1 }),
  };
}

function regionCheck(given: string): Check {
  const wanted = given.toLowerCase();
  return {
    constraint: 'region',
    fails: ({ regions }) => !servedWithin(wanted, regions),
    miss: ({ regions }) => ({
      detail:
        regions.length === 0
          ? `its region is not known, the policy asks for ${wanted}`
          : `it is served from ${regions.join(', ')}, the policy asks for ${wanted}`,
      distance: 1,
    }),
  };
}

const DATA_CHECK: Check = {
  constraint: 'data_collection',
  fails: ({ dataPolicy }) => dataPolicy.training !== false,
  miss: ({ dataPolicy }) => ({
    detail: dataPolicy.training
      ? 'its provider may train on what it is sent'
      : 'whether its provider trains on what it is sent is not known',
    distance: 1,
  }),
};

function accuracyCheck(least: number, unratedToo: boolean, estimator: Estimator): Check {
  return {
    constraint: 'min_accuracy',
    fails: (row) => {
      const accuracy = estimator.accuracy(row);
      return accuracy === null ? !unratedToo : accuracy.value < least;
    },
    miss: (row) => {
      const accuracy = estimator.accuracy(row);
      if (!accuracy) return { detail: 'its accuracy is not known', distance: 1 };
      const kind = accuracy.source === 'scores' ? 'measured' : 'by benchmarks';
      return {
        detail: `its accuracy is ${accuracy.value.toFixed(3)} (${kind}), the policy asks for ${least}`,
        distance: least - accuracy.value,
      };
    },
  };
}

function costCheck(most: number, estimator: Estimator): Check {
  return {
    constraint: 'max_cost_usd',
    fails: (row) => (estimator.affordableOutput(row, most) ?? -1) < LEAST_OUTPUT,
    miss: (row) => {
      const least = estimator.leastUsd(row);
      if (least === null) return { detail: 'its price is not known', distance: 1 };
      return {
        detail: `costs at least about ${usd(least)} USD, the policy allows ${usd(most)}`,
        distance: Math.max(0, 1 - most / least),
      };
    },
  };
}
