export const fs = window.FS;
