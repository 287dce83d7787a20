from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "book"
    title: Mapped[str] = mapped_column(primary_key=True)
    pages: Mapped[int]


def answer():
    """A mapped class, written and summed up in a database of its own."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Book(title="Emma", pages=474), Book(title="Persuasion", pages=249)])
        session.commit()
        return session.scalar(select(func.sum(Book.pages)))
