/** The file of an export folder that holds a whole network for the small runtime. */
export const NETWORK_FILE = 'model.halfsize';
