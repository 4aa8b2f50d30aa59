/** Importing it is all: from then on the library finds the engines `tfjs-*`. */
export {};
