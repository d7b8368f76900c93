export const Drawer = ({ closeDrawer }) => (
  <aside>
    <a href="/help/logout-problems">Trouble leaving?</a>
    {/* expect: PB001 */}
    <a href="/sso/logout" onClick={closeDrawer}>Log out</a>
  </aside>
);
