"""The manifests are what Kubernetes takes, agree with the code, and give pods few rights."""

import re

import kubernetes_validate
import pytest
import yaml

from stages.adapters.paths import ROOT

FOLDER = ROOT / "deploy" / "kubernetes"
RELEASE = "1.36"  # of Kubernetes, whose schemas decide
FILES = sorted(f for f in FOLDER.glob("*.yaml") if f.stem != "kustomization")
OBJECTS = [o for file in FILES for o in yaml.safe_load_all(file.read_text())]
DEPLOYMENTS = [o for o in OBJECTS if o["kind"] == "Deployment"]
DOCKERFILE = (ROOT / "deploy" / "serving.Dockerfile").read_text()


def of(kind: str, name: str) -> dict:
    return next(o for o in OBJECTS if (o["kind"], o["metadata"]["name"]) == (kind, name))


def name(thing: dict) -> str:
    return f"{thing['kind']}-{thing['metadata']['name']}"


def container(deployment: dict) -> dict:
    return deployment["spec"]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("thing", OBJECTS, ids=name)
def test_a_manifest_keeps_to_its_schema(thing):
    kubernetes_validate.validate(thing, RELEASE, strict=True)
    assert thing["metadata"].get("namespace", "purchasing") == "purchasing"


def test_a_manifest_with_a_slip_is_refused():
    wrong = of("Service", "ui") | {"spec": {"port": 8501}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, RELEASE, strict=True)


def test_kustomize_names_every_file_and_the_version_of_the_project():
    said = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    assert sorted(said["resources"]) == [f.name for f in FILES]
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.M).group(1)
    assert [i["newTag"] for i in said["images"]] == [version]
    assert f":{version} " in DOCKERFILE


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name)
def test_a_pod_has_no_right_that_it_does_not_need(deployment):
    pod, one = deployment["spec"]["template"]["spec"], container(deployment)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert f"--uid {pod['securityContext']['runAsUser']} " in DOCKERFILE
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"readinessProbe", "livenessProbe"} <= one.keys()
    published = [m for m in one["volumeMounts"] if m["name"] == "published"]
    assert published
    assert all(mount["readOnly"] for mount in published)


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=name)
def test_it_runs_a_module_that_exists_on_the_port_that_its_service_names(deployment):
    one, service = container(deployment), of("Service", deployment["metadata"]["name"])
    target = one["command"][-1]
    file = target if target.endswith(".py") else target.replace(".", "/") + ".py"
    assert (ROOT / file).exists()
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
    port = one["ports"][0]
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    assert service["spec"]["ports"][0]["port"] == port["containerPort"]
    policy = of("NetworkPolicy", deployment["metadata"]["name"])
    assert policy["spec"]["ingress"][0]["ports"] == [{"port": port["containerPort"]}]


def test_every_setting_is_read_by_the_code_and_no_secret_is_in_a_file():
    code = "\n".join(f.read_text() for f in (ROOT / "stages").rglob("*.py"))
    given = set(of("ConfigMap", "settings")["data"])
    given |= {e["name"] for d in DEPLOYMENTS for e in container(d).get("env", [])}
    ours = {n for n in given if n.startswith(("SERVE_", "PURCHASING_", "MLFLOW_TRACKING_URI"))}
    asked = {n.removeprefix("SERVE_").lower() if n.startswith("SERVE_") else n for n in ours}
    assert sorted(n for n in asked if n not in code) == []
    assert [o for o in OBJECTS if o["kind"] == "Secret"] == []
    assert sorted(n for n in given if "PASSWORD" in n or "KEY" in n) == []


def test_the_ui_answers_to_the_host_name_of_the_settings_and_to_no_other():
    arguments = container(of("Deployment", "ui"))["args"]
    for option in ("--server.allowedHosts", "--browser.serverAddress"):
        assert f"{option}=$(UI_HOST)" in arguments
    assert {"configMapRef": {"name": "settings"}} in container(of("Deployment", "ui"))["envFrom"]
    assert of("ConfigMap", "settings")["data"]["UI_HOST"]
