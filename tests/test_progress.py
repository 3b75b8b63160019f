import pytest

from mobcg.progress import bars, tracked


def test_items_pass_through_without_a_bar(capsys):
    assert list(tracked(iter("abc"), "letters", "letter")) == ["a", "b", "c"]
    assert capsys.readouterr().err == ""


def test_no_bar_where_there_is_no_terminal(capsys):
    with bars():
        assert list(tracked([1, 2], "numbers", "number")) == [1, 2]
    assert capsys.readouterr().err == ""


def test_a_loop_may_end_early():
    with bars():
        for number in tracked(range(10), "numbers", "number"):
            if number == 3:
                break
    assert number == 3


def test_an_error_leaves_no_bars_behind(capsys):
    with pytest.raises(ValueError, match="within"), bars():
        raise ValueError("within")
    assert list(tracked([1], "after", "number")) == [1]
    assert capsys.readouterr().err == ""
