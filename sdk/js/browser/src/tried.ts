/** What `work` gives; `otherwise` where it throws. */
export function tried<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch (_) {
    return otherwise;
  }
}

/** The JSON in `text`; null for anything else. */
export function parsed(text: string | null | undefined): any {
  return tried(() => JSON.parse(text!), null);
}
