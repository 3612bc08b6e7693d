import type { Wire } from '../types.ts';
import { chat } from './chat.ts';
import { nativeCompletions } from './completions/native/index.ts';
import { embeddings } from './embeddings.ts';
import { readError } from './error.ts';
import { hostedInChat } from './hosted.ts';
import { images } from './images.ts';
import { moderations } from './moderations.ts';
import { rerank } from './rerank.ts';
import { nativeResponses } from './responses/native/index.ts';
import { hostedByResponses } from './responses/upstream/hosted.ts';
import { speech } from './speech.ts';

import { transcription } from './transcription.ts';

/** OpenAI Chat Completions, the hub format: what comes in goes out, with only what must change changed. */
export const openai: Wire = {
  id: 'openai',
  chat,
  native: { responses: nativeResponses, completions: nativeCompletions },
  hosted: (request, target) =>
    target?.capabilities.api === 'responses' ? hostedByResponses(request) : hostedInChat(request),
  embedding: embeddings,
  image: images,
  moderation: moderations,
  rerank,
  speech,
  transcription,
  readError,
};
