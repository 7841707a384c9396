/**
 * In a page: the network came back, the tab came to the front, or the page out of the cache. Elsewhere nothing happens.
 * @returns what ends it
 */
export function whenAwake(act: () => void): () => void {
  const here = globalThis as Partial<Window & typeof globalThis>;
  if (!here.addEventListener || !here.document) return () => {};
  const document = here.document;
  const seen = () => document.visibilityState === "visible" && act();
  here.addEventListener("online", act);
  here.addEventListener("pageshow", act);
  document.addEventListener("visibilitychange", seen);
  return () => {
    here.removeEventListener!("online", act);
    here.removeEventListener!("pageshow", act);
    document.removeEventListener("visibilitychange", seen);
  };
}
