"""The files for hosts parse, have documented keys, and agree with our budgets and probes."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from demijohn.config.settings import SETTINGS

from local.steps import ROOT
from tests.support.supervisord_conf import stop_seconds

DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
GUNICORN_SECONDS = stop_seconds("gunicorn")

# All keys that a file may use; list items do not count as a level.
DOCUMENTED = {
    # https://devcenter.heroku.com/articles/build-docker-images-heroku-yml
    "heroku.yml": """
        setup.addons.plan setup.addons.as setup.config build.docker.web build.docker.worker
        build.config build.context release.image release.command run.web run.worker
    """,
    # https://devcenter.heroku.com/articles/app-json-schema; `scripts.dokku` and `healthchecks`:
    # https://dokku.com/docs/appendices/file-formats/app-json/
    "app.json": """
        name description stack addons env.SECRET_KEY.description env.SECRET_KEY.generator
        scripts.postdeploy scripts.dokku.predeploy scripts.dokku.postdeploy healthchecks.web.type
        healthchecks.web.name healthchecks.web.path healthchecks.web.port healthchecks.web.timeout
        healthchecks.web.wait healthchecks.web.attempts healthchecks.web.initialDelay
    """,
    # https://kamal-deploy.org/docs/configuration/overview/; unknown keys are errors there
    "config/deploy.yml": """
        service image servers.web.hosts servers.web.options.memory servers.web.options.read-only
        servers.web.options.tmpfs servers.web.options.cap-drop servers.web.options.security-opt
        servers.web.options.stop-timeout proxy.host proxy.ssl proxy.app_port
        proxy.healthcheck.path proxy.healthcheck.interval proxy.healthcheck.timeout
        registry.server registry.username registry.password env.clear.DRAIN_SECONDS env.secret
        builder.arch deploy_timeout drain_timeout
    """,
    # https://docs.railway.com/reference/config-as-code
    "deploy/railway.json": """
        $schema build.builder build.dockerfilePath deploy.preDeployCommand deploy.healthcheckPath
        deploy.healthcheckTimeout deploy.overlapSeconds deploy.drainingSeconds
        deploy.restartPolicyType deploy.restartPolicyMaxRetries deploy.numReplicas
    """,
    # https://docs.digitalocean.com/products/app-platform/reference/app-spec/
    ".do/app.yaml": """
        name region services.name services.github.repo services.github.branch
        services.github.deploy_on_push services.dockerfile_path services.http_port
        services.instance_count services.instance_size_slug services.health_check.http_path
        services.health_check.period_seconds services.health_check.timeout_seconds
        services.health_check.failure_threshold services.liveness_health_check.http_path
        services.liveness_health_check.initial_delay_seconds
        services.liveness_health_check.period_seconds
        services.liveness_health_check.timeout_seconds services.envs.key services.envs.value
        services.envs.scope services.envs.type jobs.name jobs.kind jobs.github.repo
        jobs.github.branch jobs.dockerfile_path jobs.run_command jobs.instance_size_slug
        jobs.envs.key jobs.envs.value jobs.envs.scope jobs.envs.type databases.name
        databases.engine databases.version databases.production databases.cluster_name
    """,
    # https://render.com/docs/blueprint-spec
    "render.yaml": """
        services.type services.name services.runtime services.plan services.preDeployCommand
        services.healthCheckPath services.maxShutdownDelaySeconds services.numInstances
        services.envVars.key services.envVars.value services.envVars.generateValue
        services.envVars.fromDatabase.name services.envVars.fromDatabase.property databases.name
        databases.plan databases.ipAllowList databases.postgresMajorVersion
    """,
    # https://fly.io/docs/reference/configuration/
    "fly.toml": """
        app primary_region kill_signal kill_timeout deploy.release_command
        deploy.release_command_timeout deploy.strategy http_service.internal_port
        http_service.force_https http_service.auto_stop_machines
        http_service.auto_start_machines http_service.min_machines_running
        http_service.concurrency.type http_service.concurrency.soft_limit
        http_service.concurrency.hard_limit http_service.checks.method http_service.checks.path
        http_service.checks.interval http_service.checks.timeout
        http_service.checks.grace_period vm.size vm.memory
    """,
    # https://learn.microsoft.com/azure/container-apps/azure-resource-manager-api-spec
    "deploy/azure/container-app.yaml": """
        properties.template.terminationGracePeriodSeconds properties.template.containers.name
        properties.template.containers.image properties.template.containers.env.name
        properties.template.containers.env.value properties.template.containers.env.secretRef
        properties.template.containers.resources.cpu
        properties.template.containers.resources.memory
        properties.template.containers.probes.type
        properties.template.containers.probes.httpGet.path
        properties.template.containers.probes.httpGet.port
        properties.template.containers.probes.periodSeconds
        properties.template.containers.probes.timeoutSeconds
        properties.template.containers.probes.failureThreshold
        properties.template.scale.minReplicas properties.template.scale.maxReplicas
    """,
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
    "deploy/ecs/task-definition.json": """
        family requiresCompatibilities networkMode cpu memory executionRoleArn
        containerDefinitions.name containerDefinitions.image containerDefinitions.essential
        containerDefinitions.portMappings.containerPort
        containerDefinitions.portMappings.protocol containerDefinitions.user
        containerDefinitions.stopTimeout containerDefinitions.healthCheck.command
        containerDefinitions.healthCheck.interval containerDefinitions.healthCheck.timeout
        containerDefinitions.healthCheck.retries containerDefinitions.healthCheck.startPeriod
        containerDefinitions.environment.name containerDefinitions.environment.value
        containerDefinitions.secrets.name containerDefinitions.secrets.valueFrom
        containerDefinitions.logConfiguration.logDriver
        containerDefinitions.logConfiguration.options.awslogs-group
        containerDefinitions.logConfiguration.options.awslogs-region
        containerDefinitions.logConfiguration.options.awslogs-stream-prefix
        containerDefinitions.logConfiguration.options.awslogs-create-group
    """,
}


def load(file: str) -> Any:
    text = (ROOT / file).read_text(encoding="utf-8")
    if file.endswith(".toml"):
        return tomllib.loads(text)
    return json.loads(text) if file.endswith(".json") else yaml.safe_load(text)


def keys(value: Any, prefix: str = "") -> Iterator[str]:
    """The path of every leaf; lists do not count as a level."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from keys(inner, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield from keys(item, prefix)
    else:
        yield prefix


def pairs(entries: list[dict[str, Any]], name: str = "name") -> dict[str, str]:
    """Variables that a file lists as objects; those without a value are secrets."""
    return {entry[name]: str(entry.get("value", "")) for entry in entries}


FLY = load("fly.toml")
RENDER = load("render.yaml")["services"][0]
COMPOSE = load("docker-compose.yml")["services"]["app"]
RAILWAY = load("deploy/railway.json")["deploy"]
KAMAL = load("config/deploy.yml")
DIGITALOCEAN = load(".do/app.yaml")
DIGITALOCEAN_WEB = DIGITALOCEAN["services"][0]
CLOUD_RUN = load("deploy/cloud-run/service.yaml")["spec"]["template"]["spec"]["containers"][0]
AZURE = load("deploy/azure/container-app.yaml")["properties"]["template"]
AZURE_PROBES = {probe["type"]: probe for probe in AZURE["containers"][0]["probes"]}
ECS = load("deploy/ecs/task-definition.json")["containerDefinitions"][0]
KUBERNETES_POD = load("deploy/kubernetes/deployment.yaml")["spec"]["template"]["spec"]
KUBERNETES = KUBERNETES_POD["containers"][0]

# The variables that each file sets for the image.
VARIABLES = {
    "render.yaml": pairs(RENDER["envVars"], "key"),
    "docker-compose.yml": dict(COMPOSE["environment"]),
    "app.json": dict.fromkeys(load("app.json")["env"], ""),
    "config/deploy.yml": KAMAL["env"]["clear"] | dict.fromkeys(KAMAL["env"]["secret"], ""),
    ".do/app.yaml": pairs(DIGITALOCEAN_WEB["envs"], "key"),
    "deploy/cloud-run/service.yaml": pairs(CLOUD_RUN["env"]),
    "deploy/azure/container-app.yaml": pairs(AZURE["containers"][0]["env"]),
    "deploy/ecs/task-definition.json": pairs(ECS["environment"] + ECS["secrets"]),
    "deploy/kubernetes/deployment.yaml": pairs(KUBERNETES["env"])
    | load("deploy/kubernetes/examples/secret.yaml")["stringData"],
}

# Seconds between SIGTERM and SIGKILL.
GRACE = {
    "fly.toml": float(FLY["kill_timeout"].removesuffix("s")),
    "render.yaml": RENDER["maxShutdownDelaySeconds"],
    "docker-compose.yml": float(COMPOSE["stop_grace_period"].removesuffix("s")),
    "deploy/railway.json": RAILWAY["drainingSeconds"],
    "config/deploy.yml": KAMAL["servers"]["web"]["options"]["stop-timeout"],
    ".do/app.yaml": 120,  # the default
    "heroku.yml": 30,  # fixed
    "deploy/cloud-run/service.yaml": 10,  # fixed
    "deploy/azure/container-app.yaml": AZURE["terminationGracePeriodSeconds"],
    "deploy/ecs/task-definition.json": ECS["stopTimeout"],
    "deploy/kubernetes/deployment.yaml": KUBERNETES_POD["terminationGracePeriodSeconds"],
}

# The probes for traffic and for restarts.
READINESS = {
    "fly.toml": FLY["http_service"]["checks"][0]["path"],
    "app.json": load("app.json")["healthchecks"]["web"][0]["path"],
    "deploy/railway.json": RAILWAY["healthcheckPath"],
    "config/deploy.yml": KAMAL["proxy"]["healthcheck"]["path"],
    ".do/app.yaml": DIGITALOCEAN_WEB["health_check"]["http_path"],
    "deploy/cloud-run/service.yaml": CLOUD_RUN["startupProbe"]["httpGet"]["path"],
    "deploy/azure/container-app.yaml": AZURE_PROBES["Readiness"]["httpGet"]["path"],
    "deploy/kubernetes/deployment.yaml": KUBERNETES["readinessProbe"]["httpGet"]["path"],
}
LIVENESS = {
    ".do/app.yaml": DIGITALOCEAN_WEB["liveness_health_check"]["http_path"],
    "deploy/cloud-run/service.yaml": CLOUD_RUN["livenessProbe"]["httpGet"]["path"],
    "deploy/azure/container-app.yaml": AZURE_PROBES["Liveness"]["httpGet"]["path"],
    "deploy/kubernetes/deployment.yaml": KUBERNETES["livenessProbe"]["httpGet"]["path"],
}

# Hosts in the table of the container tests, and their files.
FILE_OF = {
    "fly": "fly.toml",
    "render": "render.yaml",
    "railway": "deploy/railway.json",
    "heroku": "heroku.yml",
    "cloud-run": "deploy/cloud-run/service.yaml",
    "azure-container-apps": "deploy/azure/container-app.yaml",
    "digitalocean": ".do/app.yaml",
    "ecs": "deploy/ecs/task-definition.json",
    "kubernetes": "deploy/kubernetes/deployment.yaml",
    "kamal": "config/deploy.yml",
}
BUDGETS = ("DRAIN_SECONDS", "STOP_SECONDS")

# The timeout of a release, in seconds.
RELEASE = {
    "fly.toml": float(FLY["deploy"]["release_command_timeout"].removesuffix("m")) * 60,
    "deploy/cloud-run/release-job.yaml": load("deploy/cloud-run/release-job.yaml")["spec"][
        "template"
    ]["spec"]["template"]["spec"]["timeoutSeconds"],
    "deploy/kubernetes/release-job.yaml": load("deploy/kubernetes/release-job.yaml")["spec"][
        "activeDeadlineSeconds"
    ],
    "docs/hosts/azure-container-apps.md": float(
        re.findall(
            r"--replica-timeout (\d+)",
            (ROOT / "docs/hosts/azure-container-apps.md").read_text(encoding="utf-8"),
        )[0]
    ),
}


def setting_seconds(file: str, name: str) -> float:
    """The value of a setting, in seconds, with the variables of this file."""
    variables = VARIABLES.get(file, {})
    return float(variables.get(f"DEMIJOHN_{name}") or variables.get(name) or DEFAULTS[name])


@pytest.mark.parametrize("file", DOCUMENTED)
def test_host_file_has_documented_keys(file: str) -> None:
    assert not set(keys(load(file))) - set(DOCUMENTED[file].split())


@pytest.mark.parametrize("file", VARIABLES)
def test_host_file_names_settings_that_exist(file: str) -> None:
    known = {setting.variable for setting in SETTINGS}
    known |= {f"DEMIJOHN_{setting.name}" for setting in SETTINGS}
    assert not set(VARIABLES[file]) - known - {"DIGITALOCEAN_APP_ID"}


@pytest.mark.parametrize("file", sorted(VARIABLES.keys() - {"docker-compose.yml", "app.json"}))
def test_host_file_sets_the_database_and_a_key(file: str) -> None:
    assert {"DATABASE_URL", "SECRET_KEY"} <= set(VARIABLES[file])


@pytest.mark.parametrize("file", GRACE)
def test_host_grace_exceeds_the_stop_budget(file: str) -> None:
    stop = (
        setting_seconds(file, "DRAIN_SECONDS")
        + setting_seconds(file, "STOP_SECONDS")
        + GUNICORN_SECONDS
    )
    assert stop < GRACE[file]


@pytest.mark.parametrize("file", READINESS)
def test_host_traffic_follows_readyz(file: str) -> None:
    assert READINESS[file] == "/readyz"


@pytest.mark.parametrize("file", LIVENESS)
def test_host_restarts_follow_livez(file: str) -> None:
    assert LIVENESS[file] == "/livez"


def test_host_files_agree_with_the_table_of_the_container_tests() -> None:
    table = load("tests/container/hosts/hosts.toml")
    for name, file in FILE_OF.items():
        assert table[name]["stop"]["grace_seconds"] == GRACE[file], name
        if file in READINESS:
            assert table[name]["probe"]["path"] == READINESS[file], name
    assert table["render"]["probe"]["path"] == RENDER["healthCheckPath"]
    cloud_run = {name: VARIABLES["deploy/cloud-run/service.yaml"][name] for name in BUDGETS}
    assert table["cloud-run"]["settings"].items() >= cloud_run.items()


@pytest.mark.parametrize("file", RELEASE)
def test_host_waits_for_the_release(file: str) -> None:
    assert RELEASE[file] > DEFAULTS["RELEASE_TIMEOUT"]


def test_host_steps_run_the_release() -> None:
    (digitalocean,) = DIGITALOCEAN["jobs"]
    assert digitalocean["kind"] == "PRE_DEPLOY"
    assert {
        FLY["deploy"]["release_command"],
        RENDER["preDeployCommand"],
        *RAILWAY["preDeployCommand"],
        *load("heroku.yml")["release"]["command"],
        load("app.json")["scripts"]["dokku"]["predeploy"],
        digitalocean["run_command"],
    } == {"demijohn release"}


def test_fly_keeps_two_machines() -> None:
    assert FLY["http_service"]["min_machines_running"] == 2


def test_render_database_is_closed_to_the_internet() -> None:
    (database,) = load("render.yaml")["databases"]
    assert database["ipAllowList"] == []


@pytest.mark.parametrize("file", [*DOCUMENTED, "docker-compose.yml", "deploy/kubernetes"])
def test_host_file_stays_out_of_the_image(file: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    first = file.split("/", maxsplit=1)[0]
    assert {file, first} & set(ignored) or first.startswith(".")


@pytest.mark.parametrize("file", DOCUMENTED)
def test_host_file_is_named_in_docs(file: str) -> None:
    index = (ROOT / "docs/hosts/README.md").read_text(encoding="utf-8")
    assert f"](../../{file})" in index or f"](../../{Path(file).parent})" in index
