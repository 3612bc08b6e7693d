import { ERROR_EVENTS } from '../support/node/answers.ts';
import type { WireName } from '../support/node/fixtures.ts';
import { answer, hangUp, stream, streamThenReset } from '../support/node/scripts.ts';
import type { Script } from '../support/node/upstream.ts';
import type { World } from '../support/node/world.ts';

/** Failures that may pass: an endpoint without another beside it is asked three times. */
export const PASSING = [
  'upstream_overloaded',
  'upstream_error',
  'upstream_unreachable',
  'upstream_incomplete',
] as const;

interface Case {
  what: string;
  /** What the provider does; what else it needs is in the world of the test. */
  script: (wire: WireName, world: World) => Script;
  /** What the client is told when nobody else can help. */
  status: number;
  code: string;
  /** What else it is on the wire whose streams are not text. */
  binary?: string;
  /** Upstream calls to the first endpoint; a single 500 is repeated. */
  calls?: number;
}

/** Failures before the first word, of streams and whole answers alike. */
const BOTH: Case[] = [
  { what: 'hangs up', script: () => hangUp, status: 502, code: 'upstream_unreachable' },
  { what: '500', script: () => answer('oops', 500), status: 502, code: 'upstream_error', calls: 2 },
  { what: '502 with a page', script: () => answer('<html>', 502), status: 502, code: 'upstream_error' },
  { what: '503', script: () => answer({}, 503), status: 503, code: 'upstream_overloaded' },
  { what: '409', script: () => answer({}, 409), status: 502, code: 'upstream_error' },
  { what: '408', script: () => answer({}, 408), status: 504, code: 'upstream_timeout' },
  { what: '429', script: () => answer({}, 429), status: 429, code: 'upstream_rate_limited' },
  { what: '401', script: () => answer({}, 401), status: 502, code: 'upstream_credentials_rejected' },
  { what: '402', script: () => answer({}, 402), status: 502, code: 'upstream_credentials_rejected' },
  { what: '403', script: () => answer({}, 403), status: 502, code: 'upstream_credentials_rejected' },
  { what: '404', script: () => answer({}, 404), status: 502, code: 'upstream_model_not_found' },
  {
    what: 'redirects',
    script: (_, world) => answer('', 307, { location: world.upstream.url('elsewhere') }),
    status: 502,
    code: 'upstream_invalid_response',
  },
];

const STREAMED: Case[] = [
  { what: 'an empty 200', script: () => stream(''), status: 502, code: 'upstream_incomplete' },
  { what: 'only comments', script: () => stream(': hi\n\n'), status: 502, code: 'upstream_incomplete' },
  {
    what: '[DONE] alone',
    script: () => stream('data: [DONE]\n\n'),
    status: 502,
    code: 'upstream_incomplete',
    binary: 'upstream_invalid_response',
  },
  {
    what: 'an error as its first event',
    script: (wire) => stream(ERROR_EVENTS[wire]),
    status: 503,
    code: 'upstream_overloaded',
  },
  {
    what: 'what is not JSON',
    script: () => stream('data: <html>\n\n'),
    status: 502,
    code: 'upstream_invalid_response',
  },
  { what: 'a reset', script: () => streamThenReset(''), status: 502, code: 'upstream_unreachable' },
];

const WHOLE: Case[] = [
  { what: 'an empty 200', script: () => answer(''), status: 502, code: 'upstream_invalid_response' },
  { what: 'a page', script: () => answer('<html>'), status: 502, code: 'upstream_invalid_response' },
  {
    what: 'half of a JSON',
    script: () => answer('{"id":"x",'),
    status: 502,
    code: 'upstream_invalid_response',
  },
  {
    what: 'another JSON',
    script: () => answer('{"ok":true}'),
    status: 502,
    code: 'upstream_invalid_response',
  },
  {
    what: 'less than its length says',
    script: () => (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"id":');
      setTimeout(() => response.destroy(), 30);
    },
    status: 502,
    code: 'upstream_unreachable',
  },
];

export const CASES = [
  ...[true, false].flatMap((streamed) => BOTH.map((entry) => ({ ...entry, streamed }))),
  ...STREAMED.map((entry) => ({ ...entry, streamed: true })),
  ...WHOLE.map((entry) => ({ ...entry, streamed: false })),
].map((entry) => ({ ...entry, how: entry.streamed ? 'stream' : 'whole' }));
