"""Reference values of Student's distribution and of the paired t-test, from SciPy.

Run `python3 Tests/Oracles/student_t.py > Tests/Oracles/student_t.json`.
"""

import json

from scipy import stats

tails = [
    {"t": t, "degreesOfFreedom": df, "p": float(2 * stats.t.sf(t, df))}
    for df in [1, 2, 3, 4, 5, 9, 10, 29, 30, 101]
    for t in [0.0, 0.1, 0.5, 1.0, 2.0, 3.5, 8.0]
]

samples = [
    ([28.41, 28.62, 28.55], [28.11, 28.49, 28.20]),
    ([0.912, 0.914, 0.909, 0.911, 0.913], [0.913, 0.910, 0.908, 0.912, 0.909]),
    ([1.0, 2.0], [0.5, 2.5 - 1e-3]),
]
tests = []
for left, right in samples:
    result = stats.ttest_rel(left, right)
    tests.append({
        "left": left, "right": right, "t": float(result.statistic),
        "degreesOfFreedom": int(result.df), "p": float(result.pvalue),
    })

print(json.dumps({"scipy": __import__("scipy").__version__, "tails": tails, "tests": tests}, indent=1))
