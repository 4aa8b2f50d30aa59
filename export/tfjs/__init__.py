"""Export to a TensorFlow.js graph model."""
