import { defineStore } from 'pinia';
import { router } from '../router';
export const useAuthStore = defineStore('auth', {
  state: () => ({ user: null as any, token: localStorage.getItem('token') }),
  actions: {
    async fetchMe() {
      const response = await fetch('/me', { headers: { Authorization: `Bearer ${this.token}` } });
      this.user = await response.json();
    },
    logout() {
      // expect: PB001
      this.user = null;
      this.token = null;
      localStorage.removeItem('token');
      router.push({ name: 'login' });
    },
  },
});
