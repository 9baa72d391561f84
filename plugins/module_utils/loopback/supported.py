def check(m):
    pass
