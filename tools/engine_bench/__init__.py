"""Time the WebAssembly engines in parts, beside the machine's peak."""
