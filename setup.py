"""What is installed: halfsize's packages, released weights, and what a site needs of `web_demo`.

Everything else about the project is in pyproject.toml. `halfsize.web_demo` is `web_demo` by another
name, since it cannot be listed there.
"""

from setuptools import find_packages, setup

NAMES = ("plumbing", "pixels", "teacher", "distill", "export", "halfsize")

setup(
    packages=[
        *find_packages(include=[pattern for name in NAMES for pattern in (name, f"{name}.*")]),
        "halfsize.web_demo",
    ],
    package_dir={"halfsize.web_demo": "web_demo"},
    include_package_data=False,
    package_data={
        "halfsize": ["py.typed"],
        "pixels": ["**/*.json"],
        "export": ["**/*.json"],
        "teacher": ["released/*.csv", "released/*/*"],
        "distill": ["released/*.csv", "released/*/*"],
        "halfsize.web_demo": [
            "dist/half-size.*js",
            "dist/halfsize.*js",
            "dist/halfsize-extras.js",
            "dist/engine-*.js",
            "dist/verify*.js",
            "dist/ort/*",
            "models/*/*",
        ],
    },
)
