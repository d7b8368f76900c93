/** What `work` gives; `otherwise` where it throws. */
export function tried<T>(work: () => T, otherwise?: T): T {
  try {
    return work();
  } catch (_) {
    return otherwise!;
  }
}
