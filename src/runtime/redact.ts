/** Bearer tokens, JSON Web Tokens and private keys within a text. */
const SECRET_TEXT =
  /(Bearer )[\w.~+/-]+=*|\beyJ[\w-]+\.[\w-]+\.[\w-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----/gs;

export const REDACTED = '[redacted]';

/** Replaces credentials, such as those in the message of a server or proxy that repeats a request. */
export function redacted(text: string): string {
  return text.replace(SECRET_TEXT, (_, bearer?: string) => `${bearer ?? ''}${REDACTED}`);
}
