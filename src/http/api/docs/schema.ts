import { html } from 'hono/html';
import { asArray, asObject, asString, type Json, type JsonObject } from '../../../lib/json.ts';
import { prose } from './prose.ts';

type Html = ReturnType<typeof html>;

/** The schemas that a document's references name. */
export type Schemas = JsonObject;

/** One line of a table: a field with its path, type and description. */
interface Field {
  name: string;
  type: string;
  required: boolean;
  description: string;
}

/** Deeper fields are left to the document itself. */
const MAX_DEPTH = 3;

/** The fields of a schema as a table; nested ones by their path. */
export function fieldTable(schema: Json | undefined, schemas: Schemas): Html | '' {
  const fields = fieldsOf(resolve(schema, schemas), schemas, '', 0);
  if (fields.length === 0) return '';
  return html`<div class="scroll"><table>
    ${fields.map(
      (field) => html`<tr>
        <td><code>${field.name}</code>${field.required ? '' : html` <span class="dim">optional</span>`}</td>
        <td class="dim">${field.type}</td>
        <td>${prose(field.description)}</td>
      </tr>`,
    )}
  </table></div>`;
}

function fieldsOf(schema: JsonObject, schemas: Schemas, prefix: string, depth: number): Field[] {
  const required = asArray(schema.required);
  return Object.entries(asObject(schema.properties) ?? {}).flatMap(([name, value]) => {
    const inner = resolve(value, schemas);
    const path = prefix + name;
    const field = {
      name: path,
      type: typeOf(inner, schemas),
      required: required.includes(name),
      description: asString(asObject(value)?.description) ?? asString(inner.description) ?? '',
    };
    if (depth >= MAX_DEPTH) return [field];
    const item = inner.type === 'array' ? resolve(inner.items, schemas) : inner;
    return [field, ...fieldsOf(item, schemas, `${path}${inner.type === 'array' ? '[]' : ''}.`, depth + 1)];
  });
}

function typeOf(schema: JsonObject, schemas: Schemas): string {
  const values = schema.const === undefined ? asArray(schema.enum) : [schema.const];
  if (values.length > 0) return values.map((value) => JSON.stringify(value)).join(' | ');
  const variants = [...asArray(schema.anyOf), ...asArray(schema.oneOf)];
  if (variants.length > 0) {
    return [...new Set(variants.map((variant) => typeOf(resolve(variant, schemas), schemas)))].join(' | ');
  }
  if (schema.type === 'array') return `${typeOf(resolve(schema.items, schemas), schemas)}[]`;
  return (typeof schema.type === 'string' ? [schema.type] : asArray(schema.type)).join(' | ') || 'any';
}

function resolve(schema: Json | undefined, schemas: Schemas): JsonObject {
  const object = asObject(schema) ?? {};
  const name = asString(object.$ref)?.split('/').at(-1);
  return name === undefined ? object : (asObject(schemas[name]) ?? {});
}
