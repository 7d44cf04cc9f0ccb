import Kernels
import Operators

/// Every operator there is. A new one is added here and nowhere else.
package enum OperatorList {
    /// In the order in which the reference lists those that are functions of the language.
    package static let all: [any Operator.Type] = [
        Input.self, Convolution.self, TransposedConvolution.self,
        ReLU.self, LeakyReLU.self, PReLU.self, GELU.self, SiLU.self, Sigmoid.self, Tanh.self, Clamp.self,
        Softmax.self,
        Abs.self, Sqrt.self, Exp.self, Log.self, Mean.self, Add.self, Subtract.self, Multiply.self,
        Divide.self, Affine.self,
        LayerNorm.self, InstanceNorm.self, Normalise.self, MatrixMultiply.self, Weight.self,
        Concatenate.self, Slice.self, Crop.self, Join.self, Pad.self,
        MeanPool.self, MaxPool.self, Resize.self, Downsize.self, PixelShuffle.self, PixelUnshuffle.self,
        Detach.self, Zeros.self,
    ]

    package static let kinds = all.map { $0.kind }

    package static let byKind = Dictionary(uniqueKeysWithValues: all.map { ($0.kind, $0) })

    /// Those that are functions of numbers too, by name.
    package static let byValueFunction: [String: any Operator] = all.reduce(into: [:]) { functions, type in
        if case .valueFunction(let operation) = type.form { functions[type.kind] = operation }
    }

    /// Those that are written between two feature maps, by their sign.
    package static let bySign: [String: any Operator] = all.reduce(into: [:]) { signs, type in
        if case .infix(let sign, let operation) = type.form { signs[sign] = operation }
    }
}
