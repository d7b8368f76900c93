const listeners = new Set();

/** Who is signed in: a store as many apps have one. It knows from the beginning, so Passerby does, too. */
export const auth = {
  user: JSON.parse(localStorage.getItem('boards-user')),
  set(user) {
    auth.user = user;
    localStorage.setItem('boards-user', JSON.stringify(user));
    listeners.forEach((say) => say(user));
  },
  subscribe(say) {
    say(auth.user);
    listeners.add(say);
    return () => listeners.delete(say);
  },
};
