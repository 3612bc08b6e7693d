import { anthropic } from './anthropic/index.ts';
import { bedrock } from './bedrock/index.ts';
import { cohere } from './cohere/index.ts';
import { google } from './google/index.ts';
import { openai } from './openai/index.ts';
import type { Wire, WireId } from './types.ts';

/** Every wire format, one line each. */
export const wires: Readonly<Record<WireId, Wire>> = { openai, anthropic, google, bedrock, cohere };
