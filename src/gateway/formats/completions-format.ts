import { completions } from '../../wires/openai/completions/index.ts';
import { inFormatOf } from './surfaces.ts';

/** Reads requests of OpenAI's legacy completions; throws GatewayError as `inFormatOf`. */
export const inCompletionsFormat = inFormatOf(completions);
