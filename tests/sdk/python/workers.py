"""Workers as the guide of conductor-python writes them: plain and async functions with a decorator."""

from conductor.client.context.task_context import TaskInProgress, get_task_context
from conductor.client.worker.exception import NonRetryableException
from conductor.client.worker.worker_task import worker_task


@worker_task(task_definition_name="greet", poll_interval_millis=20)
def greet(name: str) -> dict:
    return {"greeting": f"Hello {name}"}


@worker_task(task_definition_name="shout", poll_interval_millis=20)
async def shout(text: str) -> dict:
    return {"text": text.upper()}


@worker_task(task_definition_name="charge", poll_interval_millis=20)
def charge() -> dict:
    context = get_task_context()
    context.add_log(f"try {context.get_retry_count()}")
    if context.get_retry_count() == 0:
        raise RuntimeError("the bank is busy")
    return {"tries": context.get_retry_count() + 1}


@worker_task(task_definition_name="charge_async", poll_interval_millis=20)
async def charge_async() -> dict:
    raise RuntimeError("the bank is busy")


@worker_task(task_definition_name="give_up", poll_interval_millis=20)
def give_up() -> dict:
    raise NonRetryableException("no such account")


@worker_task(task_definition_name="brew", poll_interval_millis=20)
def brew() -> dict | TaskInProgress:
    return TaskInProgress(callback_after_seconds=60, output={"state": "hot"})
