import { useDispatch } from 'react-redux';
export const Menu = () => {
  const dispatch = useDispatch();
  return <a onClick={() => dispatch({ type: 'LOGOUT' })}>Out</a>;
};
