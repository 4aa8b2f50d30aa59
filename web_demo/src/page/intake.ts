import { find } from './find';

/** Take pictures in: chosen, dropped anywhere on the page, or pasted. */
export function takeFiles(onFile: (file: File) => void): void {
  for (const id of ['file', 'motion-file']) {
    const input = find(id, HTMLInputElement);
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      // Emptied, so that choosing the same file again is a change again.
      input.value = '';
      if (file) onFile(file);
    });
  }

  document.addEventListener('paste', (event) => {
    const file = event.clipboardData?.files[0];
    if (!file) return;
    event.preventDefault();
    onFile(file);
  });
  takeDrops(onFile);
}

function takeDrops(onFile: (file: File) => void): void {
  const root = document.documentElement;
  document.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    root.dataset.dragging = '';
  });
  document.addEventListener('dragleave', (event) => {
    // Without a related target the pointer left the window, not just one element for another.
    if (!event.relatedTarget) delete root.dataset.dragging;
  });
  document.addEventListener('drop', (event) => {
    delete root.dataset.dragging;
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    onFile(file);
  });
}
