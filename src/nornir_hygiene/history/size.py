"""How much the history holds."""

from sqlalchemy import Engine, func, select, text

from nornir_hygiene.history.tables import metadata


def counted(engine: Engine) -> dict[str, int]:
    """Rows by table."""
    with engine.connect() as connection:
        tables = sorted(metadata.tables.values(), key=lambda table: table.name)
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }


def stored_bytes(engine: Engine) -> int:
    """Of the database file, or on PostgreSQL of our tables with their indexes."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            return int(connection.execute(text(pages)).scalar_one())
        size = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
        return sum(int(connection.execute(size, {"name": name}).scalar_one()) for name in metadata.tables)
