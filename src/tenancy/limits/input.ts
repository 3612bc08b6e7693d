import { MAX_NANO_USD, nanoToUsd, usdToNano } from '../../billing/money.ts';
import { GatewayError } from '../../errors.ts';
import type { Allowance, BudgetWindow, Limits } from '../../objects/workspace/types.ts';

/** A budget as people write it. */
export interface BudgetInput {
  window: BudgetWindow;
  amount_usd: number;
}

/** Rates and budgets as people write them. */
export interface AllowanceInput extends Limits {
  budgets?: BudgetInput[] | undefined;
}

/** @throws GatewayError `invalid_value` for a window that is given twice, or an amount out of range. */
export function budgetsFrom(inputs: readonly BudgetInput[], param = 'budgets'): Allowance['budgets'] {
  const windows = new Set<BudgetWindow>();
  return inputs.map(({ window, amount_usd }, index) => {
    if (windows.has(window)) {
      const at = `${param}[${index}].window`;
      throw new GatewayError('invalid_value', { param: at, message: `${at} is given twice: ${window}.` });
    }
    windows.add(window);
    const amount = usdToNano(amount_usd);
    if (amount >= 0 && amount <= MAX_NANO_USD) return { window, amount };
    const at = `${param}[${index}].amount_usd`;
    throw new GatewayError('invalid_value', {
      param: at,
      message: `${at} must be an amount of USD from 0 to ${nanoToUsd(MAX_NANO_USD)}.`,
    });
  });
}

export function budgetsView(budgets: Allowance['budgets']): BudgetInput[] {
  return budgets.map(({ window, amount }) => ({ window, amount_usd: nanoToUsd(amount) }));
}

/** @throws GatewayError as `budgetsFrom` does. */
export function allowanceFrom({ budgets, ...limits }: AllowanceInput, now: number): Allowance {
  return { limits, budgets: budgetsFrom(budgets ?? []), version: now };
}

export function allowanceView(allowance: Allowance | null): AllowanceInput {
  return { ...allowance?.limits, budgets: budgetsView(allowance?.budgets ?? []) };
}
