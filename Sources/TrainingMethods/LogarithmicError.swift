import Engine
import Foundation
import Kernels
import Kinds

extension Loss {
    /// The mean over patches of 10 · log₁₀(mean squared error + floor): minus the PSNR, as in HINet [Chen et
    /// al. 2021]. Every patch counts by what it gains in dB, where the plain mean lets the few with the
    /// strongest edges outweigh all others.
    public static let logarithmicError = Loss(
        "psnr", "10 log10(mse + loss_floor) of each patch, which learns faster in short trainings",
        settings: [.lossFloor], lossFunction: { .logarithmicError(floor: $0[.lossFloor]) }, psnr: { -$0 })
}

extension LossFunction {
    static func logarithmicError(floor: Double) -> LossFunction {
        LossFunction { worker, batch in
            worker.errorLoss(batch.maps, of: batch.batchImages) { error in
                10 * log10(error + floor)
            } slope: { error in
                10 / log(10) / (error + floor)
            }
        }
    }
}

extension Setting {
    /// Patches that are nearer to their target than this mean squared error gain little by coming nearer
    /// still. 1e-3 is 30 dB; it learns faster than 1e-4 and 1e-5 (see Documentation/Decisions/0006).
    public static let lossFloor = Setting(
        "loss_floor", 1e-3, .positive(upTo: 1), written: .always, hint: "1e-3 is the default",
        about: "errors below it count little")
}
