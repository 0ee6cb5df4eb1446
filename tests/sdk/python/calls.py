"""The clients of conductor-python, and what their calls are tried with."""

import itertools
import time

from conductor.client.configuration.configuration import Configuration
from conductor.client.http.models.action import Action
from conductor.client.http.models.event_handler import EventHandler
from conductor.client.http.models.rerun_workflow_request import RerunWorkflowRequest
from conductor.client.http.models.save_schedule_request import SaveScheduleRequest
from conductor.client.http.models.skip_task_request import SkipTaskRequest
from conductor.client.http.models.start_workflow_request import StartWorkflowRequest
from conductor.client.http.models.task_def import TaskDef
from conductor.client.http.models.task_result import TaskResult
from conductor.client.http.models.task_result_status import TaskResultStatus
from conductor.client.http.models.workflow_def import WorkflowDef
from conductor.client.http.models.workflow_task import WorkflowTask
from conductor.client.http.models.workflow_test_request import WorkflowTestRequest
from conductor.client.http.api.event_resource_api import EventResourceApi
from conductor.client.http.api.task_resource_api import TaskResourceApi
from conductor.client.http.api.workflow_bulk_resource_api import WorkflowBulkResourceApi
from conductor.client.http.api.workflow_resource_api import WorkflowResourceApi
from conductor.client.http.api_client import ApiClient
from conductor.client.orkes_clients import OrkesClients
from conductor.client.workflow.executor.workflow_executor import WorkflowExecutor

NAME, WORKED, TYPE = "calls", "calls_worked", "calls_task"
DEADLINE_SECONDS = 30
DOMAINS = itertools.count(1)


class Sdk:
    """The clients, and what they are tried with."""

    def __init__(self, url):
        configuration = Configuration(server_api_url=url)
        clients = OrkesClients(configuration=configuration)
        self.executor = WorkflowExecutor(configuration=configuration)
        self.workflows = clients.get_workflow_client()
        self.tasks = clients.get_task_client()
        self.metadata = clients.get_metadata_client()
        self.schedules = clients.get_scheduler_client()
        api = ApiClient(configuration)
        self.task_api, self.workflow_api = TaskResourceApi(api), WorkflowResourceApi(api)
        self.bulk_api = WorkflowBulkResourceApi(api)
        self.event_api = EventResourceApi(api)
        self.metadata.register_workflow_def(definition(NAME), overwrite=True)
        self.metadata.register_workflow_def(definition(WORKED, task(TYPE, "t")), overwrite=True)
        self.metadata.register_task_def(TaskDef(name=TYPE, retry_count=0))

    def waiting(self, **more):
        """An execution that waits."""
        return self.executor.start_workflow(StartWorkflowRequest(name=NAME, version=1, input={}, **more))

    def over(self, status="FAILED"):
        """One that came to this end."""
        started = self.waiting()
        self.executor.update_task_by_ref_name({}, started, "w", status)
        return started

    def paused(self):
        started = self.waiting()
        self.executor.pause(started)
        return started

    def polled(self):
        """A task in the hands of a worker, and it alone: each has its own domain."""
        domain = f"calls-{next(DOMAINS)}"
        self.executor.start_workflow(StartWorkflowRequest(name=WORKED, version=1, task_to_domain={TYPE: domain}))
        [found] = self.tasks.batch_poll_tasks(TYPE, "py", 1, 1000, domain)
        return found

    def result(self):
        polled = self.polled()
        status = TaskResultStatus.COMPLETED
        return TaskResult(polled.workflow_instance_id, polled.task_id, "py", status=status, output_data={"n": 1})

    def scheduled(self, name, **more):
        """A schedule that starts the waiting workflow; once a year if nothing is said."""
        request = {"cron_expression": "0 0 0 1 1 ?", "start_workflow_request": start(), **more}
        self.schedules.save_schedule(SaveScheduleRequest(name=name, **request))
        return name

    def fired(self):
        """What a schedule fired."""
        self.scheduled("calls_fired", cron_expression="* * * ? * *")
        query = {"start": 0, "size": 10, "sort": "startTime:DESC", "query": "scheduleName IN (calls_fired)"}
        page = until(lambda: (page := self.schedules.search_schedule_executions(**query)).results and page)
        self.schedules.delete_schedule("calls_fired")
        return page

    def found(self, look):
        """A page of results, once there are any: an index may follow a moment later."""
        self.polled()
        return until(lambda: (page := look()).results and page)


def until(look):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)
    return found


def task(name, reference, kind="SIMPLE"):
    return WorkflowTask(name=name, task_reference_name=reference, type=kind)


def definition(name, *tasks):
    return WorkflowDef(name=name, version=1, tasks=list(tasks) or [task("w", "w", "WAIT")])


def listening(name, active=True):
    """An event handler that starts an execution that waits."""
    action = Action(action="start_workflow", start_workflow={"name": NAME, "version": 1, "input": {"n": "${n}"}})
    event = f"conductor:calls:{name}"
    return EventHandler(name=name, event=event, condition="$.n > 0", actions=[action], active=active)


def start(name=NAME, **more):
    return StartWorkflowRequest(name=name, version=1, input={}, **more)


def after(first, then):
    """What `then` gives after `first` was done."""
    return lambda s: (first(s), then(s))[1]


def executed(s, strategy):
    request = {"wait_for_seconds": 1, "request_id": "r-1", "consistency": "DURABLE", "return_strategy": strategy}
    return s.executor.execute_workflow_with_return_strategy(start(), **request)


def mocked():
    outputs = {"t": [{"status": "COMPLETED", "output": {"n": 1}}]}
    return WorkflowTestRequest(name=WORKED, version=1, task_ref_to_mock_output=outputs)


def skipped(client):
    def call(s):
        two = definition("calls_two", task("w", "w", "WAIT"), task("v", "v", "WAIT"))
        started = s.executor.start_workflow(StartWorkflowRequest(name="calls_two", version=1, workflow_def=two))
        return client(s).skip_task_from_workflow(started, "v", SkipTaskRequest(task_input={}, task_output={"n": 1}))

    return call


def correlated(client):
    def call(s):
        s.waiting(correlation_id="both")
        return until(
            lambda: (found := client(s).get_by_correlation_ids(NAME, ["both"], True, True)).get("both") and found
        )

    return call


def logged(s):
    polled = s.polled()
    s.tasks.add_task_log(polled.task_id, 'said "so"')
    return s.tasks.get_task_logs(polled.task_id)
