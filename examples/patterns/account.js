import { switchAccount } from '@passerby/flows';

export function openAccount(id) {
  return switchAccount({
    load: async () => {
      const account = await (await fetch(`/api/accounts/${id}`)).json();
      localStorage.setItem('auth', JSON.stringify({ uid: account.uid }));
      return { uid: account.uid, properties: { displayName: account.name } };
    },
  });
}
