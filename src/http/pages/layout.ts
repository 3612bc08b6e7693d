import { html, raw } from 'hono/html';

type Html = ReturnType<typeof html>;

/** Nothing but its own style and forms: no script, no frame, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const STYLE = `
:root { color-scheme: light dark;
  --ground: light-dark(#fbfaf8, #16181d); --panel: light-dark(#fff, #1d2027); --ink: light-dark(#1c1e21, #e6e6e3);
  --dim: light-dark(#62666d, #9a9fa8); --line: light-dark(#e3e0da, #31353e); --accent: light-dark(#0b5c5e, #6fc9c4);
  --on-accent: light-dark(#fff, #10201f); --wrong: light-dark(#a32626, #f08a8a); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem 1rem; background: var(--ground);
  color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; padding: 1.6rem 1.7rem; background: var(--panel); border: 1px solid var(--line);
  border-radius: .7rem; }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; }
h2 { margin: 1.8rem 0 .4rem; font-size: 1rem; }
p { margin: .4rem 0; overflow-wrap: anywhere; } .dim { color: var(--dim); font-size: .92rem; } .wrong { color: var(--wrong); }
a { color: var(--accent); }
label { display: block; margin: .8rem 0 0; font-size: .92rem; }
input { width: 100%; margin-top: .2rem; padding: .5rem .6rem; font: inherit; color: inherit; background: var(--ground);
  border: 1px solid var(--line); border-radius: .4rem; }
button { margin-top: 1.1rem; width: 100%; padding: .6rem; font: inherit; font-weight: 600; color: var(--on-accent);
  background: var(--accent); border: 0; border-radius: .4rem; cursor: pointer; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;

/** A page of one card. @param cookies `set-cookie` values. */
export async function cardPage(
  title: string,
  content: Html,
  status = 200,
  cookies: readonly string[] = [],
): Promise<Response> {
  const page = await html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Interline</title>
  <style>${raw(STYLE)}</style>
</head>
<body><main><h1>${title}</h1>${content}</main></body>
</html>`;
  const response = new Response(String(page), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    },
  });
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}

/** What went wrong, above a form. */
export function problem(message: string | null): Html | '' {
  return message === null ? '' : html`<p class="wrong" role="alert">${message}</p>`;
}
