/** How many dialogs are open: what lies behind them is out of reach, for the menu and the keys, too. */
class OpenDialogs {
  count = $state(0);
}

export const openDialogs = new OpenDialogs();
