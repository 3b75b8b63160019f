import re
from pathlib import Path

import pytest

from mobcg.campaign import Campaign
from mobcg.config import CoarseGrainedOptions, Config, LibraryOptions, SyntheticOptions, Template
from mobcg.configfile import read_config
from mobcg.outcomes import InputError

ROOT = Path(__file__).parents[1]


def production():
    return Campaign.plan(read_config(ROOT / "config/default.yaml", ROOT / "config/production.yaml"), ROOT)


def test_production_has_every_sample_once():
    campaign = production()
    assert len(campaign.drawn) == 1200
    assert len(campaign.references) == 8
    assert len(campaign.samples) == 1208
    assert campaign.samples["ethylbenzene-00399"].template == "ethylbenzene"
    assert campaign.samples["benzene-reference"].template is None


def test_unknown_liquid_names_key_and_nearest():
    config = Config(templates=(Template(liquid="ethylbenzen", parameter_sets=1),))
    with pytest.raises(InputError, match=re.escape("templates[0].liquid") + ".*'ethylbenzene'"):
        Campaign.plan(config, ROOT)


def test_a_liquid_may_stand_once():
    twice = tuple(Template(liquid="benzene", parameter_sets=1) for _ in range(2))
    with pytest.raises(InputError, match="'benzene' stands there twice"):
        Campaign.plan(Config(templates=twice), ROOT)


def test_the_packages_models_need_no_library():
    campaign = Campaign.plan(read_config(ROOT / "config/default.yaml", ROOT / "config/references.yaml"), ROOT)
    assert not campaign.trains
    assert not campaign.drawn
    assert len(campaign.references) == 8
    assert (Path(campaign.model_folder("flagship")) / "weights.pt").exists()
    assert production().trains
    assert production().model_folder("flagship") == f"{production().config.results}/learning/flagship"


def test_defaults_alone_say_which_overlay_to_lay_over_them():
    with pytest.raises(InputError, match=r"templates: 0 parameter set.*--configfile config/demo\.yaml"):
        Campaign.plan(Config(), ROOT)


def test_synthetic_parents_alone_are_a_campaign():
    def planned(runs, drawn=0):
        library = LibraryOptions(runs=drawn, synthetic=SyntheticOptions(runs=runs, runs_per_potential=2))
        return Campaign.plan(Config(library=library), ROOT)

    assert planned(4).drawn == {}
    assert planned(3).samples == {}, "three runs of two potentials"
    with pytest.raises(InputError, match=r"templates: 0 parameter set.*library\.synthetic\.runs"):
        planned(2)


@pytest.mark.parametrize(
    ("liquid", "content", "message"),
    [
        ("ethanol", "smiles: CCO", r"templates\[0\]\.liquid: liquid 'ethanol': .*only hydrocarbons"),
        ("broken", "smiles: CC(C", r"templates\[0\]\.liquid: liquid 'broken'"),
        ("own", "topology: {gromacs_top: a.top, coordinates: a.gro}", r"templates\[0\]\.liquid: 'own' has a topology of its own"),
    ],
)
def test_a_molecule_that_cannot_be_drawn_from_is_refused_at_the_plan(tmp_path, liquid, content, message):
    (tmp_path / f"{liquid}.yaml").write_text(content)
    config = Config(templates=(Template(liquid=liquid, parameter_sets=2),), liquids=str(tmp_path))
    with pytest.raises(InputError, match=message):
        Campaign.plan(config)


def test_a_box_too_small_for_the_cutoff_is_refused_at_the_plan():
    small = Config().atomistic.model_copy(update={"molecules": 27, "cutoff_nm": 1.2})
    config = Config(templates=(Template(liquid="benzene", parameter_sets=2),)).model_copy(update={"atomistic": small})
    with pytest.raises(InputError, match="27 molecules of 'benzene' may fill a box of only"):
        Campaign.plan(config, ROOT)


def test_own_ranges_lie_over_the_common_ones():
    template = Template(liquid="ethylbenzene", parameter_sets=2, ranges={"angle_degree": (100.0, 120.0)})
    campaign = Campaign.plan(Config(templates=(template,)), ROOT)
    ranges = campaign.batch_ranges("ethylbenzene-00000")
    assert ranges["angle_degree"] == (100.0, 120.0)
    assert ranges["torsion_kj_per_mol"] == (-8.368, 8.368)


def test_time_asked_for_scales_with_the_work_and_grows_with_attempts():
    campaign = production()
    longer = campaign.config.model_copy(
        update={"atomistic": campaign.config.atomistic.model_copy(update={"molecules": 1000, "production_ps": 4000.0})}
    )
    run = "ethylbenzene-00000"
    assert Campaign(longer, campaign.liquids).atomistic_minutes(run) == pytest.approx(2 * campaign.atomistic_minutes(run), rel=0.02)
    assert campaign.atomistic_minutes(run, 2) == pytest.approx(2 * campaign.atomistic_minutes(run), rel=0.02)
    assert campaign.library_minutes() >= 10
    assert campaign.evaluation_minutes() >= 10
    fast = longer.model_copy(update={"coarse_grained": CoarseGrainedOptions(speed_bead_steps_per_s=1e9)})
    short = Campaign(fast, campaign.liquids)
    batch = next(iter(short.batches["inversion"]))
    assert [short.inversion_minutes(batch, attempt) for attempt in (1, 2, 3)] == [10, 20, 30], (
        "a small job too asks for more when tried again"
    )


def test_time_asked_for_a_run_to_a_target_is_that_of_the_longest():
    campaign = production()
    target = {"target_relative_error": 0.05, "maximum_production_ps": 8000.0}
    longer = campaign.config.model_copy(update={"atomistic": campaign.config.atomistic.model_copy(update=target)})
    until = Campaign(longer, campaign.liquids)
    run = "ethylbenzene-00000"
    assert until.atomistic_minutes(run) == pytest.approx(8600 / 4600 * campaign.atomistic_minutes(run), rel=0.02)
    runs = campaign.config.coarse_grained
    assert runs.model_copy(update=target).run_seconds() == pytest.approx(8100 / 2100 * runs.run_seconds())


def test_time_asked_for_an_evaluation_scales_with_its_methods():
    campaign = production()
    runs = campaign.config.coarse_grained.model_copy(update={"speed_bead_steps_per_s": 1e5})
    inversion = campaign.config.inversion.model_copy(update={"samples_per_job": 1})
    slow = campaign.config.model_copy(update={"coarse_grained": runs, "inversion": inversion})

    def minutes(*methods):
        evaluation = slow.evaluation.model_copy(update={"methods": methods})
        return Campaign(slow.model_copy(update={"evaluation": evaluation}), campaign.liquids).evaluation_minutes()

    assert minutes("direct", "inversion") == pytest.approx(2 * minutes("direct"), rel=0.02)
    assert minutes("refined") > minutes("direct")
    inverted = Campaign(slow, campaign.liquids).inversion_minutes("benzene-reference")
    assert minutes("inversion+pressure") - minutes("direct") == pytest.approx(inverted, abs=2)


def test_training_asks_for_the_slower_model():
    campaign = production()

    def asked(runs, attempt=1, **learning):
        config = campaign.config
        library, options = config.library.model_copy(update={"runs": runs}), config.learning.model_copy(update=learning)
        grown = Campaign(config.model_copy(update={"library": library, "learning": options}), campaign.liquids)
        return grown.training_minutes(attempt), grown.training_memory_mb

    assert asked(40)[0] == 10
    minutes, memory = asked(20_000, epochs=1)
    twice, more = asked(40_000, epochs=1)
    assert twice == pytest.approx(8 * minutes, rel=0.05), "the flagship's covariances: rows cubed"
    assert more - 3000 == pytest.approx(4 * (memory - 3000), rel=0.01), "rows squared"
    assert asked(2000, epochs=20_000)[0] == pytest.approx(2 * asked(2000, epochs=10_000)[0], rel=0.02)
    assert asked(20_000, attempt=2, epochs=1)[0] == pytest.approx(2 * minutes, rel=0.02)


def test_a_liquid_s_files_are_the_sample_s_inputs():
    assert production().liquid_files("benzene-reference") == ["config/liquids/benzene.yaml"]


def several(**atomistic):
    """The production campaign with batches of atomistic runs and of inversions."""
    config = production().config
    options = config.atomistic.model_validate(config.atomistic.model_dump() | {"runs_per_job": 30} | atomistic)
    return Campaign(config.model_copy(update={"atomistic": options}), production().liquids)


def test_batches_hold_every_sample_once_and_never_two_templates():
    campaign = several()
    for stage, count in (("atomistic", 3 * 14 + 1), ("inversion", 3 * 20 + 1)):
        batches = campaign.batches[stage]
        assert len(batches) == count
        assert sorted(sample for batch in batches.values() for sample in batch.samples) == sorted(campaign.samples)
        assert all(len({campaign.samples[sample].template for sample in batch.samples}) == 1 for batch in batches.values())
        assert len(campaign.made(stage, campaign.samples, "summary.json", "rdf.csv")) == count
    assert len(campaign.liquid_files("ethylbenzene-batch-00003")) == 1
    assert len(campaign.liquid_files("reference-batch-00000")) == 8
    assert campaign.batch_members("ethylbenzene-batch-00001")["ethylbenzene-00030"] == ("ethylbenzene", 30)


def test_a_batch_asks_for_its_rounds_and_for_what_runs_at_a_time():
    one, four = several(), several(runs_at_a_time=4)
    full, last = "ethylbenzene-batch-00000", "ethylbenzene-batch-00013"
    assert one.runs_at_a_time(full) == 1
    assert four.runs_at_a_time(full) == 4
    assert four.atomistic_memory_mb(full) == 4 * one.atomistic_memory_mb(full)
    of_a_run = production().atomistic_minutes("ethylbenzene-00000")
    assert one.atomistic_minutes(full) == pytest.approx(30 * of_a_run, rel=0.02)
    assert four.atomistic_minutes(full) == pytest.approx(8 * of_a_run, rel=0.02)
    assert one.atomistic_minutes(last) == pytest.approx(10 * of_a_run, rel=0.02)


def test_a_job_of_one_sample_declares_its_files():
    campaign = production()
    assert campaign.outputs("atomistic")["rdf"] == "results/production/atomistic/{batch}/rdf.csv"
    assert campaign.made("atomistic", ["a", "b"], "rdf.csv") == [f"results/production/atomistic/{name}/rdf.csv" for name in "ab"]
    assert campaign.outputs("inversion") == {"index": "results/production/inversion/batches/{batch}.json"}
