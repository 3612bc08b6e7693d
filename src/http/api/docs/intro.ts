import { html } from 'hono/html';
import { COOKIE_PREFIX } from '../../../tenancy/people/cookie.ts';
import { prose } from './prose.ts';

const COOKIE = `${COOKIE_PREFIX}.session_token`;

/** How to be known to the management API, in `…` as `prose` takes it. */
const WAYS = [
  'With a key: send `Authorization: Bearer …` with the operator key, or a key of a role that the route names. A key acts within its own workspace. It wins over a session that is sent too.',
  `With a session, as a person: \`POST /api/auth/sign-up/email\` or \`POST /api/auth/sign-in/email\` sets the cookie \`${COOKIE}\` (\`__Secure-${COOKIE}\` over https), which is good for seven days and opens this API, never \`/v1\`.`,
  'A request with the cookie that changes something must come from the gateway’s own pages: browsers say so, all others send `Origin: <scheme and host of the gateway>`. Else it is refused as `cross_site_request`.',
  'A person acts in one workspace at a time: the one that the header `x-workspace` names, else the one that `POST /api/me/workspace` switched to, else their only one.',
];

/** The beginning of the reference page. */
export function intro(description: unknown) {
  return html`<h1>Interline management API</h1>
      <p>${prose(description)} Bodies are JSON. The same as an OpenAPI 3.1 document:
        <a href="/api/openapi.json">/api/openapi.json</a>.</p>
      ${WAYS.map((way) => html`<p>${prose(way)}</p>`)}`;
}
