import { GatewayError } from '../../errors.ts';
import type { WireRequest } from '../../wires/types.ts';

/** A request as far as its client's words for it go. */
type Translated = Pick<WireRequest, 'paramOf'>;

/** What the client of a request calls one of its parameters. @param param of the chat completion. */
export function paramOf({ paramOf: name }: Translated, param: string): string {
  return name?.(param) ?? param;
}

/**
 * An error about a chat completion, in the words of the client whose request it was translated from: its parameter,
 * and that parameter where the message names it.
 */
export function inClientsWords(error: GatewayError, request: Translated): GatewayError {
  if (error.param === null || !request.paramOf) return error;
  const param = request.paramOf(error.param);
  return param === error.param
    ? error
    : error.with({ param, message: renamed(error.message, error.param, param) });
}

/** What a step answers, whose errors are about the chat completion. @throws GatewayError as `inClientsWords`. */
export function inClientsWordsOf<T>(request: Translated, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    throw thrown instanceof GatewayError ? inClientsWords(thrown, request) : thrown;
  }
}

/** `stop` and `reasoning` are words beside: they are names only where a message begins with them or quotes them. */
function renamed(message: string, param: string, name: string): string {
  if (!/^[a-z]+$/.test(param)) return message.replaceAll(param, name);
  return message.replaceAll(new RegExp(`(?<=^|['"\`])${param}(?=['"\` .[])`, 'g'), name);
}
