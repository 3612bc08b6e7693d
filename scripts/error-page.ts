import { ERRORS } from '../src/errors.ts';

/** docs/errors.md, made of the one table of errors. */
export function errorPage(): string {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, type, retryable, message, remedy }]) =>
      `| \`${code}\` | ${status} | \`${type}\` | ${retryable ? 'yes' : 'no'} | ${message} | ${remedy} |`,
  );
  return `# Errors

Every error has OpenAI's envelope. \`code\` is stable and comes from the table below; messages are for
people and may change, so match on \`code\`. \`param\` names the parameter at fault, \`request_id\` is also in
the header \`x-request-id\`.

\`\`\`json
{ "error": { "message": "messages is required.", "type": "invalid_request_error",
             "code": "missing_parameter", "param": "messages", "request_id": "req_…" } }
\`\`\`

An error of a provider never looks like one of yours: when a provider refuses the gateway's credentials you
get \`502 upstream_credentials_rejected\`, not a 401. When storage fails you get a 503, and your key was not
refused. "Retry" says whether the same request may succeed later or elsewhere; where a \`retry-after\` header
is given, wait that long.

In a stream the status is 200 already. The error comes as the last chunk, with the same \`error\` object
beside \`"finish_reason": "error"\`, followed by \`data: [DONE]\`. An answer that ends so is incomplete and is
not billed.

This page is made from the table in \`src/errors.ts\` by \`npm run docs:errors\`, and a test holds the
two together.

| code | status | type | retry | what it means | what to do |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
