def index():
    return "private module"
