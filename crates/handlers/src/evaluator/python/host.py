"""Runs one script of a definition: a frame in, a frame out. The process is confined already."""

import ast
import io
import json
import math
import re
import sys

# Texts and comments stay as they are; any other dollar is the input.
DOLLAR = re.compile(
    r'"""(?:\\.|.)*?"""|\'\'\'(?:\\.|.)*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*|(\$)', re.S
)
LEVELS_MAX = 90


class Map(dict):
    """A map whose keys are attributes, too, before its methods; what is not there is None."""

    def __getattribute__(self, name):
        if dict.__contains__(self, name):
            return dict.__getitem__(self, name)
        try:
            return dict.__getattribute__(self, name)
        except AttributeError:
            return None


def plain(value, level=1):
    """The value as JSON has it."""
    if level > LEVELS_MAX:
        raise ValueError("the result nests deeper than %d levels" % LEVELS_MAX)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): plain(inner, level + 1) for key, inner in dict.items(value)}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(inner, level + 1) for inner in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError("a result of type %s has no JSON" % type(value).__name__)


def compiled(source, form):
    """The statements before, and the expression whose value counts."""
    source = DOLLAR.sub(lambda match: "_" if match.group(1) else match.group(0), source)
    if form == "expression":
        source = source.strip()
    body = ast.parse(source, "<script>").body
    if form == "body":
        holder = ast.parse("def _body():\n pass", "<script>").body
        holder[0].body = body or holder[0].body
        body = holder + ast.parse("_body()").body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    statements = compile(ast.Module(body=body, type_ignores=[]), "<script>", "exec")
    value = compile(ast.Expression(body=last.value), "<script>", "eval") if last else None
    return statements, value


def run(request):
    names = {"__name__": "__main__", "context": request["input"], "output": None}
    exec(compile(request["source"], "<script>", "exec"), names)
    return {"result": plain(names.get("output"), 2)}


def answer(request):
    if request["purpose"] == "run":
        return run(request)
    statements, value = compiled(request["source"], request["form"])
    if request["purpose"] == "check":
        return {}
    names = {"__name__": "script", "_": request["input"]}
    exec(statements, names)
    return plain(eval(value, names) if value else None)


def failure(error):
    if isinstance(error, MemoryError):
        return "out_of_memory"
    if isinstance(error, SyntaxError):
        return {"failed": "%s: %s (line %s)" % (type(error).__name__, error.msg, error.lineno)}
    return {"failed": "%s: %s" % (type(error).__name__, str(error)[:4000])}


def main():
    frames_in, frames_out = sys.stdin.buffer, sys.stdout.buffer
    sys.stdin, sys.stdout = io.StringIO(), io.StringIO()
    length = int.from_bytes(frames_in.read(4), "little")
    try:
        request = json.loads(frames_in.read(length), object_hook=Map)
        result = {"done": {"result": answer(dict(request)), "is_worn": True}}
        payload = json.dumps(result, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    except BaseException as error:
        payload = json.dumps({"not": failure(error)}).encode()
    frames_out.write(len(payload).to_bytes(4, "little") + payload)
    frames_out.flush()


main()
