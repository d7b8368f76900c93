const FS = window.FS;
export function startFor(user) {
  if (user.isEmployee) {
    FS.shutdown();
    return;
  }
  FS.identify(user.id, { displayName: user.name });
}
export async function viewAs(customer) {
  await fetch(`/sudo/${customer.id}`, { method: 'POST' });
  startFor(customer);
}
export function impersonate(customer) {
  // expect: PB009
  FS.identify(customer.id, { displayName: customer.name });
}
export async function logout() {
  FS.anonymize();
  await fetch('/logout', { method: 'POST' });
  // expect: PB003
  FS.anonymize();
  location.href = '/';
}
