import { html, raw } from 'hono/html';
import { asArray, asObject, asString, type JsonObject } from '../../../lib/json.ts';
import { intro } from './intro.ts';
import { prose } from './prose.ts';
import { fieldTable, type Schemas } from './schema.ts';
import { STYLE } from './style.ts';

interface Operation {
  method: string;
  path: string;
  tag: string;
  anchor: string;
  summary: string;
  spec: JsonObject;
}

/** Nothing but its own style: no script, no frame, nothing from elsewhere. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The reference page of the management API, made of its OpenAPI document (JSON text). */
export async function docsPage(document: string): Promise<Response> {
  const spec = JSON.parse(document) as JsonObject;
  const schemas = asObject(asObject(spec.components)?.schemas) ?? {};
  const operations = operationsOf(spec);
  const groups = [...Map.groupBy(operations, (operation) => operation.tag)];
  const page = await html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Interline management API</title>
  <style>${raw(STYLE)}</style>
</head>
<body>
  <div class="page">
    <header>
      ${intro(asObject(spec.info)?.description)}
    </header>
    <nav aria-label="Routes">
      ${groups.map(
        ([tag, list]) =>
          html`<h2>${tag}</h2><ul>${list.map(
            (operation) => html`<li><a href="#${operation.anchor}">${operation.summary}</a></li>`,
          )}</ul>`,
      )}
    </nav>
    <main>
      ${groups.map(([tag, list]) => html`<h2>${tag}</h2>${list.map((operation) => article(operation, schemas))}`)}
    </main>
  </div>
</body>
</html>`;
  return new Response(String(page), {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
  });
}

function operationsOf(spec: JsonObject): Operation[] {
  return Object.entries(asObject(spec.paths) ?? {}).flatMap(([path, methods]) =>
    Object.entries(asObject(methods) ?? {}).map(([method, value]) => {
      const operation = asObject(value) ?? {};
      return {
        method,
        path,
        tag: asString(asArray(operation.tags)[0]) ?? 'Other',
        anchor: `${method}-${path.replaceAll(/[^a-z]+/g, '-').replace(/^-|-$/g, '')}`,
        summary: asString(operation.summary) ?? path,
        spec: operation,
      };
    }),
  );
}

function article({ method, path, anchor, summary, spec }: Operation, schemas: Schemas) {
  const body = asObject(asObject(asObject(spec.requestBody)?.content)?.['application/json']);
  const parameters = asArray(spec.parameters).map((parameter) => asObject(parameter) ?? {});
  const responses = Object.entries(asObject(spec.responses) ?? {}).map(
    ([status, response]) => [status, asObject(response) ?? {}] as const,
  );
  return html`<article id="${anchor}">
    <h3>${summary}</h3>
    <p class="route"><span class="method ${method}">${method}</span><code>${path}</code></p>
    <p class="dim">${asArray(spec['x-roles']).join(', ')}</p>
    ${asString(spec.description) ? html`<p>${prose(spec.description)}</p>` : ''}
    ${parameters.length > 0 ? html`<h4>Parameters</h4>${parameterTable(parameters)}` : ''}
    ${body ? html`<h4>Body</h4>${fieldTable(body.schema, schemas)}` : ''}
    ${responses.map(([status, response]) => success(status, response, schemas))}
    <h4>Errors</h4>
    <p class="dim">${responses.filter(([status]) => !status.startsWith('2')).map(failure)}</p>
  </article>`;
}

function parameterTable(parameters: readonly JsonObject[]) {
  return html`<div class="scroll"><table>${parameters.map((parameter) => {
    const schema = asObject(parameter.schema) ?? {};
    return html`<tr>
      <td><code>${asString(parameter.name)}</code>${parameter.required === true ? '' : html` <span class="dim">optional</span>`}</td>
      <td class="dim">${asString(parameter.in)}</td>
      <td>${prose(parameter.description ?? schema.description)}</td>
    </tr>`;
  })}</table></div>`;
}

function success(status: string, response: JsonObject, schemas: Schemas) {
  if (!status.startsWith('2')) return '';
  const content = asObject(asObject(response.content)?.['application/json']);
  const table = fieldTable(content?.schema, schemas);
  const title = html`<code>${status}</code> ${prose(response.description)}`;
  return table === '' ? html`<p>${title}</p>` : html`<details><summary>${title}</summary>${table}</details>`;
}

function failure([status, response]: readonly [string, JsonObject]) {
  return html`<span class="error"><code>${status}</code> ${prose(response.description)}</span> `;
}
