"""Alembic's environment: one psycopg connection, handed over by app.db.migrate or made from DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import create_engine

from app.db.migrate import sqlalchemy_url


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        context.configure(connection=connection, version_table_schema="public")
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = create_engine(sqlalchemy_url(os.environ["DATABASE_URL"]))
    with engine.connect() as own:
        context.configure(connection=own, version_table_schema="public")
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
