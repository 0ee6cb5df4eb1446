"""Runs a project's handlers in Python: takes requests over descriptor 3, a thread for each, and answers when it is done.

A handler is a module with a function `handle(input)`, or with classes that have such a method. A module without either
is a script of letrun: it reads `context["input"]` and assigns `output`.
"""

import ast
import asyncio
import importlib.util
import inspect
import io
import json
import os
import socket
import struct
import sys
import threading
import traceback
import types

link = socket.socket(fileno=3)
link.set_inheritable(False)
writing = threading.Lock()
current = threading.local()
runs = {}
asked = {}
modules = {}
loading = threading.Lock()


class Interrupt(Exception):
    def __init__(self, message="", result=None):
        super().__init__(message)
        self.result = result


# What `import letrun` gives: errors that are never retried.
letrun = types.ModuleType("letrun", "Errors that a handler may raise.")
letrun.InterruptInvokeError = type("InterruptInvokeError", (Interrupt,), {})
for each in ("InvalidParameterError", "IllegalStateError", "ConfigNotFoundError", "RerunError"):
    setattr(letrun, each, type(each, (Exception,), {}))
sys.modules["letrun"] = letrun


class Fields(dict):
    """A dictionary whose keys are attributes too: `input.task.parameters`, or `input["task"]["parameters"]`."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value


def send(message):
    text = json.dumps(message, allow_nan=False).encode()
    with writing:
        link.sendall(struct.pack("<I", len(text)) + text)


def receive():
    def exactly(count):
        parts = bytearray()
        while len(parts) < count:
            part = link.recv(count - len(parts))
            if not part:
                os._exit(0)
            parts += part
        return bytes(parts)

    return json.loads(exactly(struct.unpack("<I", exactly(4))[0]), object_hook=Fields)


def want(question):
    waiting = Fields(event=threading.Event(), answer=None)
    number = id(waiting)
    asked[number] = waiting
    run = getattr(current, "run", None)
    send({"type": "ask", "id": number, "of": run and run.id, "want": question})
    waiting.event.wait()
    error = waiting.answer.get("error")
    if error:
        raise getattr(letrun, error["name"], type(error["name"], (Exception,), {}))(error["message"])
    return waiting.answer.get("value")


def log(level, message):
    run = getattr(current, "run", None)
    send({"type": "log", "id": run and run.id, "level": level, "message": message})


class Log:
    def __init__(self):
        for level in ("error", "warn", "info", "verbose", "debug"):
            setattr(self, level, lambda *parts, level=level: log(level, " ".join(map(str, parts))))
        self.warning = self.warn


class Printed(io.TextIOBase):
    """What a run prints goes to its log, a line at a time."""

    def __init__(self, level):
        self.level = level

    def writable(self):
        return True

    def write(self, text):
        rests = current.__dict__.setdefault("rests", {})
        *lines, rests[self.level] = (rests.get(self.level, "") + text).split("\n")
        for line in lines:
            log(self.level, line)
        return len(text)

    def end(self):
        rest = current.__dict__.get("rests", {}).pop(self.level, "")
        if rest:
            log(self.level, rest)


class Run:
    def __init__(self, message):
        self.id = message["id"]
        self.attempt = message["attempt"]
        self.aborted = threading.Event()
        parameters = self.attempt.input.get("parameters") or Fields()
        self.task = Fields(
            name=self.attempt.input.get("task"),
            runtimeName=self.attempt.runtimeName or self.attempt.input.get("task"),
            handler=self.attempt.handler,
            parameters=parameters,
            output=Fields(),
            retries=self.attempt.retries,
        )
        self.untouched = self.task.output
        self.workflow = self.attempt.workflow

    def perform(self):
        current.run = self
        done = {"type": "done", "id": self.id}
        before = json.loads(json.dumps(self.workflow.variables))
        try:
            result = self.call()
            if result is None and self.has_output():
                result = self.task.output
            if result is not None:
                done["result"] = result
        except BaseException as error:
            interrupted = getattr(error, "result", None) if isinstance(error, Interrupt) else None
            if interrupted is not None:
                done["result"] = interrupted
            else:
                done["error"] = described(error)
                if self.has_output():
                    done["result"] = self.task.output
        for stream in (sys.stdout, sys.stderr):
            stream.end()
        del runs[self.id]
        try:
            done["variables"] = changes(before, self.workflow.variables)
            send(done)
        except (TypeError, ValueError) as error:
            message = f"The output cannot be written as JSON: {error}"
            send({"type": "done", "id": self.id, "error": {"name": "TypeError", "message": message}})

    def has_output(self):
        return self.task.output is not self.untouched or bool(self.task.output)

    def call(self):
        path, wanted = self.attempt.location["path"], self.attempt.location.get("task")
        handlers, code = load(path)
        if not handlers:
            space = {"__name__": "__main__", "__file__": path, "output": None}
            space["context"] = {"input": self.task.parameters}
            exec(code, space)
            return space["output"]
        handle = pick(handlers, wanted, self.attempt.handler)
        result = handle(self.input())
        return asyncio.run(finish(result)) if inspect.isawaitable(result) else result

    def input(self):
        def system_task(name, parameters):
            whole = {**self.attempt.input, "handler": name, "parameters": parameters}
            return (want({"type": "systemTask", "name": name, "input": whole}) or {}).get("result")

        context = Fields(logger=Log(), signal=self.aborted)
        context.get_logger = context.getLogger = lambda: context.logger
        session = Fields(signal=self.aborted, system_task=system_task, workflow=self.workflow)
        return Fields(task=self.task, workflow=self.workflow, context=context, session=session)


async def finish(result):
    return await result


def load(path):
    """The handlers of a file by name, the only one under None; or its code, if it has none."""
    with loading:
        if path not in modules:
            with open(path, "rb") as file:
                text = file.read()
            code = compile(text, path, "exec")
            modules[path] = (handlers_of(path), None) if defines_handler(text, path) else ({}, code)
        return modules[path]


def defines_handler(text, path):
    def is_handle(node):
        return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "handle"

    body = ast.parse(text, path).body
    return any(is_handle(node) or (isinstance(node, ast.ClassDef) and any(map(is_handle, node.body))) for node in body)


def handlers_of(path):
    folder = os.path.dirname(path)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    spec = importlib.util.spec_from_file_location(f"segue_handler_{len(modules)}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    if callable(getattr(module, "handle", None)):
        return {None: module.handle}
    found = {}
    for name, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == spec.name and callable(getattr(value, "handle", None)):
            handler = value()
            found[str(getattr(handler, "name", None) or name)] = handler.handle
    return found


def pick(handlers, wanted, text):
    if wanted is None:
        if len(handlers) == 1:
            return next(iter(handlers.values()))
        raise letrun.InvalidParameterError(f"Task name is required for handler: {text}. It has {', '.join(handlers)}")
    for name, handle in handlers.items():
        if name is not None and name.lower() == wanted.lower():
            return handle
    raise letrun.InvalidParameterError(f'Cannot find task "{wanted}" in handler "{text}"')


def described(error):
    if isinstance(error, SystemExit):
        return {"name": "Error", "message": f"the handler called sys.exit({error.code!r})"}
    stack = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"name": type(error).__name__, "message": str(error) or type(error).__name__, "stack": stack}


def changes(before, after):
    changed = {key: value for key, value in after.items() if key not in before or before[key] != value}
    return {**changed, **{key: None for key in before if key not in after}}


def main():
    sys.stdout, sys.stderr = Printed("info"), Printed("warn")
    sys.argv = [""]
    send({"type": "ready", "plugins": []})
    while True:
        message = receive()
        kind = message["type"]
        if kind == "run":
            run = runs[message["id"]] = Run(message)
            threading.Thread(target=run.perform, daemon=True).start()
        elif kind == "cancel" and message["id"] in runs:
            runs[message["id"]].aborted.set()
        elif kind == "reply":
            waiting = asked.pop(message["id"])
            waiting.answer = message
            waiting.event.set()
        elif kind == "stop":
            os._exit(0)


main()
