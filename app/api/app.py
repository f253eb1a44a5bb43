"""The ASGI application: routes, errors, documentation, and the hub's life."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import swagger_ui_bundle
from litestar import Litestar, MediaType, Response, get
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.static_files import create_static_files_router

from app import __version__, graphics
from app.api.durable import Durable
from app.api.features import Features
from app.api.feeds import Feeds
from app.api.graphics import Graphics
from app.api.head import head_as_get
from app.api.kpi import kpis
from app.api.lifecycle import Lifecycle
from app.api.matches import Matches
from app.api.metrics import metrics
from app.api.monitoring import monitoring
from app.api.operations import catalogue, livez, readyz
from app.api.parameters import only_known_parameters
from app.api.players import list_player_matches, list_players, list_teams
from app.api.pressure import Pressure
from app.api.problems import HANDLERS
from app.api.pulse import Pulse
from app.api.refusals import note_refusal, refusals_as_problems
from app.api.replays import Replays
from app.api.similar import similar_moments
from app.api.sockets import live_socket
from app.api.state import Service, may_ask, provide_principal, provide_service
from app.api.stream import live_stream
from app.db.pool import open_pool
from app.live.hub import Hub
from app.settings import Settings
from app.warehouse.feature_cache import FeatureCache
from app.warehouse.similar import Similar

_SWAGGER = Path(swagger_ui_bundle.swagger_ui_path)
CSP = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors *"


def _page(path: str, name: str, file: str) -> Any:
    @get(path, name=name, include_in_schema=False, media_type=MediaType.HTML, sync_to_thread=False)
    def page() -> Response[bytes]:
        content = (graphics.STATIC_DIR / file).read_bytes()
        headers = {"Content-Security-Policy": CSP, "Cache-Control": "no-cache"}
        return Response(content, media_type=MediaType.HTML, headers=headers)

    return page


def create_app(settings: Settings, dsn: str) -> Litestar:
    """The application for one database."""
    pulse = Pulse(dsn)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        pool = await open_pool(dsn, size=12, application="touchline-api")
        hub = Hub(pool, dsn, settings)
        await hub.start()
        pressure = Pressure(pool, settings)
        app.state.service = Service(pool, hub, settings, pressure, Durable(pool, hub))
        app.state.features = FeatureCache(pool, dsn)
        app.state.similar = Similar(pool, dsn)
        running = (hub.run(), pressure.run(), pulse.run(), app.state.features.run())
        tasks = [asyncio.create_task(work) for work in running]
        try:
            yield
        finally:
            hub.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.wait_for(app.state.similar.close(), 5)
            await asyncio.wait_for(pool.close(), 5)

    app = Litestar(
        route_handlers=[
            Matches,
            Feeds,
            Replays,
            Lifecycle,
            Graphics,
            Features,
            kpis(),
            list_teams,
            list_players,
            list_player_matches,
            similar_moments,
            live_stream,
            live_socket,
            catalogue,
            monitoring,
            livez,
            readyz,
            metrics,
            _page("/", "match-centre", "index.html"),
            *(_page(f"/overlay/{n}", f"overlay-{n}", f"overlays/{p.name}") for n, p in graphics.OVERLAY_PAGES.items()),
            create_static_files_router("/static", [graphics.STATIC_DIR], include_in_schema=False),
            create_static_files_router("/schema-ui", [_SWAGGER], include_in_schema=False),
        ],
        lifespan=[lifespan],
        guards=[may_ask, only_known_parameters],
        middleware=[pulse.guard],
        logging_config=None,
        state=State({}),
        dependencies={"service": Provide(provide_service), "principal": Provide(provide_principal)},
        exception_handlers=HANDLERS,
        after_exception=[note_refusal],
        request_max_body_size=settings.max_body_mb * 1024 * 1024,
        cors_config=CORSConfig(allow_origins=["*"], allow_methods=["GET"], expose_headers=["ETag"]),
        openapi_config=OpenAPIConfig(
            title="Touchline",
            version=__version__,
            description="Live sports signals: feeds in, signals out, everything replayable.",
            path="/schema",
            use_handler_docstrings=True,
            render_plugins=[
                SwaggerRenderPlugin(
                    favicon='<link rel="icon" href="/static/icon.svg">',
                    js_url="/schema-ui/swagger-ui-bundle.js",
                    css_url="/schema-ui/swagger-ui.css",
                    standalone_preset_js_url="/schema-ui/swagger-ui-standalone-preset.js",
                    path=["/", "/swagger"],
                ),
                JsonRenderPlugin(),
            ],
        ),
    )
    app.asgi_handler = refusals_as_problems(head_as_get(app.asgi_handler))
    return app
