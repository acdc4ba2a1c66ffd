"""The manifests for Kubernetes and Cloud Run match Kubernetes' schemas, and agree."""

from typing import Any

import kubernetes_validate
import pytest
import yaml
from demijohn.config.resource_limits import MB, Capacity
from demijohn.config.settings import SETTINGS

from local.steps import ROOT

FOLDER = ROOT / "deploy/kubernetes"
MANIFESTS = {path.name: yaml.safe_load(path.read_text()) for path in FOLDER.rglob("*.yaml")}
VERSIONS = ["1.30", kubernetes_validate.latest_version()]
DEPLOYMENT = MANIFESTS["deployment.yaml"]
JOB = MANIFESTS["release-job.yaml"]
DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
SECRET = {"secretRef": {"name": "tally"}}


def validate(manifest: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


def pod(manifest: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return spec


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", MANIFESTS)
def test_manifest_matches_the_schema(name: str, version: str) -> None:
    validate(MANIFESTS[name], version)


def test_manifest_with_an_unknown_key_fails_the_schema() -> None:
    """The validator is strict: one unknown key deep inside is an error."""
    broken = yaml.safe_load((FOLDER / "deployment.yaml").read_text())
    pod(broken)["containers"][0]["livenessProbe"]["timeoutSecond"] = 1
    with pytest.raises(kubernetes_validate.ValidationError, match="timeoutSecond"):
        validate(broken, VERSIONS[-1])


@pytest.mark.parametrize("file", ["service.yaml", "release-job.yaml"])
def test_cloud_run_containers_match_the_schema_of_pods(file: str) -> None:
    """Cloud Run has a subset of Kubernetes' containers, and a few extra keys."""
    manifest = yaml.safe_load((ROOT / "deploy/cloud-run" / file).read_text())
    spec = pod(manifest)
    if file == "release-job.yaml":
        spec = spec["template"]["spec"]
        assert spec.pop("maxRetries") == 0
    else:
        assert spec.pop("containerConcurrency") > 0
    assert spec.pop("timeoutSeconds") > 0
    (container,) = spec["containers"]
    container.setdefault("name", "web")  # optional there
    pod_manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": spec}
    validate(pod_manifest, VERSIONS[-1])


@pytest.mark.parametrize("manifest", [DEPLOYMENT, JOB], ids=["deployment", "job"])
def test_pod_meets_the_restricted_standard(manifest: dict[str, Any]) -> None:
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    spec = pod(manifest)
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    (mount,), (volume,) = container["volumeMounts"], spec["volumes"]
    assert mount == {"name": volume["name"], "mountPath": "/tmp"}
    assert "emptyDir" in volume
    assert spec["enableServiceLinks"] is spec["automountServiceAccountToken"] is False


def test_job_and_deployment_share_image_and_secret() -> None:
    (web,), (release,) = pod(DEPLOYMENT)["containers"], pod(JOB)["containers"]
    assert web["image"] == release["image"]
    assert web["envFrom"] == release["envFrom"] == [SECRET]
    assert MANIFESTS["secret.yaml"]["metadata"]["name"] == SECRET["secretRef"]["name"]
    assert release["args"] == ["release"]
    assert {"name": "RELEASE_ON_BOOT", "value": "false"} in web["env"]


def test_selectors_match_the_pods_of_the_deployment_only() -> None:
    labels = DEPLOYMENT["spec"]["template"]["metadata"]["labels"]
    constraints = pod(DEPLOYMENT)["topologySpreadConstraints"]
    assert (
        labels
        == DEPLOYMENT["spec"]["selector"]["matchLabels"]
        == MANIFESTS["service.yaml"]["spec"]["selector"]
        == MANIFESTS["pod-disruption-budget.yaml"]["spec"]["selector"]["matchLabels"]
    )
    assert all(constraint["labelSelector"]["matchLabels"] == labels for constraint in constraints)
    assert JOB["spec"]["template"]["metadata"]["labels"] != labels


def test_names_between_manifests_agree() -> None:
    (web,) = pod(DEPLOYMENT)["containers"]
    (port,) = MANIFESTS["service.yaml"]["spec"]["ports"]
    assert {"name": port["targetPort"], "containerPort": DEFAULTS["PORT"]} in web["ports"]
    scaled = MANIFESTS["horizontal-pod-autoscaler.yaml"]["spec"]["scaleTargetRef"]
    assert scaled["name"] == DEPLOYMENT["metadata"]["name"]
    (rule,) = MANIFESTS["ingress.yaml"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {
        "name": MANIFESTS["service.yaml"]["metadata"]["name"],
        "port": {"name": port["name"]},
    }


def test_connections_of_all_pods_fit_max_connections() -> None:
    (web,) = pod(DEPLOYMENT)["containers"]
    limits = web["resources"]["limits"]
    capacity = Capacity(
        float(limits["cpu"]), int(limits["memory"].removesuffix("Mi")) * MB, has_quota=True
    )
    pods = MANIFESTS["horizontal-pod-autoscaler.yaml"]["spec"]["maxReplicas"]
    assert pods * capacity.workers() * DEFAULTS["WEB_THREADS"] == 80  # of 100, as the comment says


def test_probe_timeouts_cover_the_boot_and_a_busy_instance() -> None:
    """A boot may wait for the database, and a busy instance responds late."""
    (web,) = pod(DEPLOYMENT)["containers"]
    startup = web["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] > 2 * DEFAULTS["DATABASE_WAIT"]
    assert web["livenessProbe"]["timeoutSeconds"] < web["livenessProbe"]["periodSeconds"]
    readiness = web["readinessProbe"]
    assert readiness["periodSeconds"] < DEFAULTS["DRAIN_SECONDS"]
