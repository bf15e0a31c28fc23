"""The smallest app there is, which every figure of ``pages.py`` is a multiple of."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "hello"
