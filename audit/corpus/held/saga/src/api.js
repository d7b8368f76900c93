import axios from 'axios';
export const login = (body) => axios.post('/login', body).then((r) => r.data);
export const logout = () => axios.post('/logout');
