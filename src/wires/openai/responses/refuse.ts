import { GatewayError } from '../../../errors.ts';

/** What chat completions cannot say: leaving it out would change the answer. */
export function unsupported(param: string, message: string): GatewayError {
  return new GatewayError('unsupported_parameter', { param, message });
}

export function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_value', { param, message });
}

/** @param type as in "must be an array". */
export function wrongType(param: string, type: string): GatewayError {
  return new GatewayError('invalid_type', { param, message: `${param} must be ${type}.` });
}

export function missing(param: string): GatewayError {
  return new GatewayError('missing_parameter', { param, message: `${param} is required.` });
}
