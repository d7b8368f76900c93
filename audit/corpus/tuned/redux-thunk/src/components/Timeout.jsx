import { useEffect } from 'react';
import { useDispatch } from 'react-redux';
import { logout } from '../actions/session';
export default function Timeout({ minutes }) {
  const dispatch = useDispatch();
  useEffect(() => {
    const timer = setTimeout(() => dispatch(logout()), minutes * 60000);
    return () => clearTimeout(timer);
  }, [minutes, dispatch]);
  return null;
}
