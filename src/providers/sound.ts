import type { Quirks } from '../wires/types.ts';

/** Deviations of shipped providers in speech and transcription, by provider id. */
export const SOUND: Readonly<Record<string, Pick<Quirks, 'speech' | 'transcription'>>> = {
  // `stream_format`: https://platform.openai.com/docs/api-reference/audio/createSpeech#audio_createspeech-stream_format.
  openai: { speech: { events: true } },
  // https://learn.microsoft.com/azure/ai-services/openai/reference#transcriptions---create
  'azure-deployments': {
    speech: { path: '/deployments/{model}/audio/speech?api-version={azure_api_version}' },
    transcription: {
      path: '/deployments/{model}/audio/transcriptions?api-version={azure_api_version}',
      translationPath: '/deployments/{model}/audio/translations?api-version={azure_api_version}',
    },
  },
  // https://docs.mistral.ai/api/endpoint/audio/transcriptions has no `response_format`, and none of these.
  mistral: {
    transcription: {
      format: 'none',
      drop: ['prompt', 'include', 'chunking_strategy', 'known_speaker_names', 'known_speaker_references'],
    },
  },
};
