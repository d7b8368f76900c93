import { identifyUser, resetTracking } from '../lib/tracking';
import client from '../lib/client';

export const LOGIN_DONE = 'LOGIN_DONE';
export const LOGOUT_DONE = 'LOGOUT_DONE';

export const login = (credentials) => async (dispatch) => {
  const user = await client.post('/sessions', credentials);
  identifyUser(user);
  dispatch({ type: LOGIN_DONE, user });
};

export const logout = () => async (dispatch) => {
  try {
    await client.delete('/sessions/current');
  } finally {
    resetTracking();
    dispatch({ type: LOGOUT_DONE });
  }
};
