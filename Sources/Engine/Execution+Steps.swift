import Graph
import Kernels
import Operators

/// What the workers do together, from one call of ``Execution`` to the next.
enum JobKind {
    /// The forward program, or that of some nodes only.
    case forward(ClosedRange<NodeID>?)
    case gradient(LossFunction)
    case update(UpdateRule, learningRate: Double, step: Int)
    case clip(GradientClip)
    /// Moves the average of the weights by a share of its way to them.
    case average(share: Float)
    /// Whether the values of some of a buffer's microbatches are finite.
    case checkFinite(PlannedBuffer, microbatches: ClosedRange<Int>)
}

extension Execution: Job {
    func perform(_ kind: JobKind) {
        jobKind = kind
        workers.run(self)
    }

    package func run(_ worker: Worker) {
        switch jobKind {
        case .forward(let range): runForward(range, on: worker)
        case .gradient(let lossFunction): runGradient(lossFunction, on: worker)
        case .update(let rule, let rate, let step): update(by: rule, rate, step, on: worker)
        case .clip(let clip): self.clip(by: clip, on: worker)
        case .average(let share): worker.approach(parameters.floats, from: averages.floats, by: share)
        case .checkFinite(let buffer, let microbatches):
            let finite = worker.isFinite(map(buffer, microbatches: microbatches))
            if worker.thread == 0 { isFinite = finite }
        }
    }

    private func update(by rule: UpdateRule, _ rate: Double, _ step: Int, on worker: Worker) {
        switch rule.division {
        case .together:
            for run in treatment.runs where run.treatment.rate > 0 {
                rule.update(
                    worker,
                    parameterStep(plan.layout.range(of: run.parameters), run.treatment, nil, rate, step))
            }
        case .eachParameter:
            for id in updateShares[worker.thread] {
                let own = treatment[id]
                guard own.rate > 0 else { continue }
                rule.update(
                    worker.alone,
                    parameterStep(plan.layout.range(of: id), own, plan.layout.muonShape(id), rate, step))
            }
        }
    }

    /// As PyTorch's `clip_grad_norm_` and `clip_grad_value_` do it.
    private func clip(by clip: GradientClip, on worker: Worker) {
        switch clip {
        case .value(let limit): worker.clamp(gradients, to: Float(limit))
        case .norm(let limit):
            // What no step moves has no part in the norm.
            for run in treatment.runs where run.treatment.rate == 0 {
                let range = plan.layout.range(of: run.parameters)
                worker.fill(
                    replicas[0].gradients.floats(at: range.lowerBound, count: range.count), with: 0)
            }
            worker.wait()
            let norm = worker.sumOfSquares(gradients).squareRoot()
            let factor = limit / (norm + 1e-6)
            if factor < 1 { worker.scale(gradients, by: Float(factor)) }
        }
    }

    private func parameterStep(
        _ range: Range<Int>, _ own: ParameterTreatment.Own, _ matrix: MuonShape?, _ rate: Double, _ step: Int
    ) -> ParameterStep {
        func floats(_ memory: borrowing AlignedMemory) -> BufferView {
            memory.floats(at: range.lowerBound, count: range.count)
        }
        return ParameterStep(
            values: floats(parameters), gradient: floats(replicas[0].gradients),
            firstMoment: floats(firstMoments), secondMoment: floats(secondMoments), matrix: matrix,
            decays: own.decays, learningRate: rate * own.rate, step: step)
    }

    private func runForward(_ range: ClosedRange<NodeID>?, on worker: Worker) {
        pack(on: worker)
        runProgram(of: range, for: nil, in: replicas[0], microbatch: nil, on: worker)
    }

    private func runGradient(_ lossFunction: LossFunction, on worker: Worker) {
        let microbatch = plan.replicas > 1 ? worker.thread : nil
        let replica = replicas[microbatch ?? 0]
        let sharing = microbatch == nil ? worker : worker.alone
        sharing.fill(replica.gradients.floats, with: 0)
        pack(on: worker)
        runProgram(of: nil, for: lossFunction, in: replica, microbatch: microbatch, on: sharing)
        if microbatch != nil { worker.wait() }
        for other in replicas.dropFirst() { worker.add(other.gradients.floats, to: gradients) }
    }

    /// The program, or that of some nodes only, for one microbatch, or for all, one after the other.
    /// Stops at the first loss that is no finite number; all workers that share it see the same.
    private func runProgram(
        of range: ClosedRange<NodeID>?, for lossFunction: LossFunction?, in replica: Replica,
        microbatch: Int?,
        on worker: Worker
    ) {
        for section in plan.sections {
            for index in microbatch.map({ $0..<$0 + 1 }) ?? 0..<section.microbatches {
                for stepIndex in section.steps {
                    let step = plan.program[stepIndex]
                    guard range?.contains(step.node) ?? true else { continue }
                    let start = replica === replicas[0] ? startOfMeasure(on: worker) : nil
                    switch step.work {
                    case .kernel(let kernel): kernel.run(worker, operands[stepIndex][index])
                    case .loss(let output):
                        guard let lossFunction else {
                            preconditionFailure(
                                "the loss of output \(output) is reached without a loss function")
                        }
                        let operands = operands[stepIndex][index]
                        let loss = lossFunction.evaluate(
                            worker,
                            OutputBatch(
                                maps: LossMaps(
                                    output: operands[0], target: operands[1], gradient: operands.target,
                                    accumulates: operands.accumulates),
                                microbatches: section.microbatches))
                        if worker.thread == 0 { replica.losses[output] += loss }
                        if !loss.isFinite {
                            if worker.thread == 0 { replica.stop = (stepIndex, index) }
                            return
                        }
                    }
                    worker.wait()
                    endMeasure(start, of: stepIndex)
                }
            }
        }
    }

    /// The time, where the first worker is to note how long kernels take.
    private func startOfMeasure(on worker: Worker) -> ContinuousClock.Instant? {
        worker.thread > 0 || kernelSeconds.isEmpty ? nil : .now
    }

    private func endMeasure(_ start: ContinuousClock.Instant?, of stepIndex: Int) {
        guard let start else { return }
        kernelSeconds[stepIndex] += (ContinuousClock.now - start) / .seconds(1)
    }

    /// Rearranges the weights as convolutions read them, if they have changed.
    private func pack(on worker: Worker) {
        guard isStale else {
            worker.wait()
            return
        }
        for packing in plan.packings {
            worker.pack(
                packing.geometry, by: packing.method, for: packing.direction, parameter(packing.weight),
                into: packed.floats(at: packing.offset, count: packing.count))
        }
        worker.wait()
        if worker.thread == 0 { isStale = false }
    }
}
