/** What a city is. */
export const schema = {
  type: 'object',
  properties: { city: { type: 'string', pattern: '^\\w' }, population: { type: 'integer', minimum: 1 } },
  required: ['city', 'population'],
  additionalProperties: false,
};

/** A `response_format` that asks for a city. */
export const format = (more: object = {}) => ({
  type: 'json_schema',
  json_schema: { name: 'city', strict: true, schema, ...more },
});

export const messages = [{ role: 'user', content: 'Name a city.' }];
