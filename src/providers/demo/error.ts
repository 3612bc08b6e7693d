/** OpenAI's error object (https://platform.openai.com/docs/guides/error-codes). */
interface ErrorBody {
  message: string;
  type: string;
  param?: string;
  code?: string;
}

/** A refusal or failure of the demo provider, answered as OpenAI answers its own. */
export class DemoError extends Error {
  readonly #status: number;
  readonly #body: ErrorBody;
  readonly #headers: Record<string, string>;

  constructor(status: number, body: ErrorBody, headers: Record<string, string> = {}) {
    super(body.message);
    this.name = 'DemoError';
    this.#status = status;
    this.#body = body;
    this.#headers = headers;
  }

  toResponse(): Response {
    const { message, type, param = null, code = null } = this.#body;
    return Response.json(
      { error: { message, type, param, code } },
      { status: this.#status, headers: this.#headers },
    );
  }
}

/** A 400 that names the parameter at fault. */
export function invalidRequest(message: string, param?: string, code?: string): DemoError {
  return new DemoError(400, {
    message,
    type: 'invalid_request_error',
    ...(param !== undefined && { param }),
    ...(code !== undefined && { code }),
  });
}

/** A 404 for a model that is not there. */
export function unknownModel(model: string): DemoError {
  return new DemoError(404, {
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    type: 'invalid_request_error',
    code: 'model_not_found',
  });
}
