export default {
  clear() {
    localStorage.removeItem('id_token');
  },
};
