import { incognito } from '@passerby/flows';

const unseen = incognito({
  changed: (isOn) => document.body.classList.toggle('incognito', isOn),
});

export const lookAround = (user) => unseen.enter({ uid: user.uid });
export const comeBack = () => unseen.leave();
