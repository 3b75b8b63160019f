import numpy as np
import torch

from mobcg.learning.ensemble import EnsembleNetwork, deterministic, optimise


def test_members_are_independent_networks() -> None:
    network = EnsembleNetwork(3, (4, 8, 2), 1)
    x = torch.randn(1, 5, 4, generator=torch.Generator().manual_seed(2)).expand(3, -1, -1)
    out = network(x)
    assert out.shape == (3, 5, 2)
    inner = torch.nn.functional.leaky_relu(x[1] @ network.weights[0][1] + network.biases[0][1], 0.05)
    single = inner @ network.weights[1][1] + network.biases[1][1]
    torch.testing.assert_close(out[1], single)
    assert not torch.allclose(out[0], out[1])


def test_each_member_keeps_its_own_best_weights_and_the_test_loss_plays_no_role() -> None:
    weight = torch.nn.Parameter(torch.zeros(2, 1))
    targets = torch.tensor([[0.3], [5.0]])

    def run(test_scale: float) -> tuple[np.ndarray, int]:
        with torch.no_grad():
            weight.zero_()

        def evaluate() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
            validation = ((weight - targets) ** 2).sum(1)
            return validation, validation, test_scale * torch.rand(2)

        curve = optimise([weight], lambda _rows, _random: ((weight - 1) ** 2).sum(1), evaluate, 4, 300, 0.02, 0.0, 4, 1, "toy")
        return weight.detach().numpy().copy(), len(curve)

    first, rows = run(1.0)
    again, _ = run(1e6)
    np.testing.assert_array_equal(first, again)
    assert abs(first[0, 0] - 0.3) < 0.05
    assert abs(first[1, 0] - 1.0) < 0.05
    assert rows == 2 * 101


def test_deterministic_restores_the_settings() -> None:
    before = torch.get_num_threads()
    with deterministic(1):
        assert torch.get_num_threads() == 1
        assert torch.are_deterministic_algorithms_enabled()
    assert torch.get_num_threads() == before
    assert not torch.are_deterministic_algorithms_enabled()
