import Graph
import Kernels

/// What the workers do together, from one call of ``Execution`` to the next.
enum Pass {
    /// The forward program, or that of some nodes only.
    case forward(ClosedRange<NodeID>?)
    case gradient(Objective)
    case update(Optimizer, learningRate: Double, step: Int)
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

/// The maps of one group of pictures, and the gradients that it adds to.
private struct Group {
    let execution: Execution
    let replica: Replica
    let index: Int

    func map(_ slot: Slot) -> Map { execution.map(slot, group: index) }

    func gradient(_ parameter: ParameterID) -> Floats {
        execution.plan.layout.floats(parameter, in: replica.gradients)
    }
}

extension Execution: Job {
    func perform(_ pass: Pass) {
        self.pass = pass
        workers.run(self)
    }

    package func run(_ worker: Worker) {
        switch pass {
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
                let group = Group(execution: self, replica: replica, index: index)
                for place in section.steps {
                    let (node, step) = plan.program[place]
                    guard range?.contains(node) ?? true else { continue }
                    let start = replica === replicas[0] ? startOfMeasure(on: worker) : nil
                    switch step {
                    case .pack(let convolution, let direction, let target):
                        worker.pack(
                            convolution.geometry, by: convolution.method, for: direction,
                            parameter(convolution.weight), into: whole(target))
                    case .forward(let step): run(step, group, on: worker)
                    case .backward(let step): run(step, group, on: worker)
                    case .loss(let output, let value, let target, let gradient, let accumulates):
                        guard let objective else {
                            preconditionFailure(
                                "the loss of output \(output) is reached without an objective")
                        }
                        let loss = loss(
                            objective, group.map(value), group.map(target), into: group.map(gradient),
                            groups: section.groups, accumulates: accumulates, on: worker)
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

    /// One group's part of the loss at one output.
    private func loss(
        _ objective: Objective, _ value: Map, _ target: Map, into gradient: Map, groups: Int,
        accumulates: Bool, on worker: Worker
    ) -> Double {
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

    private func pass(
        _ convolution: PlannedConvolution, _ direction: Direction, _ source: Map, into target: Map,
        _ finish: Finish, on worker: Worker
    ) {
        switch direction {
        case .gathering:
            worker.gather(
                convolution.geometry, by: convolution.method, source, weights: weights(convolution),
                into: target, finish: finish)
        case .spreading:
            worker.spread(
                convolution.geometry, by: convolution.method, source, weights: weights(convolution),
                into: target, finish: finish)
        }
    }

    private func run(_ step: ForwardStep, _ here: Group, on worker: Worker) {
        switch step {
        case .convolve(let convolution, let source, let residual, let relu, let target):
            let finish = Finish(
                bias: parameter(convolution.bias), residual: residual.map { here.map($0) }, relu: relu)
            pass(
                convolution, convolution.isTransposed ? .spreading : .gathering, here.map(source),
                into: here.map(target), finish, on: worker)
        case .activate(.relu, let source, let target): worker.relu(here.map(source), into: here.map(target))
        case .activate(.sigmoid, let source, let target):
            worker.sigmoid(here.map(source), into: here.map(target))
        case .activate(.tanh, let source, let target): worker.tanh(here.map(source), into: here.map(target))
        case .add(let left, let right, let target):
            worker.add(here.map(left), here.map(right), into: here.map(target))
        case .subtract(let left, let right, let target):
            worker.subtract(here.map(left), here.map(right), into: here.map(target))
        case .multiply(let left, let right, let target):
            worker.multiply(here.map(left), here.map(right), into: here.map(target))
        case .affine(let source, let factor, let offset, let target):
            worker.affine(here.map(source), factor: factor, offset: offset, into: here.map(target))
        case .concatenate(let sources, let target):
            var place = 0
            for source in sources {
                let channels = source.extent.channels
                worker.copyChannels(
                    channels, of: here.map(source), from: 0, into: here.map(target), at: place)
                place += channels
            }
        case .slice(let source, let first, let target):
            worker.copyChannels(
                target.extent.channels, of: here.map(source), from: first, into: here.map(target), at: 0)
        case .resize(let source, let target): worker.resize(here.map(source), into: here.map(target))
        case .downsize(let source, let factor, let target):
            worker.downsize(here.map(source), factor: factor, into: here.map(target))
        case .pixelShuffle(let source, let factor, let target):
            worker.pixelShuffle(here.map(source), factor: factor, into: here.map(target))
        case .clear(let target): worker.fill(here.map(target).floats, with: 0)
        }
    }

    private func run(_ step: BackwardStep, _ here: Group, on worker: Worker) {
        switch step {
        case .bias(let bias, let slot, let mask):
            worker.addBiasGradient(
                here.map(slot), maskedBy: mask.map { here.map($0) }, into: here.gradient(bias))
        case .weight(let convolution, let input, let slot, let withBias):
            let (fine, coarse) = convolution.isTransposed ? (slot, input) : (input, slot)
            worker.addWeightGradient(
                convolution.geometry, by: convolution.method, fine: here.map(fine), coarse: here.map(coarse),
                into: here.gradient(convolution.weight),
                bias: withBias ? here.gradient(convolution.bias) : nil)
        case .convolutionInput(let convolution, let slot, let target, let accumulates, let mask):
            let finish = Finish(mask: mask.map { here.map($0) }, accumulates: accumulates)
            pass(
                convolution, convolution.isTransposed ? .gathering : .spreading, here.map(slot),
                into: here.map(target), finish, on: worker)
        case .activation(.relu, let output, let slot, let target, let accumulates):
            worker.reluGradient(
                output: here.map(output), here.map(slot), into: here.map(target), accumulates: accumulates)
        case .activation(.sigmoid, let output, let slot, let target, let accumulates):
            worker.sigmoidGradient(
                output: here.map(output), here.map(slot), into: here.map(target), accumulates: accumulates)
        case .activation(.tanh, let output, let slot, let target, let accumulates):
            worker.tanhGradient(
                output: here.map(output), here.map(slot), into: here.map(target), accumulates: accumulates)
        case .scaled(let slot, let factor, let target, let accumulates):
            worker.affine(here.map(slot), factor: factor, into: here.map(target), accumulates: accumulates)
        case .product(let slot, let other, let target, let accumulates):
            worker.multiply(here.map(slot), here.map(other), into: here.map(target), accumulates: accumulates)
        case .channels(let count, let slot, let first, let target, let place, let accumulates):
            worker.copyChannels(
                count, of: here.map(slot), from: first, into: here.map(target), at: place,
                accumulates: accumulates)
        case .resize(let slot, let target, let accumulates):
            worker.resizeAdjoint(here.map(slot), into: here.map(target), accumulates: accumulates)
        case .downsize(let slot, let factor, let target, let accumulates):
            worker.downsizeAdjoint(
                here.map(slot), factor: factor, into: here.map(target), accumulates: accumulates)
        case .pixelShuffle(let slot, let factor, let target, let accumulates):
            worker.pixelShuffleAdjoint(
                here.map(slot), factor: factor, into: here.map(target), accumulates: accumulates)
        case .clear(let target): worker.fill(here.map(target).floats, with: 0)
        }
    }
}
