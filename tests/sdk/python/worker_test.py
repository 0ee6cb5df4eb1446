"""conductor-python's worker framework and executor against a Segue server."""

import os
import re
import subprocess
import tempfile
import time
import unittest

from conductor.client.automator.task_handler import TaskHandler
from conductor.client.configuration.configuration import Configuration
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor
from conductor.client.worker.worker_task import worker_task

DEADLINE_SECONDS = 60


@worker_task(task_definition_name="greet", poll_interval_millis=20)
def greet(name: str) -> dict:
    return {"greeting": f"Hello {name}"}


@worker_task(task_definition_name="shout", poll_interval_millis=20)
async def shout(text: str) -> dict:
    return {"text": text.upper()}


@worker_task(task_definition_name="flaky", poll_interval_millis=20)
def flaky() -> dict:
    raise RuntimeError("the bank is busy")


class Server:
    """A server on a free port, ended by its own process id."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        store = os.path.join(self.directory.name, "test.db")
        self.process = subprocess.Popen(
            [os.environ["SEGUE_BIN"], "server", "--port", "0", "--store", store], stderr=subprocess.PIPE, text=True
        )
        line = self.process.stderr.readline()
        self.url = re.search(r"serves (http\S+)", line).group(1) + "/api"

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.process.stderr.close()
        self.directory.cleanup()


def definition(name, *tasks):
    return WorkflowDef(name=name, version=1, tasks=list(tasks))


def task(name, reference, inputs=None):
    return WorkflowTask(name=name, task_reference_name=reference, type="SIMPLE", input_parameters=inputs or {})


class Workers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.configuration = Configuration(server_api_url=cls.server.url)
        cls.executor = WorkflowExecutor(configuration=cls.configuration)
        cls.handler = TaskHandler(configuration=cls.configuration, scan_for_annotated_workers=True)
        cls.handler.start_processes()

    @classmethod
    def tearDownClass(cls):
        cls.handler.stop_processes()
        cls.server.stop()

    def run_to_end(self, workflow, inputs):
        self.executor.register_workflow(workflow=workflow, overwrite=True)
        request = StartWorkflowRequest(name=workflow.name, version=1, input=inputs)
        return self.until_over(self.executor.start_workflow(request))

    def until_over(self, workflow_id):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            found = self.executor.get_workflow(workflow_id, include_tasks=True)
            if found.status not in ("RUNNING", "PAUSED"):
                return found
            time.sleep(0.05)
        self.fail(f"not in time: {found}")

    def test_sync_and_async_workers_complete_their_tasks(self):
        greet_task = task("greet", "g", {"name": "${workflow.input.name}"})
        shout_task = task("shout", "s", {"text": "${g.output.greeting}"})
        found = self.run_to_end(definition("py_greeting", greet_task, shout_task), {"name": "Ada"})
        self.assertEqual(found.status, "COMPLETED")
        self.assertEqual(found.output, {"text": "HELLO ADA"})

    def test_an_exception_fails_the_task_with_its_message(self):
        one = task("flaky", "f")
        one.retry_count = 0
        found = self.run_to_end(definition("py_flaky", one), {})
        self.assertEqual(found.status, "FAILED")
        self.assertIn("the bank is busy", found.tasks[0].reason_for_incompletion)

    def test_executions_are_paused_resumed_and_terminated(self):
        waits = definition("py_waits", WorkflowTask(name="h", task_reference_name="h", type="HUMAN"))
        self.executor.register_workflow(workflow=waits, overwrite=True)
        workflow_id = self.executor.start_workflow(StartWorkflowRequest(name="py_waits", version=1, input={}))
        self.executor.pause(workflow_id)
        self.assertEqual(self.executor.get_workflow(workflow_id, include_tasks=False).status, "PAUSED")
        self.executor.resume(workflow_id)
        self.assertEqual(self.executor.get_workflow(workflow_id, include_tasks=False).status, "RUNNING")
        self.executor.terminate(workflow_id, "ordered twice")
        ended = self.until_over(workflow_id)
        self.assertEqual((ended.status, ended.reason_for_incompletion), ("TERMINATED", "ordered twice"))


if __name__ == "__main__":
    unittest.main()
