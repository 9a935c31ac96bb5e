"""A registered version needs what it says it needs, and nothing else."""

import sys

import grimp

from stages.serving.registration import REQUIREMENTS


def test_the_code_of_a_registered_model_imports_what_its_requirements_name():
    graph = grimp.build_graph("stages", include_external_packages=True, cache_dir=None)
    imported = graph.find_upstream_modules("stages.serving.model")
    packages = {name for name in imported if not name.startswith("stages")}
    packages = {"pyyaml" if name == "yaml" else name for name in packages}
    assert packages - set(sys.stdlib_module_names) == set(REQUIREMENTS)
