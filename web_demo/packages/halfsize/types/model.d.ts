/** Address of a student: for `HalfSizeElement.model`, the attribute `model`, and `Halfsize.load`. */
declare const address: string;
export default address;
