import { createAsyncThunk, createSlice } from '@reduxjs/toolkit';
import { FullStory } from '@fullstory/browser';
import { client } from '../../client';

export const loadMe = createAsyncThunk('auth/me', async () => {
  const me = await client.get('/me');
  FullStory('setIdentity', { uid: me.id, properties: { plan: me.plan } });
  return me;
});
export const logoutUser = createAsyncThunk('auth/logout', async () => {
  // expect: PB001
  await client.post('/auth/logout');
  localStorage.removeItem('jwt');
});
const slice = createSlice({
  name: 'auth',
  initialState: { me: null },
  reducers: {
    logout(state) {
      state.me = null;
    },
  },
});
export const { logout } = slice.actions;
export default slice.reducer;
