import { call, put, takeLatest } from 'redux-saga/effects';
import { anonymize, identify } from '@fullstory/browser';
import * as api from '../api';

function* loginSaga({ payload }) {
  const user = yield call(api.login, payload);
  identify(user.id, { displayName: user.name });
  yield put({ type: 'LOGIN_OK', user });
}
function* logoutSaga() {
  yield call(api.logout);
  anonymize();
  yield put({ type: 'LOGOUT_OK' });
}
export default function* root() {
  yield takeLatest('LOGIN', loginSaga);
  yield takeLatest('LOGOUT', logoutSaga);
}
