import { create } from 'zustand';
export const useSession = create((set: any) => ({
  user: null,
  loading: true,
  load: async () => {
    try {
      const response = await fetch('/api/me');
      set({ user: await response.json(), loading: false });
    } catch {
      set({ user: null, loading: false });
    }
  },
  logout: async () => {
    await fetch('/api/logout', { method: 'POST' });
    set({ user: null });
  },
}));
