import { MAX_NANO_USD, type NanoUsd, nanoToUsd, usdToNano } from '../../billing/money.ts';
import { GatewayError } from '../../errors.ts';

/**
 * An amount of USD as money: not negative, and no more than one value can hold exactly.
 * @throws GatewayError `invalid_value` naming `param`.
 */
export function checkedAmount(usd: number, param: string): NanoUsd {
  const amount = usdToNano(usd);
  if (!(amount >= 0 && amount <= MAX_NANO_USD)) {
    throw new GatewayError('invalid_value', {
      message: `${param} must be an amount of USD from 0 to ${nanoToUsd(MAX_NANO_USD)}.`,
      param,
    });
  }
  return amount;
}
