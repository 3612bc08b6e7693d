import { GatewayError } from '../../errors.ts';
import { type IdKind, isIdOf } from '../../lib/id.ts';

/**
 * The id behind which a list begins, as `after` names it. What it names may be there no more: ids sort by age.
 * @throws GatewayError `invalid_value` for what is no id of that kind.
 */
export function cursorOf(kind: IdKind, after: string | undefined): string | undefined {
  if (after === undefined || isIdOf(kind, after)) return after;
  throw new GatewayError('invalid_value', {
    param: 'after',
    message: `after must be the id of a ${kind}, as the list names it.`,
  });
}
