import numpy


def answer():
    """The solution of 3x + y = 9, x + 2y = 8."""
    return numpy.linalg.solve(numpy.array([[3.0, 1.0], [1.0, 2.0]]), numpy.array([9.0, 8.0])).round(9).tolist()
