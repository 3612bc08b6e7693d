/**
 * The shipped providers that say of themselves that they constrain decoding to the response format, whatever the
 * model, and where they say so. Of the others, only what probes see counts.
 */
export const JSON_CONSTRAINED: Readonly<Record<string, string>> = {
  // "ensures the model will always generate responses that adhere to your supplied JSON Schema".
  openai: 'https://platform.openai.com/docs/guides/structured-outputs',
  // "constrain Claude's responses to follow a specific schema".
  anthropic: 'https://platform.claude.com/docs/en/build-with-claude/structured-outputs',
  google: 'https://ai.google.dev/gemini-api/docs/structured-output',
  // "You can guarantee that a model's generated output always adheres to a specific schema".
  vertex: 'https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/control-generated-output',
  // "Structured outputs constrains model responses to follow a specific schema".
  bedrock: 'https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html',
  // "a feature that can enforce consistent JSON outputs for models".
  cerebras: 'https://inference-docs.cerebras.ai/capabilities/structured-outputs',
};
