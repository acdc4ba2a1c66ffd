"""The table of hosts, and the image as each host runs it: release step and web process."""

import tomllib
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.support import secrecy
from tests.support.docker_engine import Container, Engine, Postgres, docker, run_docker
from tests.support.mirror_app import MIRROR_APP

TABLE = Path(__file__).with_name("hosts.toml")

CLIENT = "203.0.113.7"
CLOUDFLARE_EDGE = "172.70.247.28"

Host = dict[str, Any]


@cache
def hosts() -> dict[str, Host]:
    """The rows of the table by the host's name."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


@dataclass
class Deployment:
    """A host's row, and the containers that it runs."""

    host: Host
    release: Container | None
    web: Container
    settings: dict[str, str]
    stopped: Future[Any] | None = None

    def address(self, network: str = "") -> str:
        """The address of the web process in a network (by default its first): host and port."""
        networks = self.web.inspect(".NetworkSettings.Networks")
        found = networks[network] if network else next(iter(networks.values()))
        return f"{found['IPAddress']}:{self.web.port}"


class Fleet:
    """The hosts that tests have deployed to, each with its own database."""

    def __init__(self, engine: Engine, image: str, servers: dict[str, Postgres]) -> None:
        self._engine = engine
        self._image = image
        self._servers = servers
        self._networks: dict[str, str] = {}
        self._deployments: dict[str, Deployment] = {}
        self._pool = ThreadPoolExecutor(len(hosts()))

    def close(self) -> None:
        """Remove the containers of all hosts; the engine removes their networks."""
        found = self._deployments.values()
        containers = [c.name for d in found for c in (d.web, d.release) if c]
        if containers:
            docker("rm", "--force", "--volumes", *containers)
        self._pool.shutdown()

    def deploy(self, name: str) -> Deployment:
        """Release, then start the web process, and wait until it is ready; once per host."""
        if name not in self._deployments:
            self._deployments[name] = self._deploy(hosts()[name])
            self._deployments[name].web.wait_until_ready()
        return self._deployments[name]

    def stop(self, name: str) -> Future[Any]:
        """Start to stop it as the host does: its signal, then SIGKILL after its grace period."""
        deployment = self.deploy(name)
        if not deployment.stopped:
            stop, web = deployment.host["stop"], deployment.web.name
            if stop.get("every_process"):
                run_docker("exec", web, "sh", "-c", "kill -TERM -1")
            grace = str(stop["grace_seconds"])
            command = ("stop", "--signal", stop["signal"], "--time", grace, web)
            deployment.stopped = self._pool.submit(docker, *command)
        return deployment.stopped

    def _deploy(self, host: Host) -> Deployment:
        network = self._network(host["peer_network"])
        database = host["database"]
        server = self._servers[database["server"]]
        values = {
            "user": "postgres",
            "password": quote(server.password, safe=""),
            "host": server.host,
            "port": "5432",
            "database": server.create_database(),
        }
        secrets = {"SECRET_KEY": secrecy.SECRET_KEY}
        settings_given = secrets | host.get("settings", {}) | host["variables"]
        settings_given |= MIRROR_APP.settings
        settings_given |= {"DATABASE_URL": database["url"].format_map(values)}
        port = {"PORT": str(host["port"])} if "port" in host else {}
        options = [*self._options(host), *MIRROR_APP.options]
        release = None
        if command := host.get("command", {}).get("release"):
            url = database.get("release_url", database["url"]).format_map(values)
            extra = host["command"].get("release_variables", {})
            release = self._engine.start(
                self._image,
                *command,
                options=options,
                settings=settings_given | extra | {"DATABASE_URL": url},
                network=network,
            )
            release.wait()
        settings = settings_given | port
        web = self._engine.start(
            self._image,
            *host.get("command", {}).get("web", ()),
            port=host.get("port", 8080),
            options=options,
            settings=settings,
            network=network,
        )
        return Deployment(host, release, web, settings)

    def _network(self, block: str) -> str:
        """A network with addresses of the host's proxy; the databases are connected to it."""
        if block not in self._networks:
            self._networks[block] = self._engine.create_network(block)
            for server in self._servers.values():
                run_docker("network", "connect", self._networks[block], server.host)
        return self._networks[block]

    def _options(self, host: Host) -> list[str]:
        """The host's options for the container, without capabilities as on the strictest hosts."""
        options = ["--memory", f"{host['memory_mb']}m", "--cap-drop", "ALL"]
        if host["user"]:
            options += ["--user", host["user"]]
        if host["read_only"]:
            options += ["--read-only", "--tmpfs", "/tmp"]
        if "entrypoint" in host.get("command", {}):
            options += ["--entrypoint", host["command"]["entrypoint"]]
        if host["database"]["server"] == "socket":
            volume = self._servers["socket"].volume
            folder = host["database"]["socket_folder"]
            options += ["--mount", f"type=volume,src={volume},dst={folder}"]
        return options
