import { GatewayError } from '../../../errors.ts';

/** A value of the wrong type, as `invalid_type`. */
export function wrongType(param: string, expected: string): GatewayError {
  return new GatewayError('invalid_type', { param, message: `${param} must be ${expected}.` });
}

/** A parameter that the Messages API demands, as `missing_parameter`. */
export function missing(param: string): GatewayError {
  return new GatewayError('missing_parameter', { param, message: `${param} is required.` });
}
