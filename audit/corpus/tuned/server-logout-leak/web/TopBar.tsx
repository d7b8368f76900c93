import { Link } from 'react-router-dom';

export const TopBar = ({ person }) => (
  <header>
    <Link to="/">Shifts</Link>
    {person && (
      <details>
        <summary>{person.name}</summary>
        <a
          className="danger"
          href="/sso/logout"
        >
          Log out
        </a>
      </details>
    )}
  </header>
);
