/** Support sees the app as a customer does: under that identity in this tab alone, whatever other tabs go on with. */
export function viewAs(customer) {
  FS('setIdentity', { uid: customer.uid, scope: 'page' });
}

/** Nobody from here on, until this page is told again, or loaded anew. */
export function endViewAs() {
  FS('setIdentity', { anonymous: true, scope: 'page' });
}
