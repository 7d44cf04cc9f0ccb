import Diagnostics
import Files
import Foundation
import Graph
import Images
import Inference
import ModelFiles
import Models
import Runs
import Syntax

/// A parser of our own, and what it must do with any bytes: return or throw a diagnostic, and nothing else.
enum FuzzTarget: String, CaseIterable {
    case png, jpeg, exif, ppm, hashes, safetensors, graph, model, table, recipe, curve, script

    func feed(_ bytes: [UInt8]) {
        switch self {
        case .png:
            // The check of the header is ours; what follows is libpng's, through our shim.
            let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            checkImage(bytes.starts(with: signature) ? bytes : signature + bytes)
        case .jpeg:
            checkImage(bytes.starts(with: [0xFF, 0xD8, 0xFF]) ? bytes : [0xFF, 0xD8, 0xFF] + bytes)
        case .exif: _ = Orientation(exif: bytes)
        case .ppm:
            var rest = bytes[...]
            var reader = PortablePixmaps { count in
                defer { rest = rest.dropFirst(count) }
                return Array(rest.prefix(count))
            }
            while let image = try? reader.next(named: "bytes") { precondition(image.width > 0) }
        case .hashes: _ = HashCache.count(in: text(bytes))
        case .safetensors: checkSafetensors(bytes)
        case .graph: checkGraph(text(bytes))
        case .model: checkModel(bytes)
        case .table: checkTable(source(bytes))
        case .recipe: checkRecipe(text(bytes))
        case .curve: _ = try? LossCurve(parsing: source(bytes))
        case .script: checkScript(source(bytes))
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func source(_ bytes: [UInt8]) -> Source { Source(name: "bytes", text: text(bytes)) }
}

private func checkImage(_ bytes: [UInt8]) {
    guard let file = try? decodeImage(bytes, named: "bytes") else { return }
    precondition(file.image.width == file.header.width, "an image of another size than its header's")
}

// MARK: Models

private func checkSafetensors(_ bytes: [UInt8]) {
    let path = ScratchFile.shared.path
    ScratchFile.shared.write(bytes)
    guard let file = try? Safetensors(reading: path) else { return }
    for tensor in file.tensors {
        guard let values = try? file.floats(of: tensor) else { continue }
        precondition(values.count == tensor.count, "\(values.count) values of \(tensor.count)")
    }
    _ = try? ModelFile(reading: path)
}

private func checkGraph(_ record: String) {
    guard let graph = try? Graph(record: record) else { return }
    let again = try? Graph(record: graph.record)
    precondition(again?.canonicalText == graph.canonicalText, "a record that is not read back")
    _ = graph.margin
    _ = graph.parameterUses
    let (height, width) = graph.smallestSize
    _ = graph.multiplyAccumulates(height: height, width: width)
    _ = GraphSummary(graph, height: height, width: width)
    _ = SharingLedger(graph)
}

/// A model's file with the right checksums over what `bytes` say: a line of the graph, one of the training,
/// and the bytes of the weights, over and over. One that is taken must restore an image.
private func checkModel(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let record = String(validating: parts[0], as: UTF8.self),
        let training = String(validating: parts[1], as: UTF8.self),
        let graph = try? Graph(record: record), graph.parameterCount <= 1 << 16
    else { return }
    let numbers = stride(from: parts[2].startIndex, to: parts[2].endIndex - 3, by: 4).map { place in
        Float(bitPattern: parts[2][place..<place + 4].reduce(0) { $0 << 8 | UInt32($1) })
    }
    let tensors = graph.parameters.map { parameter in
        NamedTensor(
            name: parameter.name, shape: parameter.shape,
            values: (0..<parameter.count).map { numbers.isEmpty ? 0 : numbers[$0 % numbers.count] })
    }
    let path = ScratchFile.shared.path
    let metadata = ModelFile.sealed(graph, training: training, notes: [:], tensors)
    guard (try? writeSafetensors(tensors, metadata: metadata, to: path)) != nil,
        let model = try? ModelFile(reading: path).model
    else { return }
    precondition(model.graph.canonicalText == graph.canonicalText, "another network than was written")
    let least = graph.smallestSize
    let side = max(least.height, least.width)
    guard side <= 32, graph.nodes.count <= 100,
        graph.multiplyAccumulates(height: side, width: side) <= 1 << 24,
        graph.nodes.allSatisfy({ node in
            let size = node.shape.size
            return size.height.of(side) * size.width.of(side) * node.shape.channels <= 1 << 18
        })
    else { return }
    let image = Image(
        width: side, height: side, channels: 3, pixels: [Float](repeating: 0.5, count: 3 * side * side))
    guard let restored = try? model.deblur(image, threads: 1) else { return }
    precondition(restored.width == side && restored.height == side, "an image of another size")
}

// MARK: Texts

private func checkTable(_ source: Source) {
    guard let table = try? ResultTable(parsing: source) else { return }
    let again = try? ResultTable(parsing: Source(name: "again", text: table.text))
    precondition(again == table, "a table that is not read back")
}

private func checkRecipe(_ text: String) {
    guard let recipe = Recipe(text: text) else { return }
    precondition(Recipe(text: recipe.text) == recipe, "a recipe that is not read back")
    _ = recipe.changes(since: Recipe(axes: [], inputs: []))
}

private func checkScript(_ source: Source) {
    do throws(Diagnostic) {
        _ = try Parser.parse(source)
    } catch {
        let message = Renderer(coloured: false).render(error)
        precondition(message.hasPrefix("error["), "a mistake without words")
    }
}
