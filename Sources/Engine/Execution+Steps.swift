import Graph
import Kernels
import Operators

/// What the workers do together, from one call of ``Execution`` to the next.
enum JobKind {
    /// The forward program, or that of some nodes only.
    case forward(ClosedRange<NodeID>?)
    case gradient(Objective)
    case update(UpdateRule, learningRate: Double, step: Int)
    /// Of some of a buffer's groups.
    case checkFinite(Slot, groups: ClosedRange<Int>)
}

/// What is minimised.
public enum Objective: Sendable {
    /// The sum over the outputs of each one's mean squared error against its target.
    case meanSquaredError
    /// The sum over the outputs of the mean over pictures of 10 · log₁₀(mean squared error + floor): minus
    /// the PSNR in dB.
    case logarithmicError(floor: Double)
    /// The sum over the outputs of each one's scalar product with its target, whose gradient is the target
    /// itself: for a loss that is computed elsewhere, and for comparing gradients.
    case projection
}

extension Execution: Job {
    func perform(_ kind: JobKind) {
        jobKind = kind
        workers.run(self)
    }

    package func run(_ worker: Worker) {
        switch jobKind {
        case .forward(let range): runForward(range, on: worker)
        case .gradient(let objective): runGradient(objective, on: worker)
        case .update(.adam(let constants), let rate, let step):
            worker.adam(
                parameters.floats, gradient: gradients, first: firstMoments.floats,
                second: secondMoments.floats, learningRate: rate, constants: constants, step: step)
        case .update(.muon(let muon, let adam), let rate, let step):
            for id in updateShares[worker.thread] {
                update(id, by: muon, or: adam, learningRate: rate, step: step, on: worker.alone)
            }
        case .checkFinite(let slot, let groups):
            let finite = worker.isFinite(map(slot, groups: groups))
            if worker.thread == 0 { isFinite = finite }
        }
    }

    private func update(
        _ id: ParameterID, by muon: MuonConstants, or adam: AdamConstants, learningRate: Double, step: Int,
        on worker: Worker
    ) {
        let gradient = plan.layout.floats(id, in: replicas[0].gradients)
        let mean = plan.layout.floats(id, in: firstMoments)
        if let shape = plan.layout.muonShape(id) {
            worker.muon(
                parameter(id), gradient: gradient, momentum: mean, shape: shape, learningRate: learningRate,
                constants: muon)
        } else {
            worker.adam(
                parameter(id), gradient: gradient, first: mean,
                second: plan.layout.floats(id, in: secondMoments), learningRate: learningRate,
                constants: adam,
                step: step)
        }
    }

    private func runForward(_ range: ClosedRange<NodeID>?, on worker: Worker) {
        pack(on: worker)
        runProgram(of: range, for: nil, in: replicas[0], group: nil, on: worker)
    }

    private func runGradient(_ objective: Objective, on worker: Worker) {
        let group = plan.replicas > 1 ? worker.thread : nil
        let replica = replicas[group ?? 0]
        let sharing = group == nil ? worker : worker.alone
        sharing.fill(replica.gradients.floats, with: 0)
        pack(on: worker)
        runProgram(of: nil, for: objective, in: replica, group: group, on: sharing)
        if group != nil { worker.wait() }
        for other in replicas.dropFirst() { worker.add(other.gradients.floats, to: gradients) }
    }

    /// The program, or that of some nodes only, for one group of pictures, or for all, one after the other.
    /// Stops at the first loss that is no finite number; all workers that share it see the same.
    private func runProgram(
        of range: ClosedRange<NodeID>?, for objective: Objective?, in replica: Replica, group: Int?,
        on worker: Worker
    ) {
        for section in plan.sections {
            for index in group.map({ $0..<$0 + 1 }) ?? 0..<section.groups {
                for place in section.steps {
                    let step = plan.program[place]
                    guard range?.contains(step.node) ?? true else { continue }
                    let start = replica === replicas[0] ? startOfMeasure(on: worker) : nil
                    switch step.work {
                    case .kernel(let kernel): kernel.run(worker, operands[place][index])
                    case .loss(let output):
                        guard let objective else {
                            preconditionFailure(
                                "the loss of output \(output) is reached without an objective")
                        }
                        let loss = loss(objective, operands[place][index], groups: section.groups, on: worker)
                        if worker.thread == 0 { replica.losses[output] += loss }
                        if !loss.isFinite {
                            if worker.thread == 0 { replica.stop = (place, index) }
                            return
                        }
                    }
                    worker.wait()
                    endMeasure(start, of: place)
                }
            }
        }
    }

    /// One group's part of the loss at one output, from its value and its target, and the gradient there.
    private func loss(
        _ objective: Objective, _ operands: Operands, groups: Int, on worker: Worker
    ) -> Double {
        let (value, target, gradient) = (operands[0], operands[1], operands.target)
        let accumulates = operands.accumulates
        switch objective {
        case .meanSquaredError:
            let count = value.count * groups
            return worker.squaredError(
                value, target, outOf: count, gradient: gradient, accumulates: accumulates) / Double(count)
        case .logarithmicError(let floor):
            return worker.logarithmicError(
                value, target, outOf: value.extent.batch * groups, floor: floor, gradient: gradient,
                accumulates: accumulates)
        case .projection:
            return worker.projection(value, target, gradient: gradient, accumulates: accumulates)
        }
    }

    /// The time, where the first worker is to note how long kernels take.
    private func startOfMeasure(on worker: Worker) -> ContinuousClock.Instant? {
        worker.thread > 0 || kernelSeconds.isEmpty ? nil : .now
    }

    private func endMeasure(_ start: ContinuousClock.Instant?, of place: Int) {
        guard let start else { return }
        kernelSeconds[place] += (ContinuousClock.now - start) / .seconds(1)
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
