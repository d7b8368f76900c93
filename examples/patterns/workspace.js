import { switchWorkspace } from '@passerby/flows';

export function openWorkspace(user, id) {
  return switchWorkspace({
    load: async () => {
      const workspace = await (await fetch(`/api/workspaces/${id}`)).json();
      return { uid: user.uid, properties: { workspace: workspace.name, plan: workspace.plan } };
    },
  });
}
