import { readError } from '../openai/error.ts';
import type { Wire } from '../types.ts';
import { embeddings } from './embeddings.ts';
import { rerank } from './rerank.ts';

/** Cohere's own API, version 2, where it is not OpenAI's: errors are `{message}`, told by their status. */
export const cohere: Wire = { id: 'cohere', embedding: embeddings, rerank, readError };
