"""made.py FOLDER - put into the package's FOLDER what does not stand in its sources, because it stands elsewhere once:

- schema.json and VERSION of the paidan that the package belongs to, from the source tree around it; or, in a source
  distribution, those that were put there when it was made;
- stubs (.pyi) for editors and type checkers, with the methods that are made from schema.json.
"""
import ast
import importlib.machinery
import importlib.util
import pathlib
import shutil
import sys
import types

HERE = pathlib.Path(__file__).resolve().parent
IN_TREE = {"schema.json": "../../proto/schema.json", "VERSION": "../../VERSION"}


def source(name):
    """Where a file comes from."""
    for path in (HERE / IN_TREE[name], HERE / "paidan" / name):
        if path.is_file():
            return path
    raise SystemExit(f"neither {HERE / IN_TREE[name]} nor {HERE / 'paidan' / name} is there")


# ---- stubs ----
# A stub tells of a whole module: what stands in the module is taken from its source, and the methods that are made at run
# time are added to its class Client.


def _tables(folder):
    """The messages that get methods, with the methods' parameters."""
    # The package itself is not imported: it needs ZeroMQ, and its own stubs.
    if importlib.util.find_spec("msgpack") is None:
        sys.modules["msgpack"] = types.ModuleType("msgpack")  # nothing is encoded here
    package = importlib.util.module_from_spec(importlib.machinery.ModuleSpec("paidan_of_stubs", None, is_package=True))
    package.__path__ = [str(folder)]
    sys.modules["paidan_of_stubs"] = package
    calls = importlib.import_module("paidan_of_stubs.calls")
    schema = importlib.import_module("paidan_of_stubs.schema").Schema.load(folder / "schema.json")
    for message in calls.commands(schema):
        yield message.name, calls.parameters(message)


def _signature(name, parameters, asynchronous):
    text, named = ["self"], False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not named:
            named = True
            text.append("*")
        text.append(f"{parameter.name}: {parameter.annotation}" + (" = ..." if named else ""))
    if not named:
        text.append("*")
    text.append("timeout_s: float | None = ...")
    return f"    {'async ' if asynchronous else ''}def {name}({', '.join(text)}) -> Record: ..."


class _Bodies(ast.NodeTransformer):
    """Functions without their bodies."""

    def visit_FunctionDef(self, node):
        node.body = [ast.Expr(ast.Constant(...))]
        return node

    def visit_AsyncFunctionDef(self, node):
        # An asynchronous generator, as a stub has it, is a function that returns an iterator.
        if any(isinstance(inner, ast.Yield) for inner in ast.walk(node)):
            plain = {name: getattr(node, name) for name in ("name", "args", "decorator_list", "returns", "type_comment")}
            node = ast.copy_location(ast.FunctionDef(body=[], **plain), node)
        node.body = [ast.Expr(ast.Constant(...))]
        return node


def _stub(path, methods):
    tree = _Bodies().visit(ast.parse(path.read_text(encoding="utf-8")))
    # Statements that do something, rather than tell of something.
    tree.body = [node for node in tree.body if not isinstance(node, ast.Expr) or isinstance(node.value, ast.Constant)]
    text = ast.unparse(ast.fix_missing_locations(tree))
    head, client, tail = text.partition("class Client:\n")
    if not client:
        raise SystemExit(f"stubs.py: {path} has no class Client")
    return f"{head}from uuid import UUID\n\n{client}" + "\n".join(methods) + f"\n{tail}\n"


def _write_stubs(folder):
    tables = list(_tables(folder))
    for name, asynchronous in (("aio", True), ("blocking", False)):
        methods = [_signature(what, parameters, asynchronous) for what, parameters in tables]
        (folder / f"{name}.pyi").write_text(_stub(folder / f"{name}.py", methods), encoding="utf-8")


def complete(folder):
    """Put all of it into a package's folder."""
    folder = pathlib.Path(folder)
    for name in IN_TREE:
        if source(name) != folder / name:
            shutil.copyfile(source(name), folder / name)
    _write_stubs(folder)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    complete(sys.argv[1])
