import type { Wire } from '../types.ts';
import { embeddings } from './embeddings.ts';
import { readError } from './error.ts';
import { hostedInChat } from './hosted.ts';
import { images } from './images.ts';
import { encode } from './request.ts';
import { decode } from './response.ts';
import { createStream } from './stream.ts';

/** The Gemini API (`generateContent`), and the hosts that speak it. */
export const google: Wire = {
  id: 'google',
  chat: { encode, decode, stream: createStream, constrains: () => true },
  hosted: (request) => hostedInChat(request.body()),
  embedding: embeddings,
  image: images,
  readError,
};
