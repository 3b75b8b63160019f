from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic import BaseModel

from mobcg.config import EVALUATION_METHODS, AtomisticOptions, CoarseGrainedOptions, Config, LibraryOptions, SyntheticOptions
from mobcg.configfile import overlaid, parse_config, read_config
from mobcg.outcomes import InputError

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "config"


def keys(content, prefix=""):
    for key, value in content.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from keys(value, f"{prefix}{key}.")


def model_keys(model, prefix=""):
    for name, field in model.model_fields.items():
        yield prefix + name
        nested = [
            kind for kind in (field.annotation, *get_args(field.annotation)) if isinstance(kind, type) and issubclass(kind, BaseModel)
        ]
        if nested and field.annotation is nested[0]:
            yield from model_keys(nested[0], f"{prefix}{name}.")


def test_default_file_lists_every_key_with_its_default():
    content = yaml.safe_load((FOLDER / "default.yaml").read_text())
    assert set(keys(content)) == set(model_keys(Config))
    assert parse_config(content) == Config()


def test_every_key_of_the_default_file_is_commented():
    for line in (FOLDER / "default.yaml").read_text().splitlines():
        if line.startswith("  ") and not line.strip().startswith("#"):
            assert "#" in line, line


@pytest.mark.parametrize("overlay", ["demo.yaml", "production.yaml"])
def test_overlays_are_valid(overlay):
    config = read_config(FOLDER / "default.yaml", FOLDER / overlay)
    assert config.templates
    assert config.evaluation.liquids


def test_production_is_the_published_campaign():
    config = read_config(FOLDER / "default.yaml", FOLDER / "production.yaml")
    assert [template.parameter_sets for template in config.templates] == [400, 400, 400]
    assert config.atomistic.molecules == 500
    assert config.library.runs == 3000
    assert len(config.evaluation.liquids) == 8


def test_the_database_campaign_has_drawn_and_synthetic_runs():
    config = read_config(FOLDER / "default.yaml", FOLDER / "database.yaml")
    assert config.templates
    assert config.library.all_runs == config.library.runs + config.library.synthetic.runs
    assert min(config.library.runs, config.library.synthetic.runs) > 0


def test_the_demo_compares_the_methods_that_need_no_further_runs():
    assert Config().evaluation.methods == EVALUATION_METHODS
    demo = read_config(FOLDER / "default.yaml", FOLDER / "demo.yaml").evaluation
    assert demo.methods == ("inversion", "mass-scaled", "network", "network+friction")


def test_options_of_a_run_leave_out_how_many_there_are_and_what_it_does_not_use():
    options = LibraryOptions(runs=5, synthetic=SyntheticOptions(runs=7))
    more = LibraryOptions(runs=50, chunk_runs=3, synthetic=SyntheticOptions(runs=70))
    for synthetic in (False, True):
        assert options.of_a_run(synthetic) == more.of_a_run(synthetic)
    blended = LibraryOptions(runs=5, blend=0.5, density_factor=(0.9, 1.1), scale=(0.5, 1.0), synthetic=SyntheticOptions(runs=7))
    assert blended.of_a_run(True) == options.of_a_run(True)
    assert blended.of_a_run() != options.of_a_run()
    assert LibraryOptions(perturbation_kT=0.1).of_a_run(True) != options.of_a_run(True)


SLOW = {"coarse_grained": {"speed_bead_steps_per_s": 1.5e5}}

BAD = [
    ({"atomstic": {}}, r"atomstic: unknown key; did you mean 'atomistic'\?"),
    ({"atomistic": {"molecule": 5}}, r"atomistic\.molecule: unknown key; did you mean 'molecules'\?"),
    ({"atomistic": {"molecules": 5}}, r"atomistic\.molecules: found 5; input should be greater than or equal to 27"),
    ({"atomistic": {"molecules": "many"}}, r"atomistic\.molecules: found 'many'; input should be a valid integer"),
    ({"atomistic": {"molecules": 100.5}}, r"atomistic\.molecules: found 100.5; input should be a valid integer"),
    ({"atomistic": {"electrostatics": "ewald"}}, r"atomistic\.electrostatics: found 'ewald'; input should be 'pme' or 'reaction-field'"),
    ({"atomistic": {"cutoff_nm": -1}}, r"atomistic\.cutoff_nm: found -1; input should be greater than 0.3"),
    ({"atomistic": {"production_ps": 10.0}}, r"atomistic\.production_ps: found 10; must be at least 40"),
    ({"coarse_grained": {"production_ps": 30.0}}, r"coarse_grained\.production_ps: found 30; must be at least 40"),
    ({"draws": {"bond_length_CC_nm": [0.2, 0.1]}}, r"draws: bond_length_CC_nm: the low end 0.2 lies above the high end 0.1"),
    ({"draws": {"bond_length_CC_nm": [0.0, 0.1]}}, r"draws: bond_length_CC_nm: must be positive"),
    ({"draws": {"angle_degree": [70, 190]}}, r"draws: angle_degree: must lie within 1 and 180"),
    ({"draws": {"angle_degree": 70}}, r"draws\.angle_degree: found 70; should be a list, for example \[1\.0, 2\.0\], low and high"),
    ({"draws": {"angle_degree": [70]}}, r"draws\.angle_degree\[1\]: this number is missing; a range is \[low, high\]"),
    ({"draws": {"angle_degree": [70, 80, 90]}}, r"draws\.angle_degree: found \[70, 80, 90\]; should be a list of two numbers"),
    ({"templates": [{"liquid": "benzene"}]}, r"templates\[0\]\.parameter_sets: this key is missing"),
    ({"templates": [{"liquid": "benzene", "parameter_sets": -1}]}, r"templates\[0\]\.parameter_sets: found -1"),
    ({"templates": [{"liquid": "a", "parameter_sets": 1, "ranges": {"angles": [1, 2]}}]}, r"templates\[0\]\.ranges\.angles: unknown key"),
    ({"observables": {"fit_window_ps": [9.0, 9.0]}}, r"observables: fit_window_ps: needs 0 <= start < end"),
    ({"library": {"zero_friction_fraction": 1.5}}, r"library\.zero_friction_fraction: found 1.5; input should be less than or equal to 1"),
    ({"library": {"mass_Da": [0.0, 10.0]}}, r"library: mass_Da: must be positive"),
    ({"library": {"density_factor": [0.0, 1.0]}}, r"library: density_factor: must be positive"),
    ({"library": {"blend": 1.1}}, r"library\.blend: found 1.1; input should be less than or equal to 1"),
    ({"library": {"reference_mass_Da": 0.0}}, r"library\.reference_mass_Da: found 0.0; input should be greater than 0"),
    ({"library": {"runs": 0}}, r"library: runs: found 0, and no synthetic\.runs; a library needs at least one run"),
    ({"library": {"synthetic": {"run": 5}}}, r"library\.synthetic\.run: unknown key; did you mean 'runs'\?"),
    ({"library": {"synthetic": {"depth_kT": [0.0, 1.0]}}}, r"library\.synthetic: depth_kT: must be positive"),
    ({"library": {"synthetic": {"repulsion": [1.0, 9.0]}}}, r"library\.synthetic: repulsion: must begin above attraction, 1\.5, found 1"),
    ({"library": {"synthetic": {"core": [0.7, 2.6]}}}, r"library\.synthetic: core: must end before cutoff, 2\.5, found 2\.6"),
    ({"pool": {"kind": "pbs"}}, r"pool\.kind: found 'pbs'; input should be 'local' or 'slurm'"),
    ({"learning": {"r_max_nm": 3.0}}, r"learning\.r_max_nm: found 3; must not exceed library\.r_max_nm"),
    ({"seed": -1}, r"seed: found -1"),
    ({"seed": None}, r"seed: found None"),
    ({"inversion": {"structure_error": float("nan")}}, r"inversion\.structure_error: found nan"),
    ({"inversion": {"method": "newton"}}, r"inversion\.method: found 'newton'; input should be 'imc', 'ibi' or 'direct'"),
    ({"inversion": {"knot_spacing_nm": 0.001}}, r"inversion\.knot_spacing_nm: found 0.001; input should be greater than 0.005"),
    ({"inversion": {"longest_production_ps": 50.0}}, r"longest_production_ps: found 50; must be at least production_ps, 100"),
    ({"evaluation": {"liquids": "benzene"}}, r"evaluation\.liquids: found 'benzene'; should be a list, for example \[benzene\]"),
    ({"evaluation": {"methods": ["invert"]}}, r"evaluation\.methods\[0\]: found 'invert'; input should be 'direct', .* or 'refined'"),
    ({"evaluation": {"methods": ["direct", "direct"]}}, r"evaluation: methods: 'direct' stands there twice; .* once: direct, .*, refined"),
    ({"evaluation": {"methods": "direct"}}, r"evaluation\.methods: found 'direct'; should be a list, for example \[inversion, network\]"),
    (
        {"templates": "benzene"},
        r"templates: found 'benzene'; should be a list, for example \[\{liquid: ethylbenzene, parameter_sets: 2\}\]",
    ),
    ({"templates": ["benzene"]}, r"templates\[0\]: found 'benzene'; should be keys and values, .*liquid, parameter_sets, ranges"),
    ({"atomistic": 500}, r"atomistic: found 500; should be keys and values, indented below it: checkpoint_ps"),
    ({"evaluation": None}, r"evaluation: found None; nothing stands below it: indent its keys or remove it"),
    ({"liquids": ["benzene"]}, r"liquids: found \['benzene'\]; .* evaluation\.liquids, a list indented below `evaluation:`"),
    ({"results": 5}, r"results: found 5; should be text"),
    (
        {"atomistic": {"sample_interval_ps": 10.0}},
        r"atomistic\.sample_interval_ps: found 10, which leaves 2 lags in .*\[5, 20\]; at least 3 are needed: 5 or less",
    ),
    ({"coarse_grained": {"sample_interval_ps": 10.0}}, r"coarse_grained\.sample_interval_ps: found 10, which leaves 2 lags"),
    (
        {"atomistic": {"production_ps": 50.0}, "observables": {"blocks": 60}},
        r"atomistic\.production_ps: found 50; must be at least 60, observables\.blocks \(60\) stretches of 1 ps",
    ),
    (
        {"coarse_grained": {"production_ps": 40.0}, "observables": {"blocks": 100}},
        r"coarse_grained\.production_ps: found 40; must be at least 50, observables\.blocks \(100\) stretches of 0\.5 ps",
    ),
    ({"inversion": {"production_ps": 4.0}}, r"inversion\.production_ps: found 4; must be at least 5, 10 times coarse_grained\.sample_int"),
    ({"atomistic": {"molecules": 46}}, r"atomistic\.molecules: found 46; must be at least 47: half their box is 1\.79 rho\^\(-1/3\)"),
    (
        {"atomistic": {"molecules": 27}, "learning": {"x_max": 1.6}},
        r"atomistic\.molecules: found 27; must be at least 33: half their box is 1\.5 .* reads g\(r\) to 1\.6 ",
    ),
    ({"learning": {"published_epochs": 400}}, r"learning\.published_epochs: unknown key"),
    ({"learning": {"g_noise": 0.0}}, r"learning\.g_noise: found 0\.0; input should be greater than 0"),
    ({"library": {"r_max_nm": 1.4}}, r"learning\.x_max: found 2\.4; must not exceed 2\.38, 1\.7 times library\.r_max_nm \(1\.4\)"),
    (
        SLOW | {"pool": {"kind": "slurm"}, "library": {"chunk_runs": 25}},
        r"library\.chunk_runs: found 25; must be at most 23 for pool\.walltime_minutes \(240\)",
    ),
    (SLOW | {"pool": {"kind": "slurm", "walltime_minutes": 10}}, r"pool\.walltime_minutes: found 10; must be at least 11"),
]


@pytest.mark.parametrize(("content", "message"), BAD)
def test_bad_config_names_key_value_and_what_is_allowed(content, message):
    with pytest.raises(InputError, match=message):
        parse_config(content)


def test_all_problems_are_told_at_once():
    with pytest.raises(InputError, match="2 problem"):
        parse_config({"seed": -1, "sed": 1})
    with pytest.raises(InputError, match="2 problem"):
        parse_config({"atomistic": {"production_ps": 10.0, "molecules": 46}})


def test_a_limit_that_is_told_is_allowed():
    assert parse_config({"atomistic": {"molecules": 47}}).learning.x_max == 2.4, "the database alone must reach x_max"
    assert parse_config({"atomistic": {"molecules": 33}, "learning": {"x_max": 1.6}}).atomistic.molecules == 33
    assert parse_config({"library": {"r_max_nm": 1.4}, "learning": {"x_max": 2.38}}).learning.x_max == 2.38
    assert parse_config(SLOW | {"pool": {"kind": "slurm"}, "library": {"chunk_runs": 23}}).library.chunk_runs == 23
    shortest = SLOW | {"pool": {"kind": "slurm", "walltime_minutes": 11}, "library": {"chunk_runs": 1}}
    assert parse_config(shortest).pool.walltime_minutes == 11


def test_overlay_replaces_lists_and_merges_mappings():
    assert overlaid({"a": {"b": 1, "c": [1, 2]}}, {"a": {"c": [3]}}) == {"a": {"b": 1, "c": [3]}}


def test_unreadable_files_are_named(tmp_path):
    broken = tmp_path / "broken.yaml"
    broken.write_text("a: [1")
    with pytest.raises(InputError, match=r"broken\.yaml: cannot be read as yaml: line 1, column 6: "):
        read_config(broken)
    with pytest.raises(InputError, match=r"absent\.yaml: no such file"):
        read_config(tmp_path / "absent.yaml")


def test_a_target_needs_a_maximum_that_is_not_below_the_length():
    with pytest.raises(ValueError, match="give both"):
        CoarseGrainedOptions(target_relative_error=0.05)
    with pytest.raises(ValueError, match="at least production_ps, 3000"):
        AtomisticOptions(target_relative_error=0.05, maximum_production_ps=100.0)
    assert AtomisticOptions(target_relative_error=0.05, maximum_production_ps=9000.0).target_relative_error == 0.05
