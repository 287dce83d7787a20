from pydantic import BaseModel, ValidationError


class Order(BaseModel):
    item: str
    count: int


def answer():
    """What is read from JSON, and where it is wrong."""
    good = Order.model_validate_json('{"item": "tea", "count": "3"}')
    try:
        Order.model_validate_json('{"item": "tea", "count": "many"}')
    except ValidationError as wrong:
        return [good.model_dump(), wrong.errors()[0]["loc"]]
