"""What catalogs, package indexes and clusters read of the repository."""

import re
import subprocess
import sys
import tomllib

import yaml

from tests.docs.blocks import ROOT


def loaded(name):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_workflow_catalog_finds_what_its_standard_asks_for():
    assert (ROOT / "workflow/Snakefile").is_file()
    assert list((ROOT / "workflow/rules").glob("*.smk"))
    assert (ROOT / "config/README.md").is_file()
    usage = loaded(".snakemake-workflow-catalog.yml")["usage"]
    assert {"conda", "apptainer", "apptainer+conda", "report"} == set(usage["software-stack-deployment"])
    config = re.fullmatch(r"--configfile (\S+)", usage["mandatory-flags"]["flags"])[1]
    assert (ROOT / config).is_file()
    readme = (ROOT / "README.md").read_text(encoding="utf-8").lower()
    assert "snakemake" in readme
    assert "workflow" in readme, "the catalog looks for both words"


def test_the_workflow_is_a_module_of_another_one(tmp_path):
    """As snakedeploy writes it: the rules from the repository, the config here."""
    (tmp_path / "config").symlink_to(ROOT / "config")
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/Snakefile").write_text(
        f'configfile: "config/default.yaml"\n\n\nmodule mobcg:\n    snakefile:\n        "{ROOT}/workflow/Snakefile"\n    config:\n'
        "        config\n\n\nuse rule * from mobcg\n"
    )
    command = [sys.executable, "-m", "snakemake", "-n", "--quiet", "rules", "--cores", "1", "--configfile", "config/demo.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^invert +6$", done.stdout + done.stderr, re.MULTILINE)


def test_versions_and_licences_agree():
    citation = loaded("CITATION.cff")
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"] == "MIT"
    assert citation["cff-version"] == "1.2.0"
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_what_is_installed_by_conda_is_what_pip_asks_for():
    names = {"pytorch": "torch", "matplotlib-base": "matplotlib", "freud": "freud-analysis", "snakemake-minimal": "snakemake"}
    conda = {re.split("[=<>]", line)[0] for line in loaded("envs/mobcg.yaml")["dependencies"]}
    conda = {names.get(name, name) for name in conda}
    extra = PROJECT["optional-dependencies"]["workflow"]
    pip = {re.split("[=<>]", line)[0] for line in (*PROJECT["dependencies"], *extra)}
    assert pip - conda <= {"pygments"}, "add them to envs/mobcg.yaml"


def test_the_container_copies_what_is_there_and_makes_the_environment_that_it_uses():
    recipe = (ROOT / "envs/mobcg.def").read_text(encoding="utf-8")
    copied = re.findall(r"^    (\S+) /opt/build/\S+$", recipe, re.MULTILINE)
    assert {"envs/mobcg.yaml", "pyproject.toml", "src", PROJECT["readme"], *PROJECT["license-files"]} == set(copied)
    assert all((ROOT / path).exists() for path in copied)
    assert set(re.findall(r"/opt/conda/envs/(\w+)", recipe)) == {loaded("envs/mobcg.yaml")["name"]}
    sections = re.findall(r"^%(\w+)", recipe, re.MULTILINE)
    assert sections == ["files", "post", "environment", "runscript", "test", "labels"]


def test_every_extra_is_pinned():
    pinned = {re.split("==", line)[0].lower().replace("_", "-") for line in (ROOT / "envs/constraints.txt").read_text().splitlines()}
    for extra in ("workflow", "test", "docs", "benchmark", "crosscheck"):
        for line in PROJECT["optional-dependencies"][extra]:
            assert re.split(r"[\[<>=]", line)[0].lower() in pinned, f"{extra}: {line} is not in envs/constraints.txt"
