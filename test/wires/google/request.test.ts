import { describe, expect, it } from 'vitest';
import { asArray, asObject, isObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import { codec, encode, fixtureJson, fixturesWith, requestOf, targetOf } from './support.ts';

const hi = [{ role: 'user', content: 'hi' }];

/**
 * A generateContent request as this test reads it: no role on the system instruction, one spelling, no empty
 * descriptions, neighbouring turns of a role joined, results by their value and signatures apart. What
 * the recording library adds of its own (`responseModalities` of text, a list of all functions, thinking
 * settings that the OpenAI request does not hold) is left out.
 */
function meaning(request: JsonObject): Json {
  const turns: { role: string; parts: Json[] }[] = [];
  for (const content of asArray(request.contents).filter(isObject)) {
    const parts = asArray(content.parts).filter(isObject).map(partMeaning);
    const last = turns.at(-1);
    if (last && last.role === content.role) last.parts.push(...parts);
    else turns.push({ role: String(content.role), parts });
  }
  const config = asObject(request.generationConfig) ?? {};
  const calling = asObject(asObject(request.toolConfig)?.functionCallingConfig);
  return {
    turns,
    system: asArray(asObject(request.systemInstruction)?.parts),
    tools: asArray(request.tools).flatMap((tool) =>
      asArray(asObject(tool)?.functionDeclarations).filter(isObject).map(toolMeaning),
    ),
    mode: calling?.mode ?? 'AUTO',
    format: [config.responseMimeType ?? null, config.responseJsonSchema ?? null],
    limit: config.maxOutputTokens ?? null,
  } as unknown as Json;
}

function partMeaning(part: JsonObject): Json {
  const response = asObject(part.functionResponse);
  if (response)
    return [
      response.id ?? null,
      response.name ?? null,
      ...Object.values(asObject(response.response) ?? {}),
    ] as Json;
  const call = asObject(part.functionCall);
  if (call) return [call.id ?? null, call.name ?? null, call.args ?? null];
  const inline = asObject(part.inlineData);
  // Both alphabets of base64 are the same bytes.
  if (inline) return [inline.mimeType ?? null, String(inline.data).replaceAll('-', '+').replaceAll('_', '/')];
  return part;
}

function toolMeaning(tool: JsonObject): Json {
  const schema = tool.parametersJsonSchema ?? tool.parameters_json_schema ?? tool.parameters;
  return [tool.name ?? null, tool.description || null, lowerTypes(schema ?? null)];
}

/** The OpenAPI subset writes types in capitals. */
function lowerTypes(value: Json): Json {
  if (Array.isArray(value)) return value.map(lowerTypes);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name,
      name === 'type' && typeof entry === 'string' ? entry.toLowerCase() : lowerTypes(entry ?? null),
    ]),
  );
}

describe('recorded requests', () => {
  for (const name of fixturesWith('request.json')) {
    it(name, () => {
      const openai = fixtureJson(name, 'openai.json');
      const recorded = fixtureJson(name, 'request.json');
      const { body, dropped } = encode(openai, String(openai.model));
      const ours = meaning(body) as JsonObject;
      const theirs = meaning(recorded) as JsonObject;
      // The recording asked for VALIDATED without the OpenAI request saying `strict`.
      if (theirs.mode === 'VALIDATED') theirs.mode = 'AUTO';
      expect(ours).toEqual(theirs);
      expect(dropped).toEqual([]);
    });
  }

  it('signs the call of another model that the recording signs, with the stand-in that Vertex AI knows too', () => {
    const name = 'google-gen-j-thinking-with-tool-calls-from-other-model-2';
    const signatures = (request: JsonObject) =>
      asArray(request.contents)
        .flatMap((content) => asArray(asObject(content)?.parts))
        .map((part) => asObject(part)?.thoughtSignature ?? null);
    const { body } = encode(fixtureJson(name, 'openai.json'), 'gemini-3-pro-preview');
    const isSigned = (request: JsonObject) => signatures(request).map((signature) => signature !== null);
    expect(isSigned(body)).toEqual(isSigned(fixtureJson(name, 'request.json')));
    expect(signatures(body)[1]).toBe(btoa('skip_thought_signature_validator'));
  });

  it('does not sign calls for a model that does not ask for it', () => {
    const openai = fixtureJson('google-gen-j-tool-choice-matrix-auto-google-1', 'openai.json');
    expect(JSON.stringify(encode(openai, 'gemini-2.5-flash').body)).not.toContain('thoughtSignature');
  });
});

describe('paths', () => {
  it.each([
    ['gemini-2.5-pro', false, '/models/gemini-2.5-pro:generateContent'],
    ['gemini-2.5-pro', true, '/models/gemini-2.5-pro:streamGenerateContent?alt=sse'],
    ['tunedModels/my-model', false, '/tunedModels/my-model:generateContent'],
  ])('%s, stream %s', (model, stream, path) => {
    expect(codec.encode(requestOf({ messages: hi }, stream), targetOf(model)).path).toBe(path);
  });
});

describe('roles and turns', () => {
  it('joins neighbours and keeps later instructions where they stand', () => {
    const { body } = encode({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        { role: 'user', content: 'One' },
        { role: 'user', content: [{ type: 'text', text: 'Two' }] },
        { role: 'assistant', content: 'Three' },
        { role: 'system', content: 'Now in French.' },
        { role: 'user', content: 'Four' },
      ],
    });
    expect(body.systemInstruction).toEqual({ parts: [{ text: 'Be brief.' }, { text: 'Be kind.' }] });
    expect(body.contents).toEqual([
      { role: 'user', parts: [{ text: 'One' }, { text: 'Two' }] },
      { role: 'model', parts: [{ text: 'Three' }] },
      { role: 'user', parts: [{ text: '<system>\nNow in French.\n</system>' }, { text: 'Four' }] },
    ]);
  });

  it('asks with the instructions when there is nothing else', () => {
    const { body } = encode({ messages: [{ role: 'system', content: 'Tell a joke.' }] });
    expect(body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Tell a joke.' }] }] });
  });

  it('reports names, and refuses an unknown role', () => {
    expect(encode({ messages: [{ role: 'user', name: 'ann', content: 'hi' }] }).dropped).toEqual([
      'messages.name',
    ]);
    expect(() => encode({ messages: [{ role: 'robot', content: 'hi' }] })).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'messages[0].role' }),
    );
    expect(() => encode({ messages: [] })).toThrow(expect.objectContaining({ param: 'messages' }));
  });
});

describe('parts', () => {
  const part = (given: JsonObject) => {
    const { body, dropped } = encode({ messages: [{ role: 'user', content: [given] }] });
    const [first] = asArray(asObject(asArray(body.contents)[0])?.parts);
    return { part: first, dropped };
  };
  const png = 'iVBORw0KGgo=';

  it.each<[string, JsonObject, JsonObject]>([
    ['text', { type: 'text', text: 'a' }, { text: 'a' }],
    [
      'an image as a data URL',
      { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
      { inlineData: { mimeType: 'image/png', data: png } },
    ],
    [
      'a data URL that is not base64',
      { type: 'image_url', image_url: { url: 'data:image/svg+xml;utf8,%3Csvg%2F%3E' } },
      { inlineData: { mimeType: 'image/svg+xml', data: btoa('<svg/>') } },
    ],
    [
      'an image by URL',
      { type: 'image_url', image_url: { url: 'https://example.org/a/cat.JPG?size=1.5' } },
      { fileData: { mimeType: 'image/jpeg', fileUri: 'https://example.org/a/cat.JPG?size=1.5' } },
    ],
    [
      'an image by a URL that does not tell its type',
      { type: 'image_url', image_url: { url: 'https://example.org/cat' } },
      { fileData: { fileUri: 'https://example.org/cat' } },
    ],
    [
      'wav',
      { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
      { inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } },
    ],
    [
      'mp3',
      { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } },
      { inlineData: { mimeType: 'audio/mp3', data: 'SUQz' } },
    ],
    [
      'a PDF as a data URL',
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0=' } },
    ],
    [
      'a PDF as bare base64',
      { type: 'file', file: { file_data: 'JVBERi0xLjQ=' } },
      { inlineData: { mimeType: 'application/pdf', data: 'JVBERi0xLjQ=' } },
    ],
    [
      'a text file as bare base64, by its name',
      { type: 'file', file: { filename: 'notes.csv', file_data: 'YSxi' } },
      { inlineData: { mimeType: 'text/csv', data: 'YSxi' } },
    ],
    [
      'a file of the Gemini API',
      { type: 'file', file: { file_id: 'https://generativelanguage.googleapis.com/v1beta/files/abc-1' } },
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc-1' } },
    ],
    [
      'a file of the Gemini API by its name',
      { type: 'file', file: { file_id: 'files/abc-1' } },
      { fileData: { fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/abc-1' } },
    ],
    [
      'a video on YouTube',
      { type: 'video_url', video_url: { url: 'https://www.youtube.com/watch?v=9hE5-98ZeCg' } },
      { fileData: { fileUri: 'https://www.youtube.com/watch?v=9hE5-98ZeCg' } },
    ],
    [
      'a video as a data URL',
      { type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } },
      { inlineData: { mimeType: 'video/mp4', data: 'AAAA' } },
    ],
    [
      'a part of the API’s own',
      { fileData: { fileUri: 'gs://b/v.mp4' }, videoMetadata: { fps: 2 } },
      { fileData: { fileUri: 'gs://b/v.mp4' }, videoMetadata: { fps: 2 } },
    ],
  ])('%s', (_, given, expected) => {
    expect(part(given).part).toEqual(expected);
  });

  it('reports a detail that cannot be asked for', () => {
    const image = (detail: string) =>
      part({ type: 'image_url', image_url: { url: 'https://e.org/a.png', detail } }).dropped;
    expect(image('high')).toEqual(['messages.content.image_url.detail']);
    expect(image('auto')).toEqual([]);
  });

  it.each<[string, JsonObject, string, string]>([
    ['an unknown type', { type: 'hologram' }, 'unsupported_parameter', 'messages[1].content[1]'],
    [
      'a file of another provider',
      { type: 'file', file: { file_id: 'file-abc' } },
      'unsupported_parameter',
      'messages[1].content[1]',
    ],
    [
      'a file of unknown type',
      { type: 'file', file: { file_data: 'AAAA' } },
      'unsupported_parameter',
      'messages[1].content[1]',
    ],
    [
      'an image without a URL',
      { type: 'image_url', image_url: {} },
      'invalid_value',
      'messages[1].content[1].image_url.url',
    ],
    [
      'a URL of no known kind',
      { type: 'image_url', image_url: { url: 'ftp://x/y.png' } },
      'invalid_value',
      'messages[1].content[1].image_url.url',
    ],
  ])('refuses %s', (_, given, code, param) => {
    const messages = [
      { role: 'user', content: 'a' },
      { role: 'user', content: [{ type: 'text', text: 'b' }, given] },
    ];
    expect(() => encode({ messages })).toThrow(expect.objectContaining({ code, param }));
  });

  it('refuses images as instructions', () => {
    const content = [{ type: 'image_url', image_url: { url: 'https://e.org/a.png' } }];
    expect(() => encode({ messages: [{ role: 'system', content }, ...hi] })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter', param: 'messages[0].content[0]' }),
    );
  });
});

describe('fields', () => {
  const config = (fields: JsonObject, model?: string) => {
    const { body, dropped } = encode({ messages: hi, ...fields }, model);
    return { config: body.generationConfig, dropped };
  };

  it('sends what has another name, unchanged', () => {
    const fields = {
      temperature: 2.7,
      top_p: 0.5,
      top_k: 40,
      seed: 7,
      presence_penalty: 0.1,
      frequency_penalty: -0.2,
      max_completion_tokens: 99,
      max_tokens: 99,
      stop: ['a', 'b', 'c', 'd', 'e', 'f'],
      n: 3,
      logprobs: true,
      top_logprobs: 4,
    };
    expect(config(fields)).toEqual({
      config: {
        temperature: 2.7,
        topP: 0.5,
        topK: 40,
        seed: 7,
        presencePenalty: 0.1,
        frequencyPenalty: -0.2,
        maxOutputTokens: 99,
        stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'],
        candidateCount: 3,
        responseLogprobs: true,
        logprobs: 4,
      },
      dropped: [],
    });
  });

  it.each<[JsonObject, Json | undefined]>([
    [{ stop: 'x' }, { stopSequences: ['x'] }],
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ n: 1, stop: null, logprobs: false, top_logprobs: 3, seed: null }, undefined],
    [{ response_format: { type: 'text' } }, undefined],
    [{ response_format: { type: 'json_object' } }, { responseMimeType: 'application/json' }],
    [
      { response_format: { type: 'json_schema', json_schema: { name: 'r' } } },
      { responseMimeType: 'application/json' },
    ],
    [
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'r', strict: true, schema: { $ref: '#/x' } },
        },
      },
      { responseMimeType: 'application/json', responseJsonSchema: { $ref: '#/x' } },
    ],
    [{ modalities: ['text', 'image'] }, { responseModalities: ['TEXT', 'IMAGE'] }],
    [
      { modalities: ['audio'], audio: { voice: 'Kore', format: 'pcm16' } },
      {
        responseModalities: ['AUDIO'],
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
      },
    ],
  ])('%j', (fields, expected) => {
    expect(config(fields)).toEqual({ config: expected, dropped: [] });
  });

  it.each<[JsonObject, string[]]>([
    [{ logit_bias: { 5: 1 } }, ['logit_bias']],
    [{ logit_bias: {}, store: false, service_tier: 'auto', verbosity: 'medium', metadata: {} }, []],
    [
      { service_tier: 'flex', prediction: { type: 'content' }, min_p: 0.1 },
      ['service_tier', 'prediction', 'min_p'],
    ],
    [{ max_tokens: 5, max_completion_tokens: 6 }, ['max_tokens']],
    [{ audio: { voice: 'alloy', format: 'mp3' } }, ['audio.format', 'audio.voice']],
    [{ modalities: ['text', 'smell'] }, ['modalities']],
    [{ stream_options: { include_usage: true }, user: null }, []],
    [
      { extra_body: { google: { thinking_config: { thinking_budget: 1 }, other: 1 } } },
      ['extra_body.google.other'],
    ],
    [{ extra_body: { anthropic: {} } }, ['extra_body']],
  ])('reports what has no counterpart: %j', (fields, dropped) => {
    expect(config(fields).dropped).toEqual(dropped);
  });

  it('refuses formats that it cannot hold the model to', () => {
    const fields = { response_format: { type: 'json_schema', json_schema: { name: 'r', schema: {} } } };
    expect(() =>
      encode({ messages: hi, ...fields }, 'm', { capabilities: { structuredOutput: false } }),
    ).toThrow(expect.objectContaining({ code: 'unsupported_parameter', param: 'response_format' }));
    expect(() => config({ response_format: { type: 'grammar' } })).toThrow(
      expect.objectContaining({ code: 'invalid_value', param: 'response_format' }),
    );
  });

  it('sends the API’s own fields as they are, in either case', () => {
    const safety = [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }];
    const { body, dropped } = encode({
      messages: hi,
      safety_settings: safety,
      cachedContent: 'cachedContents/1',
      labels: { team: 'x' },
      image_config: { aspect_ratio: '16:9' },
      generationConfig: { mediaResolution: 'MEDIA_RESOLUTION_LOW' },
      extra_body: { google: { thinking_config: { thinking_budget: 5 } } },
    });
    expect(body).toMatchObject({
      safetySettings: safety,
      cachedContent: 'cachedContents/1',
      labels: { team: 'x' },
      generationConfig: {
        imageConfig: { aspect_ratio: '16:9' },
        mediaResolution: 'MEDIA_RESOLUTION_LOW',
        thinkingConfig: { thinking_budget: 5 },
      },
    });
    expect(dropped).toEqual([]);
  });

  it('leaves out and renames what the host wants so', () => {
    const { body, dropped } = encode({ messages: hi, top_k: 3, labels: { a: 'b' } }, 'm', {
      quirks: { drop: ['top_k'], rename: { labels: 'tags' } },
    });
    expect(body).toMatchObject({ tags: { a: 'b' } });
    expect(body).not.toHaveProperty('generationConfig');
    expect(body).not.toHaveProperty('labels');
    expect(dropped).toEqual(['top_k']);
  });
});
