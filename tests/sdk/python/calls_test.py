"""Every call of conductor-python that the open-source server has, once, with the shape of the decoded reply."""

import unittest

from calls import NAME, TYPE, Sdk, after, correlated, definition, executed, listening, logged, mocked, skipped
from calls import start, until
from conductor.client.http.models.rerun_workflow_request import RerunWorkflowRequest
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.rest import ApiException
from server import Server
from shape import assert_shape, identifier, instant, nothing

WORKFLOW = {
    "workflow_id": identifier,
    "status": "RUNNING",
    "workflow_name": NAME,
    "create_time": instant,
    "tasks": [{"task_id": identifier}],
}
TASK = {
    "task_id": identifier,
    "workflow_instance_id": identifier,
    "task_def_name": TYPE,
    "reference_task_name": "t",
    "status": "IN_PROGRESS",
    "input_data": dict,
    "poll_count": 1,
}
SIGNALLED = {
    "response_type": "TARGET_WORKFLOW",
    "target_workflow_id": identifier,
    "target_workflow_status": "COMPLETED",
    "workflow_id": identifier,
}
RUN = {"workflow_id": identifier, "status": "RUNNING", "request_id": str, "tasks": [{"task_id": identifier}]}
STATUS = {"workflow_id": identifier, "status": "COMPLETED", "output": dict, "variables": dict}
BULK = {"bulk_error_results": dict, "bulk_successful_results": [identifier]}
SUMMARY = {"workflow_id": identifier, "workflow_type": str, "status": str, "start_time": str, "input": str}
DONE = {"status": "COMPLETED", "workflow_id": identifier}

executor, client = lambda s: s.executor, lambda s: s.workflows  # noqa: E731

# By the name of the call: what it gives, and the shape of that. A third entry says what is missing for it: it may fail.
CALLS = {
    # Workers.
    "TaskClient.poll_task": (lambda s: s.tasks.poll_task("calls_nobody", "py", None), {"task_id": None}),
    "TaskClient.batch_poll_tasks": (lambda s: s.polled(), TASK),
    "TaskClient.batch_poll_tasks of nothing": (lambda s: s.tasks.batch_poll_tasks("calls_nobody", "py", 1, 10), []),
    "TaskClient.get_task": (lambda s: s.tasks.get_task(s.polled().task_id), TASK),
    "TaskClient.update_task": (lambda s: s.tasks.update_task(s.result()), identifier),
    "TaskResourceApi.update_task_v2": (lambda s: s.task_api.update_task_v2(s.result()), nothing),
    "TaskClient.update_task_by_ref_name": (
        lambda s: s.tasks.update_task_by_ref_name(s.waiting(), "w", "COMPLETED", {"n": 1}),
        identifier,
    ),
    "TaskClient.update_task_sync": (lambda s: s.tasks.update_task_sync(s.waiting(), "w", "COMPLETED", {"n": 1}), DONE),
    "TaskClient.get_queue_size_for_task": (lambda s: s.tasks.get_queue_size_for_task(TYPE), int),
    "TaskClient.add_task_log": (lambda s: s.tasks.add_task_log(s.polled().task_id, "a line"), nothing),
    "TaskClient.get_task_logs": (logged, [{"log": str, "task_id": identifier, "created_time": instant}]),
    "TaskClient.get_task_logs of nothing": (lambda s: s.tasks.get_task_logs(s.polled().task_id), []),
    "TaskClient.get_task_poll_data": (
        after(Sdk.polled, lambda s: s.tasks.get_task_poll_data(TYPE)),
        [{"queue_name": TYPE, "worker_id": "py", "last_poll_time": instant}],
    ),
    "TaskResourceApi.get_all_poll_data": (
        after(Sdk.polled, lambda s: s.task_api.get_all_poll_data()),
        [{"queue_name": str}],
    ),
    "TaskResourceApi.all": (after(Sdk.waiting, lambda s: s.task_api.all()), dict),
    "TaskResourceApi.all_verbose": (lambda s: s.task_api.all_verbose(), dict),
    "TaskResourceApi.requeue_pending_task": (
        lambda s: s.task_api.requeue_pending_task(TYPE),
        lambda count: str(count).isdigit(),
    ),
    "TaskResourceApi.search1": (
        lambda s: s.found(lambda: s.task_api.search1(query=f"taskType={TYPE}")),
        {"total_hits": int, "results": [{"task_id": identifier, "task_type": TYPE}]},
    ),
    # Executions.
    "WorkflowExecutor.register_workflow": (
        lambda s: s.executor.register_workflow(definition("calls_put"), True),
        object,
    ),
    "WorkflowExecutor.start_workflow": (lambda s: s.waiting(correlation_id="c"), identifier),
    "WorkflowExecutor.start_workflows": (lambda s: s.executor.start_workflows(start(), start()), [identifier]),
    "WorkflowExecutor.execute_workflow": (lambda s: s.executor.execute_workflow(start(), None, 1, "r-2"), RUN),
    "WorkflowExecutor.execute": (lambda s: s.executor.execute(NAME, 1, {"n": 1}, wait_for_seconds=1), RUN),
    "WorkflowExecutor.execute_workflow_with_return_strategy": (
        lambda s: executed(s, "TARGET_WORKFLOW"),
        {**SIGNALLED, "target_workflow_status": "RUNNING"},
    ),
    "WorkflowExecutor.execute_workflow_with_return_strategy of a task": (
        lambda s: executed(s, "BLOCKING_TASK"),
        {"response_type": "BLOCKING_TASK", "task_id": identifier},
    ),
    "WorkflowExecutor.get_workflow": (lambda s: s.executor.get_workflow(s.waiting(), True), WORKFLOW),
    "WorkflowExecutor.get_workflow_status": (
        lambda s: s.executor.get_workflow_status(s.over("COMPLETED"), True, True),
        STATUS,
    ),
    "WorkflowExecutor.search": (
        lambda s: s.found(lambda: s.executor.search(query=f"workflowType={NAME}")),
        {"results": [SUMMARY]},
    ),
    "WorkflowExecutor.get_by_correlation_ids": (correlated(executor), {"both": [{"workflow_id": identifier}]}),
    "WorkflowExecutor.pause": (lambda s: s.executor.pause(s.waiting()), nothing),
    "WorkflowExecutor.resume": (lambda s: s.executor.resume(s.paused()), nothing),
    "WorkflowExecutor.terminate": (lambda s: s.executor.terminate(s.waiting(), "enough"), nothing),
    "WorkflowExecutor.restart": (lambda s: s.executor.restart(s.over(), True), nothing),
    "WorkflowExecutor.retry": (lambda s: s.executor.retry(s.over(), False), nothing),
    "WorkflowExecutor.rerun": (lambda s: s.executor.rerun(RerunWorkflowRequest(), s.over()), identifier),
    "WorkflowExecutor.skip_task_from_workflow": (skipped(executor), nothing),
    "WorkflowExecutor.update_task": (
        lambda s: (lambda t: s.executor.update_task(t.task_id, t.workflow_instance_id, {"n": 1}, "COMPLETED"))(
            s.polled()
        ),
        identifier,
    ),
    "WorkflowExecutor.update_task_by_ref_name": (
        lambda s: s.executor.update_task_by_ref_name({"n": 1}, s.waiting(), "w", "COMPLETED"),
        identifier,
    ),
    "WorkflowExecutor.update_task_by_ref_name_sync": (
        lambda s: s.executor.update_task_by_ref_name_sync({"n": 1}, s.waiting(), "w", "COMPLETED"),
        DONE,
    ),
    "WorkflowExecutor.get_task": (lambda s: s.executor.get_task(s.polled().task_id), TASK),
    "WorkflowExecutor.signal": (
        lambda s: s.executor.signal(s.waiting(), "COMPLETED", {"n": 1}, "TARGET_WORKFLOW"),
        SIGNALLED,
    ),
    "WorkflowExecutor.signal_async": (lambda s: s.executor.signal_async(s.waiting(), "COMPLETED", {}), nothing),
    "WorkflowExecutor.send_message": (lambda s: s.executor.send_message(s.waiting(), {"n": 1}), identifier),
    "WorkflowExecutor.remove_workflow": (lambda s: s.executor.remove_workflow(s.over(), False), nothing),
    "WorkflowClient.start_workflow_by_name": (
        lambda s: s.workflows.start_workflow_by_name(NAME, {"n": 1}, 1, "c", 3),
        identifier,
    ),
    "WorkflowClient.start_workflow": (lambda s: s.workflows.start_workflow(start()), identifier),
    "WorkflowClient.execute_workflow": (lambda s: s.workflows.execute_workflow(start(), "r-3", None, 1), RUN),
    "WorkflowClient.pause_workflow": (lambda s: s.workflows.pause_workflow(s.waiting()), nothing),
    "WorkflowClient.resume_workflow": (lambda s: s.workflows.resume_workflow(s.paused()), nothing),
    "WorkflowClient.restart_workflow": (lambda s: s.workflows.restart_workflow(s.over(), False), nothing),
    "WorkflowClient.rerun_workflow": (
        lambda s: s.workflows.rerun_workflow(s.over(), RerunWorkflowRequest()),
        identifier,
    ),
    "WorkflowClient.retry_workflow": (lambda s: s.workflows.retry_workflow(s.over(), False), nothing),
    "WorkflowClient.terminate_workflow": (lambda s: s.workflows.terminate_workflow(s.waiting(), "enough"), nothing),
    "WorkflowClient.get_workflow": (lambda s: s.workflows.get_workflow(s.waiting(), True), WORKFLOW),
    "WorkflowClient.get_workflow_status": (
        lambda s: s.workflows.get_workflow_status(s.over("COMPLETED"), True, True),
        STATUS,
    ),
    "WorkflowClient.delete_workflow": (lambda s: s.workflows.delete_workflow(s.over(), True), nothing),
    "WorkflowClient.skip_task_from_workflow": (skipped(client), nothing),
    "WorkflowClient.test_workflow": (lambda s: s.workflows.test_workflow(mocked()), {**DONE, "output": {"n": 1}}),
    "WorkflowClient.search": (
        lambda s: s.found(lambda: s.workflows.search(0, 10, "*", f"workflowType={NAME}")),
        {"results": [SUMMARY]},
    ),
    "WorkflowClient.get_by_correlation_ids": (correlated(client), {"both": [{"workflow_id": identifier}]}),
    "WorkflowResourceApi.decide": (lambda s: s.workflow_api.decide(s.waiting()), nothing),
    "WorkflowResourceApi.reset_workflow": (lambda s: s.workflow_api.reset_workflow(s.waiting()), nothing),
    "WorkflowResourceApi.get_running_workflow": (
        after(Sdk.waiting, lambda s: until(lambda: s.workflow_api.get_running_workflow(NAME))),
        [identifier],
    ),
    "WorkflowBulkResourceApi.pause_workflow": (lambda s: s.bulk_api.pause_workflow([s.waiting()]), BULK),
    "WorkflowBulkResourceApi.resume_workflow": (lambda s: s.bulk_api.resume_workflow([s.paused()]), BULK),
    "WorkflowBulkResourceApi.restart": (lambda s: s.bulk_api.restart([s.over()]), BULK),
    "WorkflowBulkResourceApi.retry": (lambda s: s.bulk_api.retry([s.over()]), BULK),
    "WorkflowBulkResourceApi.terminate": (lambda s: s.bulk_api.terminate([s.waiting()]), BULK),
    # Definitions.
    "MetadataClient.register_workflow_def": (
        lambda s: s.metadata.register_workflow_def(definition("calls_def"), True),
        nothing,
    ),
    "MetadataClient.update_workflow_def": (
        lambda s: s.metadata.update_workflow_def(definition("calls_def"), True),
        object,
    ),
    "MetadataClient.get_workflow_def": (
        lambda s: s.metadata.get_workflow_def(NAME),
        {"name": NAME, "version": 1, "tasks": [{"type": "WAIT"}]},
    ),
    "MetadataClient.get_all_workflow_defs": (
        lambda s: s.metadata.get_all_workflow_defs(),
        [{"name": str, "version": int}],
    ),
    "MetadataClient.unregister_workflow_def": (
        after(
            lambda s: s.metadata.register_workflow_def(definition("calls_gone"), True),
            lambda s: s.metadata.unregister_workflow_def("calls_gone", 1),
        ),
        nothing,
    ),
    "MetadataClient.register_task_def": (lambda s: s.metadata.register_task_def(TaskDef(name="calls_def")), nothing),
    "MetadataClient.update_task_def": (
        lambda s: s.metadata.update_task_def(TaskDef(name="calls_new_def", retry_count=2)),
        nothing,
    ),
    "MetadataClient.get_task_def": (
        lambda s: s.metadata.get_task_def(TYPE),
        {"name": TYPE, "retry_count": 0, "timeout_policy": "TIME_OUT_WF"},
    ),
    "MetadataClient.get_all_task_defs": (lambda s: s.metadata.get_all_task_defs(), [{"name": str}]),
    "MetadataClient.unregister_task_def": (
        after(
            lambda s: s.metadata.register_task_def(TaskDef(name="calls_gone")),
            lambda s: s.metadata.unregister_task_def("calls_gone"),
        ),
        nothing,
    ),
    # Event handlers.
    "EventResourceApi.add_event_handler": (lambda s: s.event_api.add_event_handler(listening("added")), nothing),
    "EventResourceApi.update_event_handler": (
        after(
            lambda s: s.event_api.add_event_handler(listening("updated")),
            lambda s: s.event_api.update_event_handler(listening("updated", active=False)),
        ),
        nothing,
    ),
    "EventResourceApi.get_event_handlers": (
        after(lambda s: s.event_api.add_event_handler(listening("listed")), lambda s: s.event_api.get_event_handlers()),
        [{"name": str, "event": str, "actions": [{"action": "start_workflow"}]}],
    ),
    "EventResourceApi.get_event_handlers_for_event": (
        after(
            lambda s: s.event_api.add_event_handler(listening("heard")),
            lambda s: s.event_api.get_event_handlers_for_event("conductor:calls:heard", active_only=True),
        ),
        [{"name": "heard", "event": "conductor:calls:heard", "active": True}],
    ),
    "EventResourceApi.remove_event_handler_status": (
        after(
            lambda s: s.event_api.add_event_handler(listening("removed")),
            lambda s: s.event_api.remove_event_handler_status("removed"),
        ),
        nothing,
    ),
}

CALLS |= {
    # Schedules.
    "SchedulerClient.save_schedule": (lambda s: s.scheduled("calls_saved"), "calls_saved"),
    "SchedulerClient.get_schedule": (
        lambda s: s.schedules.get_schedule(s.scheduled("calls_got", zone_id="Europe/Berlin")),
        {
            "name": "calls_got",
            "cron_expression": "0 0 0 1 1 ?",
            "zone_id": "Europe/Berlin",
            "paused": False,
            "create_time": instant,
            "start_workflow_request": {"name": NAME, "version": 1},
        },
    ),
    "SchedulerClient.get_schedule of nothing": (lambda s: status_of(lambda: s.schedules.get_schedule("none")), 404),
    "SchedulerClient.get_all_schedules": (
        after(lambda s: s.scheduled("calls_listed"), lambda s: s.schedules.get_all_schedules(NAME)),
        [{"name": str, "start_workflow_request": {"name": NAME}}],
    ),
    "SchedulerClient.pause_schedule": (
        after(
            lambda s: s.schedules.pause_schedule(s.scheduled("calls_paused"), "later"),
            lambda s: s.schedules.get_schedule("calls_paused"),
        ),
        {"paused": True, "paused_reason": "later"},
    ),
    "SchedulerClient.resume_schedule": (
        after(
            lambda s: s.schedules.resume_schedule(s.scheduled("calls_resumed", paused=True)),
            lambda s: s.schedules.get_schedule("calls_resumed"),
        ),
        {"paused": False},
    ),
    "SchedulerClient.delete_schedule": (lambda s: s.schedules.delete_schedule(s.scheduled("calls_gone")), nothing),
    "SchedulerClient.get_next_few_schedule_execution_times": (
        lambda s: s.schedules.get_next_few_schedule_execution_times("0/5 * * ? * *", limit=3),
        lambda times: len(times) == 3 and all(map(instant, times)) and times == sorted(set(times)),
    ),
    "SchedulerClient.search_schedule_executions": (
        lambda s: s.fired(),
        {
            "total_hits": int,
            "results": [
                {
                    "execution_id": identifier,
                    "schedule_name": "calls_fired",
                    "state": "EXECUTED",
                    "workflow_id": identifier,
                    "scheduled_time": instant,
                }
            ],
        },
    ),
    "SchedulerClient.requeue_all_execution_records": (
        lambda s: s.schedules.requeue_all_execution_records(),
        nothing,
    ),
    "SchedulerClient.pause_all_schedules": (lambda s: s.schedules.pause_all_schedules(), nothing),
    "SchedulerClient.resume_all_schedules": (lambda s: s.schedules.resume_all_schedules(), nothing),
}


def status_of(call):
    """The status of the error that a call ends with."""
    try:
        return call()
    except ApiException as error:
        return error.status


class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.addClassCleanup(server.stop)
        cls.sdk = Sdk(server.url)


def method(call, shape, needs=None):
    def run(self):
        try:
            assert_shape(call(self.sdk), shape)
        except Exception:
            if not needs:
                raise
            self.skipTest(f"needs {needs}")

    return run


for name, row in CALLS.items():
    setattr(Calls, f"test {name}", method(*row))
