import Graph
import Kernels

extension Execution {
    func run(_ step: ForwardStep) {
        switch step {
        case .convolve(let convolution, let source, let residual, let relu, let target):
            let finish = Finish(
                bias: parameter(convolution.bias), residual: residual.map { map($0) }, relu: relu)
            if convolution.isTransposed {
                workers.spread(
                    convolution.geometry, by: convolution.method, map(source),
                    weights: spreadingWeights(convolution), into: map(target), finish: finish)
            } else {
                workers.gather(
                    convolution.geometry, by: convolution.method, map(source),
                    weights: parameter(convolution.weight), into: map(target), finish: finish)
            }
        case .activate(.relu, let source, let target): workers.relu(map(source), into: map(target))
        case .activate(.sigmoid, let source, let target): workers.sigmoid(map(source), into: map(target))
        case .activate(.tanh, let source, let target): workers.tanh(map(source), into: map(target))
        case .add(let left, let right, let target): workers.add(map(left), map(right), into: map(target))
        case .subtract(let left, let right, let target):
            workers.subtract(map(left), map(right), into: map(target))
        case .multiply(let left, let right, let target):
            workers.multiply(map(left), map(right), into: map(target))
        case .affine(let source, let factor, let offset, let target):
            workers.affine(map(source), factor: factor, offset: offset, into: map(target))
        case .concatenate(let sources, let target):
            var place = 0
            for source in sources {
                let channels = source.extent.channels
                workers.copyChannels(channels, of: map(source), from: 0, into: map(target), at: place)
                place += channels
            }
        case .slice(let source, let first, let target):
            workers.copyChannels(
                target.extent.channels, of: map(source), from: first, into: map(target), at: 0)
        case .resize(let source, let target): workers.resize(map(source), into: map(target))
        case .downsize(let source, let factor, let target):
            workers.downsize(map(source), factor: factor, into: map(target))
        case .pixelShuffle(let source, let factor, let target):
            workers.pixelShuffle(map(source), factor: factor, into: map(target))
        case .clear(let target): workers.fill(map(target).floats, with: 0)
        }
    }

    func run(_ step: BackwardStep) {
        switch step {
        case .bias(let bias, let slot, let mask):
            workers.addBiasGradient(map(slot), maskedBy: mask.map { map($0) }, into: gradient(bias))
        case .weight(let convolution, let input, let slot):
            let (fine, coarse) = convolution.isTransposed ? (slot, input) : (input, slot)
            workers.addWeightGradient(
                convolution.geometry, by: convolution.method, fine: map(fine), coarse: map(coarse),
                into: gradient(convolution.weight))
        case .convolutionInput(let convolution, let slot, let target, let accumulates):
            let finish = Finish(accumulates: accumulates)
            if convolution.isTransposed {
                workers.gather(
                    convolution.geometry, by: convolution.method, map(slot),
                    weights: parameter(convolution.weight), into: map(target), finish: finish)
            } else {
                workers.spread(
                    convolution.geometry, by: convolution.method, map(slot),
                    weights: spreadingWeights(convolution), into: map(target), finish: finish)
            }
        case .activation(.relu, let output, let slot, let target, let accumulates):
            workers.reluGradient(output: map(output), map(slot), into: map(target), accumulates: accumulates)
        case .activation(.sigmoid, let output, let slot, let target, let accumulates):
            workers.sigmoidGradient(
                output: map(output), map(slot), into: map(target), accumulates: accumulates)
        case .activation(.tanh, let output, let slot, let target, let accumulates):
            workers.tanhGradient(output: map(output), map(slot), into: map(target), accumulates: accumulates)
        case .scaled(let slot, let factor, let target, let accumulates):
            workers.affine(map(slot), factor: factor, into: map(target), accumulates: accumulates)
        case .product(let slot, let other, let target, let accumulates):
            workers.multiply(map(slot), map(other), into: map(target), accumulates: accumulates)
        case .channels(let count, let slot, let first, let target, let place, let accumulates):
            workers.copyChannels(
                count, of: map(slot), from: first, into: map(target), at: place, accumulates: accumulates)
        case .resize(let slot, let target, let accumulates):
            workers.resizeAdjoint(map(slot), into: map(target), accumulates: accumulates)
        case .downsize(let slot, let factor, let target, let accumulates):
            workers.downsizeAdjoint(map(slot), factor: factor, into: map(target), accumulates: accumulates)
        case .pixelShuffle(let slot, let factor, let target, let accumulates):
            workers.pixelShuffleAdjoint(
                map(slot), factor: factor, into: map(target), accumulates: accumulates)
        case .clear(let target): workers.fill(map(target).floats, with: 0)
        }
    }
}
