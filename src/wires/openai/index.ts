import type { Wire } from '../types.ts';
import { nativeCompletions } from './completions/native/index.ts';
import { constrains } from './constrains.ts';
import { embeddings } from './embeddings.ts';
import { readError } from './error.ts';
import { hostedInChat } from './hosted.ts';
import { images } from './images.ts';
import { moderations } from './moderations.ts';
import { encodeRequest } from './request.ts';
import { rerank } from './rerank.ts';
import { decodeResponse } from './response.ts';
import { nativeResponses } from './responses/native/index.ts';
import { speech } from './speech.ts';

import { createStream } from './stream.ts';
import { transcription } from './transcription.ts';

/** OpenAI Chat Completions, the hub format: what comes in goes out, with only what must change changed. */
export const openai: Wire = {
  id: 'openai',
  chat: { encode: encodeRequest, decode: decodeResponse, stream: createStream, constrains },
  native: { responses: nativeResponses, completions: nativeCompletions },
  hosted: hostedInChat,
  embedding: embeddings,
  image: images,
  moderation: moderations,
  rerank,
  speech,
  transcription,
  readError,
};
