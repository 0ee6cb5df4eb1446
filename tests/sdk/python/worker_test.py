"""conductor-python's worker framework, executor and clients against a Segue server."""

import sys
import time
import unittest

import calls_test
import workers  # noqa: F401  (its decorators register the workers)
from conductor.client.automator.task_handler import TaskHandler
from conductor.client.configuration.configuration import Configuration
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.orkes_clients import OrkesClients
from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor
from server import Server

DEADLINE_SECONDS = 60


def task(name, reference, inputs=None, kind="SIMPLE"):
    return WorkflowTask(name=name, task_reference_name=reference, type=kind, input_parameters=inputs or {})


class Workers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)
        configuration = Configuration(server_api_url=cls.server.url)
        cls.executor = WorkflowExecutor(configuration=configuration)
        clients = OrkesClients(configuration=configuration)
        cls.tasks = clients.get_task_client()
        cls.metadata = clients.get_metadata_client()
        for name, retries in {"charge": 1, "charge_async": 0, "give_up": 5}.items():
            cls.metadata.register_task_def(TaskDef(name=name, retry_count=retries, retry_delay_seconds=0))
        cls.handler = TaskHandler(configuration=configuration, scan_for_annotated_workers=True)
        cls.handler.start_processes()
        cls.addClassCleanup(cls.handler.stop_processes)

    def start(self, name, *tasks, inputs=None):
        self.executor.register_workflow(workflow=WorkflowDef(name=name, version=1, tasks=list(tasks)), overwrite=True)
        return self.executor.start_workflow(StartWorkflowRequest(name=name, version=1, input=inputs or {}))

    def once(self, workflow_id, wanted):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            found = self.executor.get_workflow(workflow_id, include_tasks=True)
            if wanted(found):
                return found
            self.assertLess(time.monotonic(), deadline, f"not in time: {found}")
            time.sleep(0.05)

    def ended(self, workflow_id):
        return self.once(workflow_id, lambda found: found.status not in ("RUNNING", "PAUSED"))

    def status(self, workflow_id):
        return self.executor.get_workflow(workflow_id, include_tasks=False).status

    def logs(self, task_id):
        return [line.log for line in self.tasks.get_task_logs(task_id)]

    def test_sync_and_async_workers_complete_their_tasks(self):
        first = task("greet", "g", {"name": "${workflow.input.name}"})
        second = task("shout", "s", {"text": "${g.output.greeting}"})
        found = self.ended(self.start("py_greeting", first, second, inputs={"name": "Ada"}))
        self.assertEqual(found.status, "COMPLETED")
        self.assertEqual(found.output, {"text": "HELLO ADA"})
        self.assertEqual([t.status for t in found.tasks], ["COMPLETED", "COMPLETED"])

    def test_many_executions_complete(self):
        ids = [self.start("py_many", task("greet", "g", {"name": str(i)})) for i in range(50)]
        for number, workflow_id in enumerate(ids):
            self.assertEqual(self.ended(workflow_id).output, {"greeting": f"Hello {number}"})

    def test_a_failed_task_is_retried_and_keeps_its_log(self):
        found = self.ended(self.start("py_charge", task("charge", "c")))
        self.assertEqual(found.status, "COMPLETED")
        self.assertEqual(found.output, {"tries": 2})
        failed, completed = found.tasks
        self.assertEqual((failed.status, failed.retry_count), ("FAILED", 0))
        self.assertIn("the bank is busy", failed.reason_for_incompletion)
        self.assertEqual((completed.status, completed.retry_count), ("COMPLETED", 1))
        self.assertIn("RuntimeError: the bank is busy", "\n".join(self.logs(failed.task_id)))
        self.assertEqual(self.logs(completed.task_id), ["try 1"])

    def test_an_exception_without_retries_fails_the_execution(self):
        found = self.ended(self.start("py_charge_async", task("charge_async", "c")))
        self.assertEqual(found.status, "FAILED")
        self.assertIn("the bank is busy", found.tasks[0].reason_for_incompletion)

    def test_a_final_failure_is_not_retried(self):
        found = self.ended(self.start("py_give_up", task("give_up", "g")))
        self.assertEqual(found.status, "FAILED")
        self.assertEqual([t.status for t in found.tasks], ["FAILED_WITH_TERMINAL_ERROR"])

    def test_a_task_in_progress_goes_back_to_its_queue(self):
        workflow_id = self.start("py_brew", task("brew", "b"))
        deferred = self.once(workflow_id, lambda w: w.tasks[0].status == "SCHEDULED" and w.tasks[0].poll_count)
        self.assertEqual(deferred.tasks[0].callback_after_seconds, 60)
        self.assertEqual(deferred.tasks[0].output_data, {"state": "hot"})
        self.assertEqual(self.tasks.batch_poll_tasks("brew", count=5, timeout_in_millisecond=1), [])
        self.executor.terminate(workflow_id)

    def test_executions_are_paused_resumed_and_terminated(self):
        workflow_id = self.start("py_steered", task("h", "h", kind="HUMAN"))
        self.executor.pause(workflow_id)
        self.assertEqual(self.status(workflow_id), "PAUSED")
        self.executor.resume(workflow_id)
        self.assertEqual(self.status(workflow_id), "RUNNING")
        self.executor.terminate(workflow_id, "ordered twice")
        found = self.ended(workflow_id)
        self.assertEqual((found.status, found.reason_for_incompletion), ("TERMINATED", "ordered twice"))

    def test_tasks_are_read_logged_and_updated_from_outside(self):
        workflow_id = self.start("py_outside", task("nobody", "first"), task("nobody", "second"))
        first = self.executor.get_workflow(workflow_id, include_tasks=True).tasks[0]
        self.assertEqual(self.executor.get_task(first.task_id).reference_task_name, "first")
        lines = ["Polled task...", "and left it"]
        for line in lines:
            self.tasks.add_task_log(first.task_id, line)
        self.assertEqual(self.logs(first.task_id), lines)
        self.executor.update_task(first.task_id, workflow_id, {"by": "id"}, "COMPLETED")
        self.executor.update_task_by_ref_name({"by": "reference"}, workflow_id, "second", "COMPLETED")
        found = self.ended(workflow_id)
        self.assertEqual(found.status, "COMPLETED")
        self.assertEqual([t.output_data for t in found.tasks], [{"by": "id"}, {"by": "reference"}])


if __name__ == "__main__":
    loader = unittest.defaultTestLoader
    suite = unittest.TestSuite(map(loader.loadTestsFromTestCase, [calls_test.Calls, Workers]))
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    for test, reason in result.skipped:
        print(f"skipped: {test}: {reason}")
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    print(f"Python SDK: {max(0, result.testsRun - failed - len(result.skipped))} passed, {failed} failed{skipped}")
    sys.exit(not result.wasSuccessful())
