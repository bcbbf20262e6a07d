"""An exported network cut at a layer."""


def cut(exported: bytes, layer: str) -> bytes | None:
    """The part of an exported network that leads to a layer: the exporter names nodes by theirs."""
    import onnx
    import onnx.shape_inference
    from onnx.utils import Extractor

    model = onnx.load_model_from_string(exported)
    place = None
    for node in model.graph.node:
        if layer in _list_modules(node.name):
            place = node.output[0]
    if place is None:
        return None
    inputs = [part.name for part in model.graph.input]
    model = onnx.shape_inference.infer_shapes(model)  # what a new output has to name
    return Extractor(model).extract_model(inputs, [place]).SerializeToString()


def _list_modules(node: str) -> list[str]:
    """The modules that a node lies in, from the outermost on.

    Of "/blocks/blocks.1/blocks.1.0/bn2/Conv": blocks, blocks.1, blocks.1.0, blocks.1.0.bn2.
    """
    modules: list[str] = []
    for part in node.split("/")[1:-1]:
        outer = f"{modules[-1]}." if modules else ""
        modules.append(part if part.startswith(outer) else outer + part)
    return modules
