def index():
    return "hidden module"
