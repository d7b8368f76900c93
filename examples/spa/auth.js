const listeners = new Set();

/** Who is signed in: a store as many apps have one. */
export const auth = {
  user: null,
  set(user) {
    auth.user = user;
    listeners.forEach((say) => say(user));
  },
  subscribe(say) {
    say(auth.user);
    listeners.add(say);
    return () => listeners.delete(say);
  },
};
