import Diagnostics
import Engine
import Files
import Foundation
import Graph
import Inference
import Models
import Training

/// A network with its weights as a safetensors file, which other programs read as well: each parameter once,
/// under its own name, however many layers share it; in the metadata all that makes the model again, and in a
/// training's checkpoint the optimiser's running means as further tensors, under Adam's names for them.
///
/// A file is refused whole unless everything in it fits together, and unless its checksum is right.
public struct ModelFile: Sendable {
    public let model: TrainedModel
    /// The report of its training; one of no step where the weights came from elsewhere.
    public let training: TrainingReport
    /// What a training goes on from; `nil` in the file of a model that is done.
    public private(set) var state: TrainingState?
    /// What the caller of ``write(_:_:state:notes:to:)`` had to say, by key.
    public let notes: [String: String]

    /// Keys of the metadata that this file format is made of.
    private enum Key {
        static let format = "acuity.format"
        static let graph = "acuity.graph"
        static let fingerprint = "acuity.graph_sha256"
        static let training = "acuity.training"
        static let checksum = "acuity.sha256"
        /// In front of a note's own key.
        static let note = "acuity."
        static let all = [format, graph, fingerprint, training, checksum]
    }

    private static let format = "model 1"
    /// In front of a parameter's name. No name of the language begins with a word and a slash.
    private static let firstMoment = Graph.reservedPrefix + "first/"
    private static let secondMoment = Graph.reservedPrefix + "second/"
    /// The weights of the last step, where the model has others: their average, or the best.
    private static let lastWeights = Graph.reservedPrefix + "last/"
    private static let average = Graph.reservedPrefix + "average/"

    /// What stands in front of the parameters' names in each set of tensors of a training that goes on.
    private static func prefixes(_ settings: TrainingSettings) -> [String] {
        let hasOther = settings.average != nil || settings.validation?.keepsBest == true
        return ["", firstMoment, secondMoment] + (hasOther ? [lastWeights] : [])
            + (settings.average == nil ? [] : [average])
    }

    // MARK: Writing

    /// Writes a model, whole or not at all.
    /// - Parameters:
    ///   - training: that made it; `nil` where its weights came from elsewhere.
    ///   - state: of its training, to go on from it.
    ///   - notes: texts to keep beside it, under keys of the caller's.
    /// - Throws: `cannot-write`.
    public static func write(
        _ model: TrainedModel, _ training: TrainingReport?, state: TrainingState? = nil,
        notes: [String: String], to path: String
    ) throws(Diagnostic) {
        if let training, let state {
            return try write(state, of: model.graph, training.settings, notes: notes, to: path)
        }
        let record = training.map { TrainingRecord($0) } ?? TrainingRecord(untrained: model)
        try write(model.graph, record, [("", model.weights)], notes: notes, to: path)
    }

    /// Writes a training that is under way.
    /// - Throws: `cannot-write`.
    static func write(
        _ state: TrainingState, of graph: Graph, _ settings: TrainingSettings, notes: [String: String],
        to path: String
    ) throws(Diagnostic) {
        let tensors = state.tensors
        let sets = [
            "": tensors.modelWeights, firstMoment: tensors.firstMoments,
            secondMoment: tensors.secondMoments, lastWeights: tensors.weights, average: tensors.average,
        ]
        let weights = prefixes(settings).compactMap { prefix in
            sets[prefix].flatMap(\.self).map { (prefix, $0) }
        }
        try write(graph, TrainingRecord(state, settings), weights, notes: notes, to: path)
    }

    private static func write(
        _ graph: Graph, _ training: TrainingRecord, _ weights: [(prefix: String, weights: Weights)],
        notes: [String: String], to path: String
    ) throws(Diagnostic) {
        let tensors = weights.flatMap { prefix, weights in
            graph.parameterIDs.map { id in
                NamedTensor(name: prefix + graph[id].name, shape: graph[id].shape, values: weights[id])
            }
        }
        let metadata = sealed(graph, training: training.text, notes: notes, tensors)
        try writeSafetensors(tensors, metadata: metadata, to: path)
    }

    /// The metadata of a model's file, with the checksums that go with all the rest.
    package static func sealed(
        _ graph: Graph, training: String, notes: [String: String], _ tensors: [NamedTensor]
    ) -> [String: String] {
        var metadata = [
            Key.format: format, Key.graph: graph.record, Key.fingerprint: fingerprint(of: graph),
            Key.training: training,
        ]
        for (key, text) in notes {
            precondition(
                !Key.all.contains(Key.note + key), "a note is called `\(key)`, which has a meaning already")
            metadata[Key.note + key] = text
        }
        metadata[Key.checksum] = checksum(metadata, tensors.lazy.map(\.values))
        return metadata
    }

    // MARK: Reading

    /// - Throws: `cannot-read`, `bad-safetensors`; `no-architecture` for a file of another program's;
    ///   `bad-model` for what does not fit together; `not-enough-memory`.
    public init(reading path: String) throws(Diagnostic) {
        let file = try Safetensors(reading: path)
        try Self.checkFormat(of: file)
        let graph = try Self.graph(in: file)
        guard let text = file.metadata[Key.training], let training = TrainingRecord(text: text) else {
            throw .badModel(path, "what it says of its training makes no sense")
        }
        do {
            try training.settings.check()
            try training.settings.check(graph)
        } catch {
            throw .badModel(path, error.message)
        }
        let prefixes = Self.prefixes(training.settings)
        let sets = try Self.tensors(prefixes, of: graph, in: file)
        var metadata = file.metadata
        guard
            metadata.removeValue(forKey: Key.checksum)
                == Self.checksum(metadata, sets.joined().lazy.map(\.values))
        else { throw .changedModel(path) }

        let weights = sets.map { Weights($0, of: graph) }
        model = TrainedModel(graph: graph, weights: weights[0], colour: training.settings.colour)
        self.training = training.report
        state =
            sets.count == 1
            ? nil
            : TrainingState(
                step: training.step, tensors: Self.trainingTensors(weights, prefixes, training),
                history: training.history, seconds: training.seconds, validation: training.validation)
        state?.isEndedEarly = self.training.isEndedEarly
        for key in Key.all { metadata[key] = nil }
        notes = Dictionary(
            uniqueKeysWithValues: metadata.compactMap { key, text in
                key.hasPrefix(Key.note) ? (String(key.dropFirst(Key.note.count)), text) : nil
            })
    }

    private static func checkFormat(of file: Safetensors) throws(Diagnostic) {
        guard let format = file.metadata[Key.format] else { throw .noArchitecture(file.path) }
        guard format == Self.format else {
            let found = shortened(String(format.prefix(40)))
            throw .badModel(
                file.path, "it is of format \"\(found)\", and this version reads \"\(Self.format)\"")
        }
    }

    private static func trainingTensors(
        _ sets: [Weights], _ prefixes: [String], _ training: TrainingRecord
    ) -> TrainingTensors {
        let all = Dictionary(uniqueKeysWithValues: zip(prefixes, sets))
        var tensors = TrainingTensors(
            weights: all[lastWeights] ?? sets[0], firstMoments: sets[1], secondMoments: sets[2])
        tensors.average = all[average]
        // Before the first validation the model is the last one.
        if training.settings.validation?.keepsBest == true, training.validation != nil {
            tensors.best = sets[0]
        }
        return tensors
    }

    /// The weights, and in a training that goes on what goes with them.
    private static func tensors(
        _ prefixes: [String], of graph: Graph, in file: Safetensors
    ) throws(Diagnostic) -> [[NamedTensor]] {
        let hasState = file.tensors.count == prefixes.count * graph.parameters.count
        let sets = try (hasState ? prefixes : [""]).map {
            (prefix) throws(Diagnostic) in try tensors(prefix, of: graph, in: file)
        }
        guard file.tensors.count == sets.count * graph.parameters.count else {
            throw .badModel(file.path, "it holds tensors that are not its network's")
        }
        return sets
    }

    private static func graph(in file: Safetensors) throws(Diagnostic) -> Graph {
        guard let record = file.metadata[Key.graph] else { throw .badModel(file.path, "it names no layers") }
        let graph: Graph
        do {
            graph = try Graph(record: record)
        } catch {
            throw .badModel(file.path, "its network cannot be made: \(error.reason)")
        }
        guard file.metadata[Key.fingerprint] == fingerprint(of: graph) else { throw .changedModel(file.path) }
        return graph
    }

    /// One tensor for each parameter, its values read only after all have the right shape: their size is then
    /// no more than the file's.
    private static func tensors(
        _ prefix: String, of graph: Graph, in file: Safetensors
    ) throws(Diagnostic) -> [NamedTensor] {
        let byName = Dictionary(file.tensors.map { ($0.name, $0) }) { first, _ in first }
        var found: [Safetensors.Tensor] = []
        for parameter in graph.parameters {
            guard let tensor = byName[prefix + parameter.name], tensor.shape == parameter.shape,
                tensor.type == .float32
            else { throw .badModel(file.path, "it lacks `\(prefix)\(parameter.name)` of \(parameter.shape)") }
            found.append(tensor)
        }
        let bytes = file.tensors.reduce(0) { $0 + $1.range.count }
        guard UInt64(bytes) <= ProcessInfo.processInfo.physicalMemory / 2 else {
            throw Diagnostic(
                Diagnostic.notEnoughMemoryCode,
                "the weights in \(file.path) take \(bytes) bytes, more than fit into this machine")
        }
        var tensors: [NamedTensor] = []
        for tensor in found {
            tensors.append(
                NamedTensor(name: tensor.name, shape: tensor.shape, values: try file.finiteFloats(of: tensor))
            )
        }
        return tensors
    }

    // MARK: Checksums

    private static func fingerprint(of graph: Graph) -> String {
        sha256(Array(graph.canonicalText.utf8))
    }

    /// SHA-256 of the metadata, keys in order, and of all tensors.
    private static func checksum(_ metadata: [String: String], _ tensors: some Sequence<[Float]>) -> String {
        var hash = Digest()
        for (key, text) in metadata.sorted(by: { $0.key < $1.key }) {
            for part in [key, text] {
                // Its length first, or a text could end where the next begins.
                hash.add("\(part.utf8.count):\(part)")
            }
        }
        for values in tensors { hash.add(values) }
        return hash.text()
    }
}

extension Weights {
    fileprivate init(_ tensors: [NamedTensor], of graph: Graph) {
        self.init(zerosFor: graph)
        for (id, tensor) in zip(graph.parameterIDs, tensors) { self[id] = tensor.values }
    }
}

extension Diagnostic {
    fileprivate static func badModel(_ path: String, _ reason: String) -> Diagnostic {
        Diagnostic("bad-model", "\(path) is not a model that can be used: \(reason)")
    }

    fileprivate static func changedModel(_ path: String) -> Diagnostic {
        Diagnostic(
            "bad-model", "\(path) is not as it was written: its checksum is another",
            hint: "it has been damaged, or another program has changed it")
    }

    fileprivate static func noArchitecture(_ path: String) -> Diagnostic {
        Diagnostic(
            "no-architecture", "\(path) holds weights but no network: Acuity did not write it",
            hint: "`weights_from` brings weights of other programs into a network of yours")
    }
}
