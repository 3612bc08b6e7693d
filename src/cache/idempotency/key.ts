import { GatewayError } from '../../errors.ts';

/** Visible ASCII characters alone: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** Checks the value of an `Idempotency-Key`. @throws GatewayError `invalid_value`. */
export function checkIdempotencyKey(key: string): void {
  if (KEY.test(key)) return;
  throw new GatewayError('invalid_value', {
    param: 'Idempotency-Key',
    message: 'Idempotency-Key must be 1 to 255 visible ASCII characters, without spaces.',
  });
}
