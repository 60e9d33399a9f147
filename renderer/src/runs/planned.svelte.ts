import { sentenceOf } from '../bridge.ts';

/** What something would do, asked again whenever what is wanted changes; made while a component is. */
export class Planned<Order, Plan> {
  /** The last answer; null before the first, and where the order was refused. */
  plan = $state.raw<Plan | null>(null);
  /** Why it was refused; null where it was not. */
  problem = $state<string | null>(null);

  /**
   * @param order what is wanted; null while it cannot be said
   * @param delay milliseconds before it is asked for, while someone types
   */
  constructor(order: () => Order | null, ask: (order: Order) => Promise<Plan>, delay = 0) {
    $effect(() => {
      const wanted = order();
      if (wanted === null) return;
      let late = false;
      const asking = () =>
        void ask(wanted).then(
          (plan) => {
            if (!late) Object.assign(this, { plan, problem: null });
          },
          (error: unknown) => {
            if (!late) Object.assign(this, { plan: null, problem: sentenceOf(error) });
          },
        );
      const timer = delay > 0 ? setTimeout(asking, delay) : undefined;
      if (timer === undefined) asking();
      return () => {
        late = true;
        clearTimeout(timer);
      };
    });
  }
}
