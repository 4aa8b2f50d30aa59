/** What `halfsize publish` writes, as far as the plug-ins read it. */

/** A manifest with one photo that is restored and one that is not. */
export function manifestOf(base = '/media/') {
  const model = `${base}halfsize/models/nano/model.halfsize`;
  return {
    format: 2,
    script: `${base}halfsize/half-size.js`,
    photos: {
      'harbour.jpg': {
        form: 'reduced',
        width: 1200,
        height: 800,
        file: 'photos/harbour-1.avif',
        html:
          `<half-size model="${model}"><img src="${base}photos/harbour-1.avif" width="1200" ` +
          'height="800" alt="{alt}" loading="lazy"></half-size>',
      },
      'trip/hill.jpg': {
        form: 'full',
        width: 900,
        height: 600,
        file: 'photos/trip/hill-1.avif',
        html: `<img src="${base}photos/trip/hill-1.avif" width="900" height="600" alt="{alt}" loading="lazy">`,
      },
    },
    errors: { 'torn.jpg': 'it ends too soon' },
  };
}
