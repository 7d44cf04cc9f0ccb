import Kernels
import ReferenceEngine
import Testing

/// Muon's step against its definition: Newton and Schulz's iteration on the matrix itself, by plain loops in
/// double precision, where the kernel iterates on a product of it.
struct MuonTests {
    /// A matrix of rows.
    private typealias Matrix = [[Double]]

    private func product(_ a: Matrix, _ b: Matrix) -> Matrix {
        a.map { row in
            b[0].indices.map { column in row.indices.reduce(0) { $0 + row[$1] * b[$1][column] } }
        }
    }

    private func transposed(_ a: Matrix) -> Matrix { a[0].indices.map { column in a.map { $0[column] } } }

    private func size(_ a: Matrix) -> Double {
        a.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }.squareRoot()
    }

    private func made(orthogonal matrix: Matrix) -> Matrix {
        var x = matrix.map { row in row.map { $0 / size(matrix) } }
        for _ in 0..<5 {
            let gram = product(transposed(x), x)
            let squared = product(gram, gram)
            let factor = gram.indices.map { row in
                gram.indices.map { column in
                    (row == column ? 3.4445 : 0) - 4.7750 * gram[row][column] + 2.0315 * squared[row][column]
                }
            }
            x = product(x, factor)
        }
        return x
    }

    private func matrix(_ values: [Double], columns: Int) -> Matrix {
        stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
    }

    @Test(arguments: [(72, 8), (576, 64), (9, 17), (5, 48), (1200, 40), (200, 3)], InstructionSet.available)
    func `five steps follow the definition`(shape: (rows: Int, columns: Int), instructions: InstructionSet) {
        let ground = Ground(threads: 1, instructions: instructions)
        var generator = SplitMix(seed: 1)
        let count = shape.rows * shape.columns
        var (values, mean) = (generator.numbers(count), [Double](repeating: 0, count: count))
        let (parameters, momentum) = (ground.floats(values), ground.zeros(count))
        let muon = MuonShape(rows: shape.rows, columns: shape.columns)
        ground.reserve(workspace: Worker.muonWorkspace(muon))
        for step in 1...5 {
            // Some directions have much of the gradient, others little.
            let gradient = generator.numbers(count).enumerated().map { index, value in
                value / Double(1 + index % shape.columns)
            }
            let slopes = ground.floats(gradient)
            ground.run {
                $0.muon(
                    parameters, gradient: slopes, momentum: momentum, shape: muon,
                    learningRate: 0.01 / Double(step), constants: MuonConstants(momentum: 0.8))
            }
            for index in 0..<count { mean[index] = 0.8 * mean[index] + 0.2 * gradient[index] }
            let ahead = (0..<count).map { 0.2 * gradient[$0] + 0.8 * mean[$0] }
            let direction = made(orthogonal: matrix(ahead, columns: shape.columns)).flatMap { $0 }
            let scale = 0.2 * Double(max(shape.rows, shape.columns)).squareRoot()
            for index in 0..<count { values[index] -= 0.01 / Double(step) * scale * direction[index] }
        }
        expect(parameters, values, tolerance: 2e-5)
        expect(momentum, mean)
    }

    /// Parameters of 0.5 after one step.
    private func moved(by gradient: [Double], _ shape: MuonShape) -> [Float] {
        let ground = Ground(threads: 1)
        let parameters = ground.floats(gradient.map { _ in 0.5 })
        let (slopes, momentum) = (ground.floats(gradient), ground.zeros(gradient.count))
        ground.reserve(workspace: Worker.muonWorkspace(shape))
        ground.run {
            $0.muon(
                parameters, gradient: slopes, momentum: momentum, shape: shape, learningRate: 1,
                constants: MuonConstants())
        }
        return parameters.copy()
    }

    @Test func `an update goes as far in a direction with little of the gradient as in one with much`() {
        let (rows, columns) = (40, 4)
        // Four directions at right angles, from 1 to a hundredth of the gradient.
        let sizes = [1, 0.3, 0.1, 0.01]
        var gradient = [Double](repeating: 0, count: rows * columns)
        for column in 0..<columns { gradient[(10 * column + 1) * columns + column] = sizes[column] }
        let update = moved(by: gradient, MuonShape(rows: rows, columns: columns)).map {
            (0.5 - Double($0)) / (0.2 * Double(rows).squareRoot())
        }
        for column in 0..<columns {
            let length = update[(10 * column + 1) * columns + column]
            #expect((0.65...1.2).contains(length), "\(sizes[column]): \(length)")
        }
    }

    @Test func `a gradient that is no number is not hidden`() {
        var gradient = [Double](repeating: 0.1, count: 72)
        gradient[17] = .nan
        #expect(moved(by: gradient, MuonShape(rows: 9, columns: 8)).contains { $0.isNaN })
    }

    @Test func `a gradient of zeros changes nothing`() {
        let zeros = [Double](repeating: 0, count: 72)
        #expect(moved(by: zeros, MuonShape(rows: 9, columns: 8)) == zeros.map { _ in 0.5 })
    }
}
