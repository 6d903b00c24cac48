// The page's first data, from the server: language, words, clock, who is signed in, snapshot.
const element = document.getElementById("boot");

export const boot = element ? JSON.parse(element.textContent) : {};
export const me = boot.me || null;
export const site = boot.site || (me && me.site) || null;
