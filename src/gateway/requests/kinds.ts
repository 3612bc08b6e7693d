import { GatewayError } from '../../errors.ts';
import type { Model, ModelKind } from '../../registry/types.ts';

/** Where models of a kind are called, and what such a model is called. */
const KINDS: Readonly<Record<ModelKind, { path: string; name: string }>> = {
  chat: { path: '/v1/chat/completions', name: 'a chat model' },
  embedding: { path: '/v1/embeddings', name: 'an embedding model' },
  image: { path: '/v1/images/generations', name: 'an image model' },
  speech: { path: '/v1/audio/speech', name: 'a speech model' },
  transcription: { path: '/v1/audio/transcriptions', name: 'a transcription model' },
  moderation: { path: '/v1/moderations', name: 'a moderation model' },
  rerank: { path: '/v1/rerank', name: 'a rerank model' },
};

/** What a model of this kind is called: `an embedding model`. */
export function kindName(kind: ModelKind): string {
  return KINDS[kind].name;
}

/** The error of a model that is asked for what it is not for. */
export function wrongKind(model: Model, param: string): GatewayError {
  const { path, name } = KINDS[model.kind];
  const message = `${model.id} is ${name}. Call it with POST ${path}.`;
  return new GatewayError('model_not_supported', { param, message });
}
