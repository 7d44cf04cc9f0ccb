"""Acuity beside PyTorch: the same work, in turns within one run, two threads each.

    python peer.py ACUITY_BENCH [--rounds N] [--out FILE] [WORK …]
    python peer.py --serve WORK FORMAT

Each side is a process of its own, so that its peak memory is its own; they never run at the same time. PyTorch runs
at its best: contiguous and channels_last maps are both tried and the faster counts, glibc keeps freed memory instead
of handing it back to the system, and forward passes run in inference mode.
"""

import argparse
import csv
import datetime
import os
import pathlib
import statistics
import subprocess
import sys

FORMATS = ["contiguous", "channels_last"]
# Seconds of a turn.
TURN = 0.5


def serve(name, layout, threads):
    import time

    import torch
    import torch.nn.functional as F
    from networks import WORKS, halved

    torch.set_num_threads(threads)
    make, channels, trains, batch, height, width = WORKS[name]
    torch.manual_seed(0)
    memory_format = getattr(torch, layout + "_format" if layout == "contiguous" else layout)
    net = make().to(memory_format=memory_format)
    blurred = torch.rand(batch, channels, height, width).to(memory_format=memory_format)
    sharp = torch.rand(batch, channels, height, width).to(memory_format=memory_format)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-5)

    def step():
        if not trains:
            with torch.inference_mode():
                net(blurred)
            return
        optimiser.zero_grad(set_to_none=True)
        outputs = net(blurred)
        count = len(outputs)
        loss = sum(
            F.mse_loss(output, halved(sharp, count - 1 - index)) for index, output in enumerate(outputs)
        )
        loss.backward()
        optimiser.step()

    parameters = sum(p.numel() for p in net.parameters())
    print(parameters, torch.__version__, flush=True)
    for line in sys.stdin:
        if line.strip() == "step":
            start = time.perf_counter()
            step()
            print(time.perf_counter() - start, flush=True)
        elif line.strip() == "memory":
            status = pathlib.Path("/proc/self/status").read_text()
            high = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
            print(int(high.split()[1]) * 1024, flush=True)
        elif line.strip() == "sgemm":
            side = 2048
            left, right = torch.rand(side, side), torch.rand(side, side)
            best = 0.0
            for _ in range(10):
                start = time.perf_counter()
                left @ right
                best = max(best, 2 * side**3 / (time.perf_counter() - start))
            print(best, flush=True)


class Side:
    """A process that runs a step for each line."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.greeting = self.process.stdout.readline().split()
        self.times = []

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit("a side has ended before its work")
        return float(answer)

    def turn(self):
        """Steps in a row, as a training takes them. The first does not count: it finds its data out of the caches, and
        the other side's threads still looking out for work for some milliseconds after their last."""
        self.ask("step")
        times = []
        while sum(times) < TURN:
            times.append(self.ask("step"))
        self.times.append(statistics.median(times))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def spread(values):
    """Median, and the middle half."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def measure(work, bench, rounds, threads):
    environment = dict(
        os.environ,
        OMP_NUM_THREADS=str(threads),
        MALLOC_MMAP_THRESHOLD_="4294967296",
        MALLOC_TRIM_THRESHOLD_="17179869184",
        MALLOC_TOP_PAD_="268435456",
    )
    ours = Side([bench, "serve", work, "--threads", str(threads)])
    theirs = {
        layout: Side(
            [sys.executable, __file__, "--serve", work, layout, "--threads", str(threads)], environment
        )
        for layout in FORMATS
    }
    counts = {side.greeting[0] for side in [ours, *theirs.values()]}
    if len(counts) != 1:
        sys.exit(f"{work}: the sides count different parameters: {counts}")
    sides = [ours, *theirs.values()]
    for side in sides:
        side.ask("step")
    best = None
    for _ in range(rounds):
        for side in sides:
            side.turn()
        if len(theirs) == 2 and len(ours.times) == 2:
            # Two rounds tell which layout is PyTorch's faster one here; the other goes.
            best = min(theirs, key=lambda layout: min(theirs[layout].times))
            for layout in list(theirs):
                if layout != best:
                    theirs.pop(layout).end()
            sides = [ours, theirs[best]]
    torch_side = theirs[best]
    ratio = spread([t / o for t, o in zip(torch_side.times, ours.times)])
    memory = [ours.ask("memory"), torch_side.ask("memory")]
    # The faster of OpenBLAS, our own product and PyTorch's is the yardstick: any may not know the processor.
    peak = max(ours.ask("sgemm"), torch_side.ask("sgemm"))
    row = {
        "work": work,
        "acuity_seconds": statistics.median(ours.times),
        "pytorch_seconds": statistics.median(torch_side.times),
        "ratio": ratio[0],
        "ratio_lower_quartile": ratio[1],
        "ratio_upper_quartile": ratio[2],
        "acuity_peak_bytes": int(memory[0]),
        "pytorch_peak_bytes": int(memory[1]),
        "memory_ratio": memory[1] / memory[0],
        "acuity_direct_flops": float(ours.greeting[1]) / statistics.median(ours.times),
        "sgemm_flops": peak,
        "pytorch_layout": best,
        "pytorch_version": torch_side.greeting[1],
        "threads": threads,
        "rounds": rounds,
        "finished_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
    }
    row["direct_over_sgemm"] = row["acuity_direct_flops"] / peak
    for side in sides:
        side.end()
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("works", nargs="*")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=pathlib.Path)
    arguments = parser.parse_intermixed_args()
    from networks import WORKS

    rows = []
    for work in arguments.works or WORKS:
        row = measure(work, arguments.bench, arguments.rounds, arguments.threads)
        rows.append(row)
        print(
            f"{work}: Acuity {row['acuity_seconds'] * 1e3:.1f} ms, PyTorch {row['pytorch_seconds'] * 1e3:.1f} ms "
            f"({row['pytorch_layout']}), ratio {row['ratio']:.2f} "
            f"({row['ratio_lower_quartile']:.2f} to {row['ratio_upper_quartile']:.2f}); memory "
            f"{row['acuity_peak_bytes'] / 1e6:.0f} MB, {row['pytorch_peak_bytes'] / 1e6:.0f} MB, "
            f"ratio {row['memory_ratio']:.1f}; {row['direct_over_sgemm']:.2f} of sgemm's peak",
            flush=True,
        )
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        partial = arguments.out.with_suffix(".partial")
        with partial.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(arguments.out)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], sys.argv[3], int(sys.argv[5]))
    else:
        main()
