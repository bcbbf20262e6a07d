"""Graph models of TensorFlow.js, read into ONNX."""
