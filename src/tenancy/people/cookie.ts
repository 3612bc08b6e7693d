/** Cookies are named after it; browsers keep the secure ones to https, under `__Secure-`. */
export const COOKIE_PREFIX = 'interline';

/** Whether a Cookie header brings a session along, valid or not. */
export function bringsSession(cookie: string | null): boolean {
  return /(^|;)\s*(__Secure-)?interline\.session_token=/.test(cookie ?? '');
}
