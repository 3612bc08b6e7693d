import type { DocumentedDataPolicy } from './types.ts';

/**
 * What the shipped providers say of their APIs' data, as they treat a customer who arranged nothing. Only what
 * the named page says: who is not here, and a member that is not there, is unknown. Days are the most that
 * prompts are kept by default, monitoring of abuse included.
 */
export const DATA_POLICIES: Readonly<Record<string, DocumentedDataPolicy>> = {
  // "not used to train", "abuse monitoring logs … retained for up to 30 days".
  openai: {
    training: false,
    retentionDays: 30,
    source: 'https://developers.openai.com/api/docs/guides/your-data',
  },
  // "Commercial users (… API …)": no training, 30 days.
  anthropic: { training: false, retentionDays: 30, source: 'https://code.claude.com/docs/en/data-usage' },
  // 55 days. Whether prompts are trained on depends on whether the key's project pays, which is not known here.
  google: { retentionDays: 55, source: 'https://ai.google.dev/gemini-api/docs/usage-policies' },
  // Not retained by default; up to 30 days where reliability or abuse is looked into.
  groq: { retentionDays: 30, source: 'https://console.groq.com/docs/your-data' },
  // In memory alone. Vendors' own closed models that it resells are another matter, and not in the catalogue.
  deepinfra: {
    training: false,
    retentionDays: 0,
    source: 'https://docs.deepinfra.com/account/data-privacy',
  },
  // Prompts are stored until deleted, unless the organization turns that off; training is opt-in.
  together: { training: false, source: 'https://docs.together.ai/docs/zero-data-retention' },
  // "does not log or store prompt or generation data for open models".
  fireworks: {
    retentionDays: 0,
    source: 'https://docs.fireworks.ai/guides/security_compliance/data_security',
  },
  // How long prompts stay depends on the contract and the model: caches, abuse monitoring.
  vertex: {
    training: false,
    source: 'https://docs.cloud.google.com/gemini-enterprise-agent-platform/resources/zero-data-retention',
  },
  'vertex-anthropic': {
    training: false,
    source: 'https://docs.cloud.google.com/gemini-enterprise-agent-platform/resources/zero-data-retention',
  },
  // No number of days is stated for what abuse monitoring keeps.
  azure: {
    training: false,
    source: 'https://learn.microsoft.com/azure/ai-foundry/responsible-ai/openai/data-privacy',
  },
  'azure-deployments': {
    training: false,
    source: 'https://learn.microsoft.com/azure/ai-foundry/responsible-ai/openai/data-privacy',
  },
  // Retention is each model's and the account's: https://docs.aws.amazon.com/bedrock/latest/userguide/data-retention.html.
  bedrock: { training: false, source: 'https://aws.amazon.com/bedrock/faqs/' },
  'bedrock-openai': { training: false, source: 'https://aws.amazon.com/bedrock/faqs/' },
};
