import * as FullStory from '@fullstory/browser';
import http from '@/http';

export default {
  namespaced: true,
  state: { user: null },
  mutations: {
    SET_USER(state, user) {
      state.user = user;
    },
  },
  actions: {
    async login({ commit }, credentials) {
      const { data } = await http.post('/login', credentials);
      commit('SET_USER', data);
      FullStory.identify(String(data.id), { displayName: data.name });
    },
    async logout({ commit }) {
      await http.delete('/session');
      FullStory.anonymize();
      commit('SET_USER', null);
    },
  },
};
