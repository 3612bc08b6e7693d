import { GatewayError } from '../../errors.ts';
import { asArray } from '../../lib/json.ts';
import { servableEndpoints } from '../../registry/listing.ts';
import { foldName } from '../../registry/names.ts';
import type { Model } from '../../registry/types.ts';
import { drawOf } from '../../routing/draw.ts';
import type { FallbackStep, Split } from '../../routing/policy/types.ts';
import type { Row, Rows } from '../../routing/rows.ts';
import { sessionOf, sessionState } from '../../routing/session.ts';
import type { Asked, Group } from '../../routing/situation.ts';
import type { Preferences } from '../../routing/types.ts';
import { allows, mayCall } from '../../tenancy/models.ts';
import type { Question } from '../planning/situation.ts';
import type { Caller, Control } from '../types.ts';
import { kindName, wrongKind } from './kinds.ts';

/** The name that leaves the choice to the router. */
const AUTO = 'auto';

/** OpenRouter's suffixes of models' names, and what they sort by. */
const SUFFIXES: Readonly<Record<string, NonNullable<Preferences['sort']>>> = {
  ':nitro': 'throughput',
  ':floor': 'price',
};

/** Of a name that is unknown, no more than this is said back. */
const NAME_SHOWN = 200;

/** Whether a name leaves the choice to the router. */
export function isAuto(name: string): boolean {
  return foldName(name) === AUTO;
}

/** The split that a name stands for, the workspace's before the deployment's; undefined where it stands for none. */
export function splitOf(
  name: string,
  { caller, registry }: Pick<Question, 'caller' | 'registry'>,
): Split | undefined {
  const own = caller.routing?.splits;
  const shared = registry.routing?.splits;
  if (!own && !shared) return undefined;
  const folded = foldName(name);
  if (own && Object.hasOwn(own, folded)) return own[folded];
  return shared && Object.hasOwn(shared, folded) ? shared[folded] : undefined;
}

/** The fallback chain of a model, the workspace's before the deployment's. */
export function chainOf(
  modelId: string,
  { caller, registry }: Pick<Question, 'caller' | 'registry'>,
): readonly FallbackStep[] {
  for (const rules of [caller.routing, registry.routing]) {
    if (rules && Object.hasOwn(rules.fallbacks, modelId)) return rules.fallbacks[modelId] ?? [];
  }
  return [];
}

/**
 * What the names of a request come to: groups of endpoints in the order in which they were asked for, then the
 * fallback chain of the first model. With `auto` first, `models` are what it chooses from.
 * @throws GatewayError `model_not_found`, `model_not_enabled`, `model_not_supported`.
 */
export function askedOf(question: Question, rows: Rows, now: number): Asked {
  const { control } = question;
  const session = memo(() => sessionOfRequest(question));
  const [first, ...rest] = namesOf(control);
  checkAuto(question);
  if (isAuto(control.model)) {
    const models = rest.flatMap(({ name, param }) => (isAuto(name) ? [] : [modelOf(name, param, question)]));
    const chosen = models.length === 0 ? rows.all : models.flatMap(({ model }) => rows.ofModel(model.id));
    const group: Group = { rows: chosen, kind: 'auto', on: null, sort: null };
    const id = session();
    return { groups: [group], split: false, session: id, current: sessionState(id, now) };
  }
  const groups: Group[] = [];
  let split = false;
  let leading: string | null = null;
  for (const { name, param } of [...(first ? [first] : []), ...rest]) {
    if (isAuto(name)) {
      if (groups.every(({ kind }) => kind !== 'auto'))
        groups.push({ rows: rows.all, kind: 'auto', on: null, sort: null });
      continue;
    }
    const declared = splitOf(name, question);
    if (!declared) {
      const { model, sort } = modelOf(name, param, question);
      leading ??= model.id;
      groups.push(named(rows.ofModel(model.id), sort));
      continue;
    }
    if (groups.length === 0) split = true;
    for (const model of drawn(declared, param, session(), question)) {
      leading ??= model.id;
      groups.push(named(rows.ofModel(model.id), null));
    }
  }
  if (leading !== null && control.preferences.allowFallbacks) {
    for (const step of chainOf(leading, question)) groups.push(stepGroup(step, rows));
  }
  const shared = groups.some((group) => group.rows.some(({ endpoint }) => endpoint.weight !== undefined));
  return { groups, split, session: split || shared ? session() : null, current: null };
}

/** What names the conversation of a request. */
export function sessionOfRequest({
  caller,
  control,
  request,
}: Pick<Question, 'caller' | 'control' | 'request'>): string {
  const messages = control.sessionId === null ? asArray(request.body().messages) : [];
  return sessionOf(caller.workspaceId, control.sessionId, messages);
}

/**
 * The model that a name means, by itself or without the suffix that says how to sort.
 * @throws GatewayError `model_not_found`, `model_not_enabled`, `model_not_supported`.
 */
export function modelOf(
  name: string,
  param: string,
  question: Pick<Question, 'caller' | 'registry' | 'env' | 'request'>,
): { model: Model; sort: Preferences['sort'] } {
  const { caller, registry, request } = question;
  let sort: Preferences['sort'] = null;
  let model = registry.resolve(name, caller.workspaceAliases);
  const colon = name.lastIndexOf(':');
  if (!model && colon > 0) {
    sort = SUFFIXES[name.slice(colon).toLowerCase()] ?? null;
    if (sort !== null) model = registry.resolve(name.slice(0, colon), caller.workspaceAliases);
  }
  if (!model) throw modelNotFound(name, param, question);
  if (!mayCall(caller, model.id)) throw notEnabled(model, param, caller);
  if (model.kind !== request.kind) throw wrongKind(model, param);
  return { model, sort };
}

/** The router chooses among chat models. @throws GatewayError `model_not_supported` for other requests. */
function checkAuto({ control, request }: Question): void {
  if (request.kind === 'chat') return;
  const found = namesOf(control).find(({ name }) => isAuto(name));
  if (!found) return;
  throw new GatewayError('model_not_supported', {
    param: found.param,
    message: `"auto" chooses among chat models: name ${kindName(request.kind)}.`,
  });
}

function namesOf({ model, fallbackModels }: Control): { name: string; param: string }[] {
  return [model, ...fallbackModels].map((name, index) => ({
    name,
    param: index === 0 ? 'model' : `models[${index - 1}]`,
  }));
}

/** The models of a split, the one that this conversation draws first. */
function drawn(split: Split, param: string, session: string, question: Question): Model[] {
  const { registry, caller, request } = question;
  const models = split.targets
    .map((target) => ({ target, draw: drawOf(session, `${split.name}\n${target.model}`, target.percent) }))
    .toSorted((a, b) => (a.draw < b.draw ? -1 : a.draw > b.draw ? 1 : 0))
    .flatMap(({ target }) => registry.find(target.model) ?? []);
  const callable = models.filter((model) => model.kind === request.kind && mayCall(caller, model.id));
  if (callable.length > 0) return callable;
  if (models[0]) throw notEnabled(models[0], param, caller);
  throw modelNotFound(split.name, param, question);
}

function named(rows: readonly Row[], sort: Preferences['sort']): Group {
  return { rows, kind: 'named', on: null, sort };
}

function stepGroup({ model, on }: FallbackStep, rows: Rows): Group {
  return { rows: rows.ofModel(model), kind: 'step', on, sort: null };
}

function memo<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function notEnabled(model: Model, param: string, caller: Caller): GatewayError {
  const byKey = caller.models !== null && !allows(caller.models, model.id);
  return new GatewayError('model_not_enabled', {
    param,
    message: byKey
      ? `${model.id} is not among the models of this key. Enable it with PATCH /api/keys/${caller.keyId}.`
      : `${model.id} is not enabled in this workspace. Enable it with PUT /api/workspaces/${caller.workspaceId}/models.`,
  });
}

function modelNotFound(
  name: string,
  param: string,
  { registry, env, caller }: Pick<Question, 'caller' | 'registry' | 'env'>,
): GatewayError {
  const callable = (model: Model): boolean =>
    mayCall(caller, model.id) && servableEndpoints(model, registry, env, caller.credentials).length > 0;
  const nearest = registry.nearest(name, callable);
  const hint = nearest.length > 0 ? ` Did you mean ${nearest.join(', ')}?` : '';
  return new GatewayError('model_not_found', {
    param,
    message: `The model ${JSON.stringify(name.slice(0, NAME_SHOWN))} does not exist.${hint}`,
  });
}
