import { GatewayError } from '../../errors.ts';

/** The month of a time, `YYYY-MM` in UTC. */
export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7);
}

/** The month before that of a time. */
export function monthBefore(time: number): string {
  const date = new Date(time);
  return monthOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1));
}

/** @throws GatewayError `invalid_value` naming `month`, for one that is not over. */
export function requireOver(month: string, now = Date.now()): void {
  if (month < monthOf(now)) return;
  throw new GatewayError('invalid_value', {
    message: `month must be over: ${month} can still gain usage.`,
    param: 'month',
  });
}
