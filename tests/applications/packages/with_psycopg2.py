import psycopg2.extensions


def answer():
    """A text as a literal of SQL, by the C part that every query goes through."""
    return psycopg2.extensions.adapt("O'Hara").getquoted().decode()
