import { responses } from '../wires/openai/responses/index.ts';
import { inFormatOf } from './surfaces.ts';

/** Reads requests of the Responses API; throws GatewayError as `inFormatOf`. */
export const inResponsesFormat = inFormatOf(responses);
