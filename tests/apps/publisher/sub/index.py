def index():
    return f"index of sub, {__name__.partition('@')[0]}"
