import Engine
import Foundation
import Kernels

extension Loss {
    /// The mean of (output − target)² over all values: the paper's loss.
    public static let meanSquaredError = Loss(
        "mse", "the mean squared error, the paper's loss",
        lossFunction: { _ in .meanSquaredError }, psnr: { 10 * log10(1 / $0) })
}

extension LossFunction {
    public static let meanSquaredError = LossFunction { worker, batch in
        let count = Double(batch.batchValues)
        let scale = Float(2 / count)
        return worker.pointwiseLoss(batch.maps) { value, target in
            let difference = Double(value) - Double(target)
            return difference * difference
        } slope: { value, target in
            scale * (value - target)
        } / count
    }
}
