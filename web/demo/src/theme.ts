const order = ["auto", "light", "dark"];
const key = "parley.theme";

/** Light or dark as the system has it, or as the button says; kept where the browser keeps things. */
export function chooseTheme(button: HTMLButtonElement): void {
  const show = (theme: string) => {
    document.documentElement.dataset.theme = theme;
    button.textContent = `Colours: ${theme}`;
  };
  let theme = stored();
  show(theme);
  button.onclick = () => {
    theme = order[(order.indexOf(theme) + 1) % order.length]!;
    show(theme);
    try {
      localStorage.setItem(key, theme);
    } catch {
      // Chosen for this visit only.
    }
  };
}

function stored(): string {
  try {
    const theme = localStorage.getItem(key) ?? "";
    return order.includes(theme) ? theme : "auto";
  } catch {
    return "auto";
  }
}
