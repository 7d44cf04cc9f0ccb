import Diagnostics
import Graph
import Language
import Operators
import Syntax

/// Builds the graph of one network while its definition runs once, with feature maps that have shapes but no
/// values.
package final class Tracer {
    /// Limits that no real network comes near, so that a runaway loop ends in words rather than in lost
    /// memory.
    private static let nodeLimit = 200_000
    private static let sizeMultipleLimit = 1 << 14

    /// The sharing mode of the network whose body is being run.
    package private(set) var sharing: SharingMode?
    private var nodes: [PendingNode] = []
    private var parameters: [PendingParameter] = []
    private var parameterIDs: [TracePath: ParameterID] = [:]
    private var outputs: [NodeID] = []
    package private(set) var roleUses: [RoleUse] = []
    private var sizeMultiple = 1
    private var tiePaths: [ObjectIdentifier: (tie: Tie, path: TracePath)] = [:]
    /// Times that each role was entered, for networks without a sharing mode.
    private var entries: [String: Int] = [:]
    /// How many networks are inlined around the current call: their outputs are not supervised.
    package var inlined = 0
    package var inlinedOutput: Feature?
    /// Which names at the top level the network reads.
    package let watch: NameWatch
    package private(set) var scope = TraceScope(TracePath())
    private var names = PathNames()

    private struct PendingNode {
        let operation: any Operator
        let inputs: [NodeID]
        let parameters: [ParameterID]
        let shape: Shape
        let name: String
        let span: Span?
    }

    private struct PendingParameter {
        let name: String
        let kind: Parameter.Kind
        let shape: [Int]
        let span: Span
    }

    private unowned let tracing: Tracing

    /// - Parameter captured: what names at the top level stood for when the network was first traced.
    package init(sharing: SharingMode?, captured: [String: Value], _ tracing: Tracing) {
        self.sharing = sharing
        self.tracing = tracing
        watch = NameWatch(captured: captured)
    }

    // MARK: Nodes

    package func input(channels: Int) -> Feature {
        append(
            Input(channels: channels), [], [], Shape(channels: channels), scope.path.appending("input"), nil)
    }

    /// A feature map that an operator is applied to, and where a program has it.
    package struct Operand {
        package let feature: Feature
        package let span: Span
    }

    /// Adds a node in the current scope, named by its operator's kind, with the weights that its place in the
    /// network gives it. What leaves its input as it is adds none.
    package func apply(
        _ operation: any Operator, to operands: [Operand], at span: Span
    ) throws(Diagnostic) -> Feature {
        let inputs = operands.map(\.feature)
        let shapes = inputs.map(\.shape)
        let shape: Shape
        do throws(ShapeFault) { shape = try operation.shape(of: shapes) } catch let fault {
            throw diagnostic(fault, operands, at: span)
        }
        if operation.isIdentity(on: shapes) { return inputs[0] }
        let path = scope.next(operation.kind)
        var parameters: [ParameterID] = []
        for needed in operation.parameters(for: shapes) {
            let (layer, name) = operation.givenName.map { (scope.path, $0) } ?? (path, needed.name)
            parameters.append(try parameter(layer, name, needed, at: span))
        }
        return try add(operation, inputs, parameters, shape: shape, path: path, at: span)
    }

    /// factor · feature + offset.
    package func affine(
        _ feature: Feature, factor: Double, offset: Double, at span: Span
    ) throws(Diagnostic) -> Feature {
        try apply(
            Affine(factor: factor, offset: offset), to: [Operand(feature: feature, span: span)], at: span)
    }

    private func add(
        _ operation: any Operator, _ inputs: [Feature], _ parameters: [ParameterID], shape: Shape,
        path: TracePath, at span: Span
    ) throws(Diagnostic) -> Feature {
        for input in inputs where input.trace != ObjectIdentifier(self) { throw .foreignFeature(at: span) }
        guard nodes.count < Self.nodeLimit else {
            throw .tooMany("layers in a network", limit: Self.nodeLimit, at: span)
        }
        let multiple = leastCommonMultiple(sizeMultiple, shape.size.multiple)
        guard multiple <= Self.sizeMultipleLimit, shape.size.largestFactor <= Self.sizeMultipleLimit else {
            throw .extremeSize(shape.size, limit: Self.sizeMultipleLimit, at: span)
        }
        sizeMultiple = multiple
        return append(operation, inputs.map(\.node), parameters, shape, path, span)
    }

    private func append(
        _ operation: any Operator, _ inputs: [NodeID], _ parameters: [ParameterID], _ shape: Shape,
        _ path: TracePath, _ span: Span?
    ) -> Feature {
        nodes.append(
            PendingNode(
                operation: operation, inputs: inputs, parameters: parameters, shape: shape,
                name: names.name(of: path), span: span))
        return Feature(
            node: NodeID(nodes.count - 1), shape: shape, trace: ObjectIdentifier(self), tracing: tracing)
    }

    /// What an operator finds wrong, at the places of a program that it is about.
    func diagnostic(_ fault: ShapeFault, _ operands: [Operand], at span: Span) -> Diagnostic {
        func label(_ index: Int) -> Diagnostic.Label {
            Diagnostic.Label(operands[index].span, "this has \(operands[index].feature.shape)")
        }
        switch fault.place {
        case .call: return Diagnostic(fault.code, fault.message, at: span, hint: fault.hint)
        case .input(let index):
            return Diagnostic(fault.code, fault.message, at: operands[index].span, hint: fault.hint)
        case .later(let index, let earlier):
            let own = label(index)
            return Diagnostic(
                fault.code, fault.message, at: own.span, related: [label(earlier)], hint: fault.hint
            ).labelled(own.text)
        case .pair(let first, let second):
            var related = [label(first), label(second)]
            for (index, ordinal) in [(first, "first"), (second, "second")] {
                let made = nodes[operands[index].feature.node.index].span
                if let made, made != operands[index].span {
                    related.append(Diagnostic.Label(made, "the \(ordinal) was made here"))
                }
            }
            return Diagnostic(fault.code, fault.message, at: span, related: related, hint: fault.hint)
        }
    }

    package func output(_ feature: Feature, at span: Span) throws(Diagnostic) {
        guard feature.trace == ObjectIdentifier(self) else { throw .foreignFeature(at: span) }
        if inlined > 0 {
            inlinedOutput = feature
        } else if outputs.contains(feature.node) {
            throw .sameOutput(at: span)
        } else {
            outputs.append(feature.node)
        }
    }

    // MARK: Weights

    /// The parameter called `tensor` of the layer, or the block, at `layer` that an operator needs.
    private func parameter(
        _ layer: TracePath, _ tensor: String, _ needed: OperatorParameter, at span: Span
    ) throws(Diagnostic) -> ParameterID {
        let path = layer.appending(tensor)
        if let id = parameterIDs[path] {
            let first = parameters[id.index]
            guard first.shape == needed.shape else {
                throw .weightClash(first.name, needed.shape, at: span, first.shape, at: first.span)
            }
            return id
        }
        let id = ParameterID(parameters.count)
        let owner = names.name(of: layer)
        let name = owner.isEmpty ? tensor : "\(owner).\(tensor)"
        parameters.append(PendingParameter(name: name, kind: needed.kind, shape: needed.shape, span: span))
        parameterIDs[path] = id
        return id
    }

    // MARK: Scopes

    /// Runs `body` with calls numbered anew below `path`.
    package func within<Result>(_ path: TracePath, _ body: () throws(Diagnostic) -> Result) throws(Diagnostic)
        -> Result
    {
        try within(TraceScope(path), body)
    }

    private func within<Result>(
        _ inner: TraceScope, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        let outer = scope
        scope = inner
        defer { scope = outer }
        return try body()
    }

    /// Runs `body`, one call of a block called `name`.
    package func call<Result>(
        _ name: String, tie: Tie?, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        guard let tie else { return try within(nextCall(of: name), body) }
        return try tied(TraceScope(path(of: tie, named: name)), body)
    }

    /// Runs `body`, one call of a layer that is tied.
    package func callLayer<Result>(
        _ name: String, tie: Tie, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        try within(TraceScope(path(of: tie, named: name), isTiedLayer: true), body)
    }

    /// The roles of a tied call are counted anew each time, so that they too have the same weights.
    private func tied<Result>(
        _ inner: TraceScope, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        let outer = entries
        entries = [:]
        defer { entries = outer }
        return try within(inner, body)
    }

    /// The path of the next call of a block here, which is left out of names if it opens a role.
    package func nextCall(of name: String) -> TracePath {
        let opensRole = scope.isEmpty && scope.path.parts.last?.role != nil
        let path = scope.next(name)
        if opensRole { names.leaveOut(path) }
        return path
    }

    /// Runs `body`, a network inside another, with its own sharing mode and roles of its own.
    package func inline<Result>(
        _ name: String, tie: Tie?, sharing inner: SharingMode?, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        let outer = sharing
        sharing = inner
        defer { sharing = outer }
        guard let tie else { return try within(scope.next(name, hasOwnRoles: true), body) }
        return try tied(TraceScope(path(of: tie, named: name).owningRoles), body)
    }

    /// The path for calls of what is tied: where it was made, or below the network if it was made outside.
    ///
    /// Under a sharing mode, what the weights of a role depend on is the mode's to say, in a tied block too.
    private func path(of tie: Tie, named name: String) -> TracePath {
        let path = tie.place as? TracePath ?? pathOfOutsider(tie, name)
        return sharing == nil ? path.owningRoles : path
    }

    private func pathOfOutsider(_ tie: Tie, _ name: String) -> TracePath {
        if let known = tiePaths[ObjectIdentifier(tie)] { return known.path }
        let path = TracePath().appending("tied_\(name)\(tiePaths.count + 1)")
        tiePaths[ObjectIdentifier(tie)] = (tie, path)
        return path
    }

    /// The path of a pass through `weights role` with these index values; `nil` values: no sharing mode is
    /// given.
    package func path(ofRole role: String, indices: [String]?) -> TracePath {
        let roles = scope.path.roles
        guard let indices else {
            let name = roles.appending(role, role: role).text
            entries[name, default: 0] += 1
            return roles.appending("\(role)[#\(entries[name]!)]", role: role)
        }
        let suffix = indices.isEmpty ? "" : "[\(indices.joined(separator: ","))]"
        return roles.appending(role + suffix, role: role)
    }

    package var nodeCount: Int { nodes.count }

    package func addRoleUse(_ path: TracePath, _ indices: [RoleUse.Index], nodes: Range<Int>) {
        roleUses.append(
            RoleUse(
                role: path.roleText, weights: names.name(of: path), indices: indices,
                nodes: nodes))
    }

    // MARK: The result

    package func graph() -> Graph {
        Graph(
            nodes: nodes.map {
                Node(
                    operation: $0.operation, inputs: $0.inputs, parameters: $0.parameters, shape: $0.shape,
                    name: $0.name, span: $0.span)
            },
            parameters: parameters.map { Parameter(name: $0.name, kind: $0.kind, shape: $0.shape) },
            outputs: outputs, roleUses: roleUses)
    }

    /// The first tensor of weights, and what needed it.
    var firstParameter: (name: String, span: Span)? { parameters.first.map { ($0.name, $0.span) } }

    package var hasOutput: Bool { !outputs.isEmpty }
}
