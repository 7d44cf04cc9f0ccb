"""Reference values of contrasts between groups of trainings, from SciPy and statsmodels.

Mean squares are those of statsmodels' analysis of variance of a two-way layout; the variance of the mean follows
from the variance components, estimated from them and cut at zero.

Run `python3 Tests/Oracles/contrast.py > Tests/Oracles/contrast.json`.
"""

import json

import numpy
import pandas
import scipy
import statsmodels
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests


def contrast(values):
    rows, columns = values.shape
    long = pandas.DataFrame([
        {"pair": str(pair), "image": str(image), "value": values[pair, image]}
        for pair in range(rows) for image in range(columns)
    ])
    table = anova_lm(ols("value ~ C(pair) + C(image)", long).fit())
    squares, freedoms = table["mean_sq"].to_numpy(), table["df"].to_numpy()
    pairs, images, rest = squares
    seeds = max(0.0, (pairs - rest) / columns)
    pictures = max(0.0, (images - rest) / rows)
    if pictures == 0 and seeds == 0:
        variance, freedom = rest, freedoms[2]
    elif pictures == 0:
        variance, freedom = pairs, freedoms[0]
    elif seeds == 0:
        variance, freedom = images, freedoms[1]
    else:
        variance = pairs + images - rest
        freedom = variance ** 2 / (pairs ** 2 / freedoms[0] + images ** 2 / freedoms[1] + rest ** 2 / freedoms[2])
    error = (variance / values.size) ** 0.5
    mean = values.mean()
    low, high = stats.t.interval(0.95, freedom, loc=mean, scale=error)
    return {
        "differences": values.tolist(), "difference": mean, "error": error, "freedom": freedom,
        "p": 2 * stats.t.sf(abs(mean / error), freedom), "low": low, "high": high,
        "seeds": seeds ** 0.5, "images": pictures ** 0.5, "rest": rest ** 0.5,
        "effect": mean / (seeds + pictures + rest) ** 0.5,
        "least": (stats.t.ppf(0.975, freedom) + stats.t.ppf(0.8, freedom)) * error,
    }


generator = numpy.random.default_rng(1)


def layout(rows, columns, mean, seeds, images, rest):
    return (mean + seeds * generator.standard_normal((rows, 1)) + images * generator.standard_normal((1, columns))
            + rest * generator.standard_normal((rows, columns)))


layouts = [
    layout(5, 48, 0.1, 0.05, 0.1, 0.2), layout(5, 8, 0.3, 0.3, 0.05, 0.1), layout(2, 3, 0.0, 0.1, 0.1, 0.1),
    # Seeds or pictures that differ by less than chance: their estimated variances are below zero.
    layout(6, 40, 0.02, 0.0, 0.0, 0.3), layout(7, 30, 0.02, 0.0, 0.2, 0.3), layout(5, 20, 0.1, 0.2, 0.0, 0.5),
    layout(3, 4, 0.5, 0.0, 0.0, 1.0),
]
quantiles = [
    {"p": p, "freedom": freedom, "t": float(stats.t.ppf(p, freedom))}
    for p in [0.001, 0.2, 0.5, 0.8, 0.975, 0.9995] for freedom in [1, 2.5, 4, 7.3, 40, 1234.5]
]
families = [[0.01, 0.04, 0.03, 0.005], [0.2, 0.2, 0.9], [0.0001], [0.5, 0.02, 0.02, 0.049, 0.03]]
print(json.dumps({
    "scipy": scipy.__version__, "statsmodels": statsmodels.__version__,
    "contrasts": [{key: value if isinstance(value, list) else float(value) for key, value in contrast(one).items()}
                  for one in layouts],
    "quantiles": quantiles,
    "families": [{"p": family, "holm": multipletests(family, method="holm")[1].tolist()} for family in families],
}))
