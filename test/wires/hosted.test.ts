import { describe, expect, it } from 'vitest';
import { readChatRequest } from '../../src/gateway/requests/request.ts';
import type { JsonObject } from '../../src/lib/json.ts';
import { callsInBlocks, countedCalls, hostedIn } from '../../src/wires/anthropic/hosted.ts';
import { hostedInChat as atGoogle, Searches } from '../../src/wires/google/hosted.ts';
import { type Hosted, USUAL_CALLS } from '../../src/wires/hosted.ts';
import { hostedInChat as atOpenAi } from '../../src/wires/openai/hosted.ts';
import { openai } from '../../src/wires/openai/index.ts';
import { callsIn, hostedInResponse } from '../../src/wires/openai/responses/native/hosted.ts';

const bytesOf = (body: object, text = JSON.stringify(body)) => new TextEncoder().encode(text);
const units = ({ tools }: Hosted) => tools.map(({ param, unit, most }) => [param, unit, most]);

describe('a request in the words of the Messages API', () => {
  const read = (body: JsonObject, text?: string) => hostedIn(body, bytesOf(body, text), false);

  it('asks for tools that run at the provider, and not for those of the client', () => {
    const tools = [
      { name: 'f', input_schema: {} },
      { type: 'bash_20250124', name: 'bash' },
      { type: 'computer_20251124', name: 'computer' },
      { type: 'web_search_20260209', name: 'web_search', max_uses: 3 },
      { type: 'web_fetch_20250910', name: 'web_fetch' },
      { type: 'code_execution_20250825', name: 'code_execution' },
      { type: 'mcp_toolset', mcp_server_name: 'm' },
      { type: 'advisor_20260301', name: 'advisor' },
    ];
    expect(units(read({ tools, mcp_servers: [{ url: 'https://m.example' }] }))).toEqual([
      ['tools[3]', 'web_search', 3],
      ['tools[4]', 'web_fetch', USUAL_CALLS],
      ['tools[5]', 'code_execution', USUAL_CALLS],
      ['tools[6]', 'mcp', USUAL_CALLS],
      ['tools[7]', 'advisor', USUAL_CALLS],
    ]);
    expect(units(read({ mcp_servers: [{}] }))).toEqual([['mcp_servers', 'mcp', USUAL_CALLS]]);
  });

  it.each<[JsonObject, string[]]>([
    [{ speed: 'fast', inference_geo: 'us', service_tier: 'auto' }, ['speed_fast', 'inference_geo_us']],
    [{ speed: 'standard', inference_geo: 'global', service_tier: 'standard_only' }, []],
    [{ service_tier: 'priority' }, ['service_tier_priority']],
  ])('at other prices: %j', (body, found) => {
    expect(read(body).tools).toEqual(
      found.map((unit) => ({ param: expect.any(String), unit, counted: false, most: 0 })),
    );
  });

  const upload = { type: 'container_upload', file_id: 'file_011' };
  const document = { type: 'document', source: { type: 'file', file_id: 'file_011' } };
  const said = (...content: JsonObject[]) => ({ messages: [{ role: 'user', content }] });
  it.each<[string, JsonObject, string[]]>([
    ['a container', { container: 'container_1' }, ['container']],
    ['a container in an object', { container: { id: 'container_1' } }, ['container.id']],
    [
      'skills of its own',
      {
        container: {
          skills: [
            { type: 'anthropic', skill_id: 'pptx' },
            { type: 'custom', skill_id: 's' },
          ],
        },
      },
      ['container.skills[1]'],
    ],
    ['a file for a container', said(upload), ['messages[0].content[0].file_id']],
    ['a document', said(document), ['messages[0].content[0].source.file_id']],
    [
      'a document in the result of a tool',
      said({ type: 'tool_result', tool_use_id: 't', content: [document] }),
      ['messages[0].content[0].content[0].source.file_id'],
    ],
    ['what a tool is called with', said({ type: 'tool_use', input: { file_id: 'x', type: 'file' } }), []],
    [
      'a file that code wrote',
      said({ type: 'code_execution_tool_result', content: { type: 'x_output', file_id: 'f' } }),
      [],
    ],
    [
      'an earlier message',
      { diagnostics: { previous_message_id: 'msg_1' } },
      ['diagnostics.previous_message_id'],
    ],
    ['an earlier message of ours', { diagnostics: { previous_message_id: 'gen_1' } }, []],
  ])('names %s', (_, body, objects) => expect(read(body).objects).toEqual(objects));

  it('names a file however it is spelled', () => {
    const text = JSON.stringify(said(upload)).replaceAll('file_id', 'file\\u005fid');
    expect(read(said(upload), text).objects).toHaveLength(1);
  });

  it('is answered with calls that usage counts, and blocks where it does not', () => {
    const usage = { server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 } };
    expect(countedCalls(usage)).toEqual({ web_search: 2 });
    expect(countedCalls({})).toBeUndefined();
    const ran = (name: string) => ({ type: 'server_tool_use', name });
    const blocks = [ran('bash_code_execution'), ran('text_editor_code_execution'), { type: 'text' }];
    expect(callsInBlocks(blocks, { tools: [{ type: 'code_execution_20250825' }] })).toEqual({
      code_execution: 2,
    });
    // Searches run code for themselves.
    expect(callsInBlocks(blocks, { tools: [{ type: 'web_search_20260209' }] })).toBeUndefined();
  });
});

describe('a request in the words of the Responses API', () => {
  const read = (body: JsonObject) => hostedInResponse(body, bytesOf(body));

  it('asks for tools that run at the provider, and not for those of the client', () => {
    const tools = [
      { type: 'function', name: 'f' },
      { type: 'custom', name: 'c' },
      { type: 'shell', environment: { type: 'local' } },
      { type: 'web_search' },
      { type: 'web_search_preview_2025_03_11' },
      { type: 'code_interpreter', container: { type: 'auto', memory_limit: '4g' } },
      { type: 'image_generation' },
      { type: 'shell', environment: { type: 'container_auto' } },
      { type: 'never_heard_of' },
    ];
    expect(units(read({ tools, max_tool_calls: 2 }))).toEqual([
      ['tools[3]', 'web_search', 2],
      ['tools[4]', 'web_search_preview', 2],
      ['tools[5]', 'code_interpreter_4g', 1],
      ['tools[6]', 'image_generation', 2],
      ['tools[7]', 'shell', 1],
      ['tools[8]', 'never_heard_of', 2],
    ]);
    expect(units(read({ tools: [{ type: 'web_search' }] }))).toEqual([
      ['tools[0]', 'web_search', USUAL_CALLS],
    ]);
  });

  it.each<[string, JsonObject, string[]]>([
    [
      'stores',
      { tools: [{ type: 'file_search', vector_store_ids: ['vs_1'] }] },
      ['tools[0].vector_store_ids'],
    ],
    ['a container', { tools: [{ type: 'code_interpreter', container: 'cntr_1' }] }, ['tools[0].container']],
    ['a container of its own', { tools: [{ type: 'code_interpreter', container: { type: 'auto' } }] }, []],
    [
      'files of a container',
      { tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: ['file-1'] } }] },
      ['tools[0].container.file_ids'],
    ],
    [
      'a container and skills of a shell',
      {
        tools: [
          { type: 'shell', environment: { type: 'container_reference', container_id: 'cntr_1' } },
          {
            type: 'shell',
            environment: { type: 'container_auto', skills: [{ type: 'skill_reference', skill_id: 'sk_1' }] },
          },
        ],
      },
      ['tools[0].environment.container_id', 'tools[1].environment.skills[0].skill_id'],
    ],
    [
      'the container of an earlier call',
      { input: [{ type: 'code_interpreter_call', container_id: 'cntr_1' }] },
      ['input[0].container_id'],
    ],
    [
      'a file',
      { input: [{ role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] }] },
      ['input[0].content[0].file_id'],
    ],
    [
      'a picture in the output of a function',
      { input: [{ type: 'function_call_output', output: [{ type: 'input_image', file_id: 'file-1' }] }] },
      ['input[0].output[0].file_id'],
    ],
    ['what a function takes', { tools: [{ type: 'function', name: 'f', file_ids: ['x'] }] }, []],
    ['servers with secrets', { tools: [{ type: 'mcp', server_url: 'https://m', authorization: 'x' }] }, []],
  ])('names %s', (_, body, objects) => expect(read(body).objects).toEqual(objects));

  const search = (type?: string) => ({ type: 'web_search_call', ...(type ? { action: { type } } : {}) });
  const code = (container_id: string) => ({ type: 'code_interpreter_call', container_id });
  it.each<[string, JsonObject[], JsonObject, JsonObject, Record<string, number> | undefined]>([
    ['searches, not pages', [search('search'), search('open_page'), search()], {}, {}, { web_search: 2 }],
    [
      'searches of the older tool',
      [search('search')],
      {},
      { tools: [{ type: 'web_search_preview' }] },
      { web_search_preview: 1 },
    ],
    [
      'searches as the host counts them',
      [search('search'), search('search')],
      { tool_usage: { web_search: { num_requests: 1 } } },
      {},
      { web_search: 1 },
    ],
    [
      'sessions',
      [code('a'), code('a'), code('b')],
      {},
      { tools: [{ type: 'code_interpreter', container: { type: 'auto', memory_limit: '16g' } }] },
      { code_interpreter_16g: 2 },
    ],
    [
      'calls as xAI counts them',
      [search('search')],
      { usage: { server_side_tool_usage_details: { web_search_calls: 4, x_search_calls: 0 } } },
      {},
      { web_search: 4 },
    ],
    ['other tools', [{ type: 'file_search_call' }, { type: 'mcp_call' }], {}, {}, { file_search: 1, mcp: 1 }],
    ['no calls of the client', [{ type: 'function_call' }, { type: 'computer_call' }], {}, {}, undefined],
  ])('is answered with %s', (_, items, response, request, calls) => {
    expect(callsIn(items, response, request)).toEqual(calls);
  });
});

describe('a chat completion', () => {
  const read = (body: object, google = false): Hosted => {
    const bytes = bytesOf({ model: 'a/b', messages: [{ role: 'user', content: 'Hi' }], ...body });
    const { request } = readChatRequest(bytes);
    return google ? atGoogle(request.body()) : atOpenAi(request);
  };

  it.each<[string, object, string[]]>([
    ['functions', { tools: [{ type: 'function', function: { name: 'f' } }, { type: 'custom' }] }, []],
    ['tools of hosts', { tools: [{ type: 'web_search' }, { google_search: {} }] }, ['tools[0]', 'tools[1]']],
    ['OpenAI’s search', { web_search_options: {} }, ['web_search_options']],
    ['xAI’s', { search_parameters: { mode: 'auto' } }, ['search_parameters']],
    ['none', { search_parameters: { mode: 'off' }, enable_search: false, plugins: [] }, []],
    ['Alibaba’s', { enable_search: true }, ['enable_search']],
    ['plugins', { plugins: [{ id: 'web' }, { id: 'file-parser' }] }, ['plugins[0]', 'plugins[1]']],
  ])('asks hosts of OpenAI’s kind for %s', (_, body, params) => {
    expect(read(body).tools.map(({ param }) => param)).toEqual(params);
    expect(read(body).tools.every(({ counted }) => !counted)).toBe(true);
  });

  it('has its tools counted where the Responses API serves it', () => {
    const tools = [
      { type: 'web_search' },
      { type: 'file_search', vector_store_ids: ['vs_1'] },
      { type: 'function', function: { name: 'f' } },
      { type: 'custom', custom: { name: 'c' } },
    ];
    const bytes = bytesOf({
      model: 'a/b',
      messages: [{ role: 'user', content: 'Hi' }],
      tools,
      web_search_options: {},
      max_tool_calls: 3,
    });
    const target = {
      upstreamModel: 'm',
      maxOutputTokens: null,
      capabilities: { api: 'responses' as const },
      quirks: {},
    };
    expect(openai.hosted?.(readChatRequest(bytes).request, target)).toEqual({
      tools: [
        { param: 'tools[0]', unit: 'web_search', counted: true, most: 3 },
        { param: 'tools[1]', unit: 'file_search', counted: true, most: 3 },
        { param: 'web_search_options', unit: 'web_search', counted: true, most: 3 },
      ],
      objects: ['tools[1].vector_store_ids'],
    });
  });

  it('asks for them in a body of megabytes too', () => {
    const pad = 'x'.repeat(300_000);
    const messages = [{ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }];
    const { tools, objects } = read({ pad, plugins: [{ id: 'web' }], messages });
    expect(tools.map(({ unit }) => unit)).toEqual(['plugin_web']);
    expect(objects).toEqual(['messages[0].content[0].file.file_id']);
    expect(read({ previous_response_id: 'resp_1' }).objects).toEqual(['previous_response_id']);
  });

  it('asks Google in its own words', () => {
    const tools = [{ googleSearch: {} }, { url_context: {} }, { type: 'function', function: { name: 'f' } }];
    expect(read({ tools }, true).tools.map(({ unit, counted }) => [unit, counted])).toEqual([
      ['google_search', true],
      ['url_context', false],
    ]);
    const stores = [{ fileSearch: { fileSearchStoreNames: ['fileSearchStores/a'] } }];
    expect(read({ tools: stores }, true).objects).toEqual(['tools[0].fileSearch']);
    const part = (url: string) => ({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] });
    const files = 'https://generativelanguage.googleapis.com/v1beta/files/a';
    const messages = [part('https://a.example/b.png'), part('gs://bucket/a'), part(files)];
    expect(read({ messages, cached_content: 'cachedContents/a' }, true).objects).toEqual([
      'cached_content',
      'messages[1].content[0].image_url.url',
      'messages[2].content[0].image_url.url',
    ]);
  });

  it('is answered by Google with each query once', () => {
    const searches = new Searches();
    expect(searches.calls).toBeUndefined();
    searches.read({ groundingMetadata: { webSearchQueries: ['a', 'b', ''] } });
    searches.read({ groundingMetadata: { webSearchQueries: ['b', 'c'], groundingChunks: [{ maps: {} }] } });
    expect(searches.calls).toEqual({ google_search: 3, google_maps: 1 });
  });
});
