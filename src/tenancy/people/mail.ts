import { configOf, type Env } from '../../env.ts';

/** One mail, as the webhook gets it. */
export interface Mail {
  kind: 'password_reset' | 'invitation' | 'auto_top_up_stopped' | 'budget_alert';
  to: string;
  subject: string;
  text: string;
  /** What the text asks to open; null where it asks for nothing. */
  link: string | null;
}

/** Whether this deployment sends mail. Without it, links are handed over by people. */
export function sendsMail(env: Env): boolean {
  return configOf(env).mailWebhookUrl !== null;
}

/**
 * Hands a mail to MAIL_WEBHOOK_URL as JSON; does nothing where none is set. Never throws: who asked must
 * not be able to tell from the answer whether there was anything to send.
 * @returns whether the webhook took it.
 */
export async function sendMail(env: Env, mail: Mail): Promise<boolean> {
  const { mailWebhookUrl } = configOf(env);
  if (mailWebhookUrl === null) return false;
  try {
    const response = await fetch(mailWebhookUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(mail),
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    });
    await response.body?.cancel();
    if (!response.ok) warn(mail.kind, `status ${response.status}`);
    return response.ok;
  } catch (cause) {
    warn(mail.kind, cause instanceof Error ? cause.name : 'unknown');
    return false;
  }
}

function warn(kind: string, cause: string): void {
  console.warn(JSON.stringify({ warning: 'mail_failed', kind, cause }));
}
