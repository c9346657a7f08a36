import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from sluice_training.encoders import CalendarEncoder, CategoryEncoder, Encoder, PlainEncoder
from sluice_training.frame import MISSING_TIME, Categories, Column
from sluice_training.graph import Graph
from sluice_training.schema import Feature

TIMES = st.one_of(st.integers(-(2**40), 2**40), st.just(int(MISSING_TIME)), st.sampled_from([-1, 0, 86_399, 86_400, -86_400]))
NUMBERS = st.floats(width=32, allow_infinity=False)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


def in_graph(feature: Feature, encoder: Encoder, values: np.ndarray) -> np.ndarray:
    graph = Graph()
    matrix = encoder.emit(graph, graph.input(feature.name, feature.onnx))
    graph.node("Identity", matrix, output="matrix")
    model = graph.model([helper.make_tensor_value_info("matrix", TensorProto.FLOAT, [None, None])])
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {feature.name: values.reshape(-1, 1)})[0]


def categories(values: list[str]) -> Categories:
    levels = sorted(set(values))
    return Categories(np.array([levels.index(value) for value in values], dtype=np.int32), tuple(levels))


def agree(feature: Feature, encoder: Encoder, column: Column, exact: bool = True) -> None:
    values = column.strings() if isinstance(column, Categories) else column
    expected, observed = encoder.transform(column), in_graph(feature, encoder, values)
    assert expected.shape == observed.shape == (len(column), len(encoder.names))
    np.testing.assert_allclose(observed, expected, rtol=0, atol=0 if exact else 1e-6)


@given(st.lists(TIMES, min_size=1, max_size=20), st.booleans())
def test_the_calendar_in_the_graph_is_the_calendar_of_the_fit(times: list[int], cyclic: bool) -> None:
    feature = Feature("at", "datetime", nullable=True)
    encoder = CalendarEncoder(feature, "cyclic" if cyclic else "ordinal")
    agree(feature, encoder, np.array(times, dtype=np.int64), exact=not cyclic)


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_a_number_passes_unchanged(values: list[float]) -> None:
    feature = Feature("price", "number", nullable=True)
    agree(feature, PlainEncoder(feature), np.array(values, dtype=np.float32))


@given(st.lists(WORDS, min_size=2, max_size=20), st.lists(WORDS, min_size=1, max_size=20), st.floats(0, 100))
def test_categories_seen_or_not_agree(seen: list[str], asked: list[str], smoothing: float) -> None:
    feature = Feature("city", "category", nullable=True)
    target = np.arange(len(seen), dtype=np.uint8) % 2
    agree(feature, CategoryEncoder(feature, categories(seen), target, smoothing), categories(asked))


@pytest.mark.parametrize(
    ("moment", "minute", "weekday"),
    [("1970-01-01T00:00:00", 0, 3), ("2001-01-01T00:01:59", 1, 0), ("1969-12-31T23:59:59", 1439, 2), ("2000-02-29T12:30:00", 750, 1)],
)
def test_minute_of_the_day_and_weekday(moment: str, minute: int, weekday: int) -> None:
    encoder = CalendarEncoder(Feature("at", "datetime"), "ordinal")
    seconds = np.array([np.datetime64(moment, "s").astype(np.int64)])
    assert encoder.transform(seconds).tolist() == [[minute, weekday]]


def test_a_rare_category_is_drawn_to_the_overall_rate_and_an_unknown_one_is_there() -> None:
    column = categories(["common"] * 8 + ["rare"] * 2)
    target = np.array([1, 1, 0, 0, 0, 0, 0, 0, 1, 1], dtype=np.uint8)
    encoder = CategoryEncoder(Feature("city", "category"), column, target, smoothing=2.0)
    observed = encoder.transform(categories(["common", "other", "rare"]))
    expected = [[(2 + 2 * 0.4) / 10, 0.8], [0.4, 0.0], [(2 + 2 * 0.4) / 4, 0.2]]
    np.testing.assert_allclose(observed[[0, 1, 2]], expected, rtol=1e-6)


def test_a_train_row_does_not_see_its_own_answer() -> None:
    rows = 500
    column = categories([f"only {row}" for row in range(rows)])
    target = (np.arange(rows) % 2).astype(np.uint8)
    encoder = CategoryEncoder(Feature("city", "category"), column, target, smoothing=1.0)
    np.testing.assert_allclose(encoder.held_out(column, target, seed=1)[:, 0], 0.5, rtol=1e-6)
