/** esbuild's base64 loader turns a WebAssembly file into text. */
declare module '*.wasm' {
  const base64: string;
  export default base64;
}
