from model_monitor_jobs.sources.capture_naming import Naming

JUDGED = ["score", "amount", "age"]
ALL = ["score", "customer_id", "amount", "age"]


def test_traffic_with_the_columns_that_are_not_judged_takes_the_layout_that_has_them() -> None:
    naming = Naming(JUDGED, lambda _: None, [ALL])
    assert naming.row(["12.5", "40"], ["0.7"]) == {"score": "0.7", "amount": "12.5", "age": "40"}
    assert naming.row(["c7", "12.5", "40"], ["0.7"]) == {
        "score": "0.7",
        "customer_id": "c7",
        "amount": "12.5",
        "age": "40",
    }


def test_where_no_layout_fits_the_first_names_as_far_as_it_goes() -> None:
    naming = Naming(JUDGED, lambda _: None, [ALL])
    assert list(naming.row(["1", "2", "3", "4", "5"], ["0.7"])) == ["score", "amount", "age", "3", "4", "5"]
