"""The extensions that many Flask apps use, in the image."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.container.test_guestbook import make_context
from tests.support import secrecy
from tests.support.docker_engine import ROOT, Container, Engine, Postgres, wait_for

EXTENSIONS = ROOT / "tests" / "fixtures" / "extensions"
BUILD = {
    "BACKEND": "server",
    "FRONTEND_STAGE": "no-frontend",
    "APT_PACKAGES": "redis-server",
}
SETTINGS = {
    "APP_DIR": "server",
    "APP_MODULE": "app:app",
    "API_PATHS": "/",
    "DATABASE_DRIVER": "psycopg",
    "SECRET_KEY": secrecy.SECRET_KEY,
}


@pytest.fixture(scope="module")
def extensions_image(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> str:
    return engine.build(make_context(EXTENSIONS, tmp_path_factory.mktemp("extensions")), **BUILD)[0]


@pytest.fixture(scope="module")
def extensions(engine: Engine, extensions_image: str, postgres: Postgres) -> Iterator[Container]:
    url = postgres.url(postgres.create_database())
    site = engine.start(
        extensions_image, settings={"DATABASE_URL": url, **SETTINGS}, options=("--memory", "768m")
    )
    yield site.wait_until_ready()
    assert "Traceback" not in site.log


@pytest.fixture
def client(extensions: Container) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=extensions.url, timeout=30) as client:
        yield client


def test_restx_serves_its_resources_and_swagger_ui(client: httpx.Client) -> None:
    assert client.post("/rest/notes", json={"text": "from RESTX"}).status_code == 201
    assert "from RESTX" in client.get("/rest/notes").json()
    page = client.get("/rest/docs", headers={"Accept": "text/html"}).text
    for file in re.findall(r'(?:src|href)="(/swaggerui/[^"]+)"', page):
        assert client.get(file).status_code == 200
    (specification,) = re.findall(r'\burl: "([^"]+)"', page)
    assert "/notes" in client.get(specification).json()["paths"]


def test_smorest_validates_and_documents(client: httpx.Client) -> None:
    assert client.post("/smorest/notes", json={"text": "ok"}).status_code == 201
    assert client.post("/smorest/notes", json={}).status_code == 422
    assert "/smorest/notes" in client.get("/smorest/openapi.json").text
    assert "swagger-ui" in client.get("/smorest/docs").text


def test_admin_shows_and_changes_the_database(client: httpx.Client) -> None:
    page = client.get("/admin/note/", headers={"Sec-Fetch-Mode": "navigate"})
    assert page.status_code == 200
    for file in re.findall(r'(?:src|href)="(/admin/static/[^"]+)"', page.text):
        assert client.get(file).status_code == 200
    saved = client.post("/admin/note/new/", data={"text": "from the admin"})
    assert (saved.status_code, saved.headers["Location"]) == (302, "/admin/note/")
    assert "from the admin" in client.get("/admin/note/").text


def test_login_and_session_last_over_all_workers(client: httpx.Client) -> None:
    assert client.get("/me").status_code == 401
    assert client.post("/login/ann").status_code == 204
    visits = [client.get("/me").json() for _ in range(20)]
    assert visits == [{"name": "ann", "visits": number} for number in range(1, 21)]


def test_form_with_a_token_is_accepted_and_without_is_not(client: httpx.Client) -> None:
    (token,) = re.findall(r'value="([^"]+)"', client.get("/form").text)
    assert client.post("/form", data={"text": "x", "csrf_token": token}).text == "x"
    assert client.post("/form", data={"text": "x"}).text.startswith("<form")


def test_dash_serves_its_scripts_and_callbacks(client: httpx.Client) -> None:
    page = client.get("/dash/", headers={"Accept": "text/html"}).text
    scripts = re.findall(r'<script src="([^"]+)"', page)
    assert scripts and {client.get(script).status_code for script in scripts} == {200}
    assert "number" in client.get("/dash/_dash-layout").text
    call = {
        "output": "double.children",
        "outputs": {"id": "double", "property": "children"},
        "inputs": [{"id": "number", "property": "value", "value": 21}],
        "changedPropIds": ["number.value"],
    }
    assert "42" in client.post("/dash/_dash-update-component", json=call).text


def test_celery_and_rq_work_as_programs(client: httpx.Client) -> None:
    assert client.post("/celery/7").text == "49"
    job = client.post("/rq/8").json()["job"]
    wait_for(lambda: client.get(f"/rq/{job}").json()["result"] == 64, "the result of RQ")


def test_app_that_gevent_has_patched_serves_in_parallel(
    engine: Engine, extensions_image: str
) -> None:
    settings = SETTINGS | {"APP_MODULE": "patched:app", "WEB_CONCURRENCY": "1"}
    site = engine.start(extensions_image, settings=settings, options=()).wait_until_ready()
    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(site.get, f"/itself?{number}") for number in range(3)]
        assert {answer.result().text for answer in answers} == {"slept"}
    assert {site.get(probe).status_code for probe in ("/livez", "/readyz")} == {200}


@pytest.mark.parametrize("user", ["10001", "12345"])  # the image's, and one that a host chose
def test_user_of_the_container_has_a_name(engine: Engine, extensions_image: str, user: str) -> None:
    code = "import getpass, os; print(getpass.getuser(), os.path.expanduser('~'))"
    if user == "10001":
        code += "; import pwd; print(pwd.getpwuid(os.getuid()).pw_name)"
    site = engine.start(
        extensions_image, "python", "-c", code, options=("--user", user), settings=SETTINGS
    )
    expected = "demijohn /tmp\n" + ("demijohn\n" if user == "10001" else "")
    wait_for(lambda: site.stdout == expected, "its name")
