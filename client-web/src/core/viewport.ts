// The height that a person sees. iOS lays its keyboard over the page instead of making it shorter, so the page is told.

export function followKeyboard(): void {
  const seen = globalThis.visualViewport;
  if (!seen) return;
  const tell = () => {
    // Zooming in makes the seen part smaller as well, and must not squeeze the page.
    document.documentElement.style.setProperty("--seen-height", `${Math.round(seen.height * seen.scale)}px`);
    if (seen.offsetTop > 0 && seen.scale === 1) scrollTo(0, 0);
  };
  seen.addEventListener("resize", tell);
  tell();
}
