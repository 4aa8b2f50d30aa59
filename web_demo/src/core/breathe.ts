/**
 * Go to the end of the event queue. A timer would do too, but browsers hold timers back by 4 ms,
 * and in a background tab by a second.
 */
export function breather(): () => Promise<void> {
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      channel.port2.postMessage(null);
    });
}
