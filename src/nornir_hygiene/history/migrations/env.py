"""What Alembic runs: the migrations on the connection it was handed, in the transaction that is open there."""

from alembic import context

from nornir_hygiene.history.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
