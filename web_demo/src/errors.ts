/** An error whose message is a plain sentence for the person in front of the page. */
export class PlainError extends Error {
  override readonly name = 'PlainError';
}

/** The sentence of a PlainError; for anything else, what is known about it after `lead`. */
export function sentenceOf(error: unknown, lead: string): string {
  if (error instanceof PlainError) return error.message;
  const reason = error instanceof Error ? error.message : String(error);
  return `${lead}: ${reason.replace(/[.\s]+$/, '')}.`;
}
